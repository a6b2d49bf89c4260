"""A second reading of DKIM signatures: a verifier written from RFC 6376 and RFC 8463, not from our signer.

It goes octet by octet and line by line, as the RFC tells it, where the signer works on whole blocks.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

PASS: Final = "pass"
WHITE: Final = b" \t"


class BrokenError(Exception):
    """A signature that does not hold, and why."""


def verdicts(message: bytes, records: Mapping[str, str]) -> list[str]:
    """For each signature from the top: `pass`, or what is wrong; `records` are TXT records by name."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = split_fields(head + b"\r\n")
    return [
        _verdict(field, fields, body, records)
        for field in fields
        if field.split(b":")[0].strip(WHITE).lower() == b"dkim-signature"
    ]


def split_fields(head: bytes) -> list[bytes]:
    """The fields of a header, each with its folds and without its last CR LF."""
    fields: list[bytes] = []
    for line in head.split(b"\r\n")[:-1]:
        if line[:1] and line[:1] in WHITE and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields


def tags(value: str) -> dict[str, str]:
    """A tag-list (section 3.2); folding white space around tags, and in the two base64 values, goes away."""
    found: dict[str, str] = {}
    for item in value.split(";"):
        if not item.strip():
            continue
        name, equals, text = item.partition("=")
        name = name.strip()
        if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in found:
            raise BrokenError(f"bad tag {item!r}")
        found[name] = text.strip()
    for name in {"b", "bh", "p"} & found.keys():
        found[name] = re.sub(r"\s", "", found[name])
    return found


def relaxed_field(field: bytes) -> bytes:
    """Section 3.4.2."""
    name, _, value = field.partition(b":")
    words: list[bytes] = []
    word = b""
    for octet in value.replace(b"\r\n", b""):
        if octet in WHITE:
            words, word = ([*words, word] if word else words), b""
        else:
            word += bytes([octet])
    return name.strip(WHITE).lower() + b":" + b" ".join([*words, word] if word else words)


def relaxed_body(body: bytes) -> bytes:
    """Section 3.4.4."""
    lines = body.split(b"\r\n")
    if lines[-1] == b"":
        lines.pop()
    kept = []
    for line in lines:
        out = b""
        for octet in line.rstrip(WHITE):
            if octet not in WHITE:
                out += bytes([octet])
            elif not out.endswith(b" "):
                out += b" "
        kept.append(out)
    while kept and kept[-1] == b"":
        kept.pop()
    return b"".join(line + b"\r\n" for line in kept)


def _verdict(field: bytes, fields: list[bytes], body: bytes, records: Mapping[str, str]) -> str:
    try:
        _verify(field, fields, body, records)
    except BrokenError as why:
        return str(why)
    return PASS


def _verify(field: bytes, fields: list[bytes], body: bytes, records: Mapping[str, str]) -> None:
    """Section 6.1: the signature's own sense, its key, its hashes."""
    tag = tags(field.partition(b":")[2].decode())
    missing = {"v", "a", "b", "bh", "d", "h", "s"} - tag.keys()
    if missing:
        raise BrokenError(f"without {sorted(missing)}")
    if tag["v"] != "1" or tag.get("c") != "relaxed/relaxed" or "l" in tag:
        raise BrokenError("not of the kind that we make")
    names = [name.strip().lower() for name in tag["h"].split(":")]
    if "from" not in names:
        raise BrokenError("From is not signed")
    if base64.b64decode(tag["bh"], validate=True) != hashlib.sha256(relaxed_body(body)).digest():
        raise BrokenError("body changed")
    record = records.get(f"{tag['s']}._domainkey.{tag['d']}")
    if record is None:
        raise BrokenError("no key")
    others = [other for other in fields if other is not field]
    signed = b"".join(relaxed + b"\r\n" for relaxed in _chosen(others, names)) + relaxed_field(
        _emptied(field)
    )
    _check(tag["a"], tags(record), hashlib.sha256(signed).digest(), base64.b64decode(tag["b"], validate=True))


def _chosen(fields: list[bytes], names: list[str]) -> list[bytes]:
    """Section 5.4.2: of fields with one name the last comes first; a name too many stands for nothing."""
    left = list(fields)
    chosen = []
    for wanted in names:
        for place in range(len(left) - 1, -1, -1):
            if left[place].split(b":")[0].strip(WHITE).lower().decode() == wanted:
                chosen.append(relaxed_field(left.pop(place)))
                break
    return chosen


def _emptied(field: bytes) -> bytes:
    """The signature field with nothing in b= (section 3.7)."""
    return re.sub(rb"((?:^|[:;])[ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1", field, count=1)


def _check(algorithm: str, key: dict[str, str], digest: bytes, signature: bytes) -> None:
    """Section 6.1.2 and RFC 8463: the key must be of the kind that the signature names."""
    kind = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}.get(algorithm)
    if key.get("v", "DKIM1") != "DKIM1" or key.get("k", "rsa") != kind:
        raise BrokenError("the key is of another kind")
    public = base64.b64decode(key["p"], validate=True)
    try:
        if kind == "ed25519":
            Ed25519PublicKey.from_public_bytes(public).verify(signature, digest)
        else:
            rsa_key = load_der_public_key(public)
            assert isinstance(rsa_key, rsa.RSAPublicKey)
            rsa_key.verify(signature, digest, padding.PKCS1v15(), Prehashed(SHA256()))
    except InvalidSignature:
        raise BrokenError("header changed") from None
