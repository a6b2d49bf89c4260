"""DKIM signatures (RFC 6376, 8301, 8463): a copy tells whose it is and that nobody changed it on the way.

Both canonicalisations are relaxed, so a server that folds a line anew or trims a space does no harm. The same
copy gets the same signature on every try: t= is its planned time, and neither RSASSA-PKCS1-v1_5 nor Ed25519
draws a random number. There is no x=, since a late copy is a late copy, and no l=, which would let anybody
write below ours.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NewType

from digest.errors import SettingsError
from digest.mail.headers import FOLD, WISHED_LINE, Token, header_block

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

#: SHA-256 of a body in relaxed form.
BodyHash = NewType("BodyHash", bytes)

#: What everybody must be able to check (RFC 8301 section 3.2), from the size that is asked for today.
_RSA_BITS: Final = range(2048, 4096 + 1)

#: Names of fields that are signed wherever they occur; servers on the way add or change none of them.
_SIGNED: Final = re.compile(
    rb"from|reply-to|subject|to|date|message-id|feedback-id|auto-submitted|list-[a-z-]+"
    rb"|mime-version|content-type|content-transfer-encoding",
    re.IGNORECASE,
)
#: Named once more than they occur (RFC 6376 section 5.4.2), so a second one breaks the signature: programs
#: differ in which of two they show, a second Content-Type would cut the body at other boundaries, and a
#: Reply-To where there was none would have answers go to somebody else.
_OVERSIGNED: Final = (b"From", b"Reply-To", b"Subject", b"To", b"Date", b"Content-Type")

_CRLF: Final = b"\r\n"
_RUN: Final = re.compile(rb"  +")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SELECTOR: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_PUBLIC: Final = re.compile(rb"-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-----")
_NEW_KEY: Final = (
    "make one with `openssl genrsa -out FILE 2048` or `openssl genpkey -algorithm ed25519 -out FILE`"
)


# --- keys ---------------------------------------------------------------------------------------------------


class Algorithm(StrEnum):
    """The tag a= of a signature."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key and the name under which its public half is found."""

    selector: str
    algorithm: Algorithm
    #: what the TXT record at `SELECTOR._domainkey.DOMAIN` has to say
    record: str
    #: from a SHA-256 digest to its signature; the same on every call, safe in threads
    signature: Callable[[bytes], bytes] = field(repr=False, compare=False)


def load_key(path: Path, selector: str) -> DkimKey:
    """Read a private key, RSA or Ed25519, from a PEM file without a password.

    Raises SettingsError in one line for whoever named the file or the selector.
    """
    if not _SELECTOR.fullmatch(selector):
        raise SettingsError(
            f"DKIM selector {selector!r} is not made of letters, digits and inner hyphens: say such as 2026-a"
        )
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    except ImportError:
        raise SettingsError(
            "DKIM needs the package cryptography: pip install 'newsroom-digest[dkim]'"
        ) from None
    key = _private_key(path)
    if isinstance(key, Ed25519PrivateKey):
        return _ed25519(key, selector)
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError(f"DKIM key {path} is neither RSA nor Ed25519: {_NEW_KEY}")
    if key.key_size not in _RSA_BITS:
        raise SettingsError(
            f"DKIM key {path} has {key.key_size} bits, but RSA keys need "
            f"{_RSA_BITS.start} to {_RSA_BITS[-1]}: {_NEW_KEY}"
        )
    return _rsa(key, selector)


