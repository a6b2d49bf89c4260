"""The address to which somebody of the newsroom forwards a story: their own, since only they know it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

#: Eighty bits: nobody guesses one, and the address can still be typed.
_MAC_OCTETS: Final = 10
_TAGGED: Final = re.compile(
    r"(?P<local>[^+@\s]+)\+(?P<person>[0-9]{1,9})\.(?P<mac>[0-9a-f]{20})@(?P<domain>[^@\s]+)"
)


def address_for(person_id: int, *, mailbox: str, key: bytes) -> str:
    """The address of a person at the mailbox `stories@news.example`: `stories+7.0123…@news.example`."""
    local, _, domain = mailbox.partition("@")
    return f"{local}+{person_id}.{_mac(key, person_id)}@{domain}"


def person_behind(address: str, *, mailbox: str, keys: Iterable[bytes]) -> int | None:
    """The person whose address this is, or None; servers on the way may change the case of letters."""
    match = _TAGGED.fullmatch(address.strip().strip("<>").lower())
    if match is None or f"{match['local']}@{match['domain']}" != mailbox.lower():
        return None
    person_id = int(match["person"])
    ours = any(hmac.compare_digest(_mac(key, person_id), match["mac"]) for key in keys)
    return person_id if ours else None


def _mac(key: bytes, person_id: int) -> str:
    signed = hashlib.blake2b(key=hashlib.sha512(key).digest(), digest_size=_MAC_OCTETS)
    signed.update(f"mail-in {person_id}".encode())
    return signed.hexdigest()
