"""Signatures that are checked with a public key: SendGrid's and Amazon's. They need `cryptography`."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from digest.mail.hooks.called import Refusal, RefusedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

#: What a certificate of Amazon's has at least.
_LEAST_BITS: Final = 2048


def check_library() -> None:
    """Refuse, with what to do about it, when the library is not there."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise RefusedError(Refusal.NO_LIBRARY) from None


def unpacked(text: str) -> bytes:
    """A signature out of base64; refuses what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(Refusal.FORGED) from None


def is_signed_by_curve(public_key: str, signature: bytes, signed: bytes) -> bool:
    """ECDSA with SHA-256; the key is base64 of a SubjectPublicKeyInfo (RFC 5480), as SendGrid shows it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _curve_key(public_key)
    if key is None:
        return False
    try:
        key.verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def is_signed_by_certificate(
    certificate: bytes, signature: bytes, signed: bytes, now: datetime, *, sha1: bool
) -> bool:
    """RSA (PKCS #1 v1.5) under the key of an X.509 certificate in PEM that is valid now."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    key = _certified_key(certificate, now)
    if key is None:
        return False
    try:
        # Amazon signs so where a topic is not told to do better (SignatureVersion 1)
        key.verify(signature, signed, PKCS1v15(), SHA1() if sha1 else SHA256())  # noqa: S303
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _curve_key(text: str) -> EllipticCurvePublicKey | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) else None


def _certified_key(pem: bytes, now: datetime) -> RSAPublicKey | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    try:
        certificate = load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_BITS else None