def _private_key(path: Path) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(f"DKIM key {path} does not exist: {_NEW_KEY}") from None
    except OSError as error:
        raise SettingsError(
            f"DKIM key {path} cannot be read ({error.strerror}): make it a file that we may read"
        ) from None
    try:
        return load_pem_private_key(pem, password=None)
    except TypeError:
        raise SettingsError(
            f"DKIM key {path} is locked with a password: take it off with `openssl pkey -in {path} -out FILE`"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        found = "only what is public" if _PUBLIC.search(pem) else "no private key in PEM"
        raise SettingsError(f"DKIM key {path} holds {found}: name the private key, or {_NEW_KEY}") from None


def _rsa(key: RSAPrivateKey, selector: str) -> DkimKey:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    padding, prehashed = PKCS1v15(), Prehashed(SHA256())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return DkimKey(
        selector,
        Algorithm.RSA,
        _record("rsa", public),
        signature=lambda digest: key.sign(digest, padding, prehashed),
    )


def _ed25519(key: Ed25519PrivateKey, selector: str) -> DkimKey:
    """RFC 8463: the SHA-256 of the header is what PureEdDSA signs, and p= is the bare key without ASN.1."""
    return DkimKey(
        selector,
        Algorithm.ED25519,
        _record("ed25519", key.public_key().public_bytes_raw()),
        signature=key.sign,
    )


def _record(kind: str, public: bytes) -> str:
    return f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"


# --- bodies -------------------------------------------------------------------------------------------------


class CohortBody:
    """The bodies of a cohort's copies, prepared so that a copy's hash costs little more than SHA-256 itself.

    Relaxing a body costs more than hashing it, and most of it is the same for all: so constant pieces are
    relaxed once, and as far as the first piece of a reader's own they are hashed once too.
    """

    def __init__(self, pieces: Sequence[bytes | None]) -> None:
        """The pieces of a body in order, None for a reader's own; each is whole lines, ended by CR LF."""
        self._own: Final = tuple(index for index, piece in enumerate(pieces) if piece is None)
        relaxed = [b"" if piece is None else _relaxed_lines(piece) for piece in pieces]
        begin = self._own[0] if self._own else len(pieces)
        first = b"".join(relaxed[:begin])
        # line ends stay with what follows: whether they end the body is not known yet
        solid = first[: _end_of_ink(first)]
        self._hashed: Final = hashlib.sha256(solid)
        self._is_begun: Final = bool(solid)
        relaxed[:begin] = [b""] * begin
        self._rest: Final = [first[len(solid) :], *relaxed]

    def hash_of(self, pieces: Sequence[bytes]) -> BodyHash:
        """The hash of one copy's body, whose pieces are these; the constant ones are not looked at."""
        rest = self._rest.copy()
        for index in self._own:
            rest[index + 1] = _relaxed_lines(pieces[index])
        text = b"".join(rest)
        hashed = self._hashed.copy()
        hashed.update(text if _ends_with_one_break(text) else _without_empty_end(text, self._is_begun))
        return BodyHash(hashed.digest())


def body_hash(body: bytes) -> BodyHash:
    """The hash of a body with CR LF line ends; an end without one gets it, as it would on the wire."""
    whole = body if not body or body.endswith(_CRLF) else body + _CRLF
    return CohortBody((whole,)).hash_of((whole,))


def _relaxed_lines(piece: bytes) -> bytes:
    """RFC 6376 section 3.4.4, but for the empty lines at the end of a body."""
    if piece and not piece.endswith(_CRLF):
        raise ValueError(f"a piece of a body ends within a line: {piece[-40:]!r}")
    text = piece.replace(b"\t", b" ")
    if b"  " in text:
        text = _RUN.sub(b" ", text)
    return text.replace(b" \r\n", _CRLF)


def _ends_with_one_break(text: bytes) -> bool:
    """True for nearly all; False asks for a closer look."""
    return len(text) > len(_CRLF) and not text.endswith(b"\r\n\r\n")


def _without_empty_end(text: bytes, is_begun: bool) -> bytes:
    """Empty lines at the end of a body do not count, and a body of nothing else is empty."""
    end = _end_of_ink(text)
    return text[:end] + _CRLF if end or is_begun else b""


def _end_of_ink(text: bytes) -> int:
    """Where the CR LFs begin with which the text ends."""
    end = len(text)
    while text.endswith(_CRLF, 0, end):
        end -= len(_CRLF)
    return end


# --- signatures ---------------------------------------------------------------------------------------------


class Signer:
    """Signs the mails of one domain, with one signature for each key."""

    def __init__(self, keys: Sequence[DkimKey], domain: str) -> None:
        """`domain` is the tag d=; raises SettingsError for one that cannot stand there, and for no keys."""
        if not _DOMAIN.fullmatch(domain):
            raise SettingsError(
                f"DKIM domain {domain!r} is not a domain name: say such as news.example, "
                "an international one in A-labels (xn--…)"
            )
        if not keys:
            raise SettingsError("DKIM has no key: name at least one PEM file and its selector")
        selectors = [key.selector.lower() for key in keys]
        for selector in selectors:
            if selectors.count(selector) > 1:
                raise SettingsError(
                    f"DKIM selector {selector!r} stands for two keys, but a record holds one: "
                    "give each its own"
                )
        self.domain: Final = domain.lower()
        self.keys: Final = tuple(keys)
        #: a signature takes longer than all the rest of a letter, so it is worth a thread of its own
        self.is_slow: Final = any(key.algorithm is Algorithm.RSA for key in keys)

    def sign(self, headers: bytes, body: BodyHash, *, at: datetime) -> bytes:
        """The DKIM-Signature lines of one mail, one field for each key, to be put before its header block.

        `headers` is what `CopyHeaders` gives: lines ended by CR LF, without the empty line; `at` is the
        planned time of the mail, the same on every try. Raises ValueError when it is no header block with
        exactly one From.
        """
        names, fields = _fields_to_sign(headers)
        hashed = hashlib.sha256(fields)
        own_hash = base64.b64encode(body)
        signed_at = int(at.timestamp())
        return b"".join(self._signature(key, names, hashed.copy(), own_hash, signed_at) for key in self.keys)

    def _signature(
        self, key: DkimKey, names: tuple[bytes, ...], hashed: hashlib._Hash, own_hash: bytes, at: int
    ) -> bytes:
        written, relaxed = _beginning(key.algorithm, self.domain, key.selector, at, names)
        hashed.update(b"%s bh=%s; b=" % (relaxed, own_hash))
        signature = base64.b64encode(key.signature(hashed.digest()))
        return b"%s bh=%s;\r\n b=%s\r\n" % (written, own_hash, _folded(signature))


def _fields_to_sign(block: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The names of the fields to sign, from the last to the first, and their relaxed forms in that order.

    Of fields with the same name the last is signed first (RFC 6376 section 5.4.2): this order is right for
    any number of them.
    """
    if not block.endswith(_CRLF):
        raise ValueError("a header block ends with CR LF")
    chosen = []
    for line in reversed(_unfolded(block[: -len(_CRLF)]).split(_CRLF)):
        field = _field_to_sign(line)
        if field is not None:
            chosen.append(field)
    return tuple([name for name, _ in chosen]), b"".join([relaxed for _, relaxed in chosen])


@lru_cache(maxsize=1024)
def _field_to_sign(line: bytes) -> tuple[bytes, bytes] | None:
    """The name and the relaxed form of an unfolded field, None for one that is not signed.

    Kept, since most fields of a copy are those of its whole cohort.
    """
    name, colon, value = line.partition(b":")
    name = name.rstrip(b" ")
    if not colon or not name or name.startswith(b" "):
        raise ValueError(f"{line[:40]!r} is not a header field")
    return (name, b"%s:%s\r\n" % (name.lower(), value.strip(b" "))) if _SIGNED.fullmatch(name) else None


def _unfolded(lines: bytes) -> bytes:
    """The fields with one line each, and runs of white space one space (RFC 6376 section 3.4.2)."""
    text = lines.replace(b"\t", b" ").replace(b"\r\n ", b" ")
    return _RUN.sub(b" ", text) if b"  " in text else text


@lru_cache(maxsize=256)
def _beginning(
    algorithm: Algorithm, domain: str, selector: str, at: int, names: tuple[bytes, ...]
) -> tuple[bytes, bytes]:
    """The signature field up to its hashes, as it is written and in relaxed form; the same for a cohort."""
    if [name.lower() for name in names].count(b"from") != 1:
        raise ValueError("a mail has exactly one From")
    listed = ": ".join(name.decode() for name in (*names, *_OVERSIGNED))
    tags = f"v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector}; t={at}; h={listed};"
    return header_block((("DKIM-Signature", Token(tags)),)), b"dkim-signature:" + tags.encode()


def _folded(signature: bytes) -> bytes:
    """A signature in base64 on lines of the wished width; white space in it does not count."""
    first = WISHED_LINE - len(" b=")
    width = WISHED_LINE - len(" ")
    lines = [signature[:first]]
    lines += [signature[at : at + width] for at in range(first, len(signature), width)]
    return FOLD.encode().join(lines)
