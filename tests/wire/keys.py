"""Keys to sign with, made for a test run, and the records that tell the world of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.mail.dkim import DkimKey, load_key


def make_keys(folder: Path) -> tuple[DkimKey, ...]:
    """An RSA and an Ed25519 key from files, as the settings name them."""
    made: dict[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey] = {
        "s1": rsa.generate_private_key(65537, 2048),
        "s2": ed25519.Ed25519PrivateKey.generate(),
    }
    for selector, key in made.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{selector}.pem").write_bytes(pem)
    return tuple(load_key(folder / f"{selector}.pem", selector) for selector in made)


def records_of(keys: Iterable[DkimKey], domain: str) -> dict[str, str]:
    """The TXT records by which a verifier finds the keys."""
    return {f"{key.selector}._domainkey.{domain}": key.record for key in keys}
