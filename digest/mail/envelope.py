"""What a letter's envelope says to a server, and what this server is known to refuse before it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from digest.core.model import Outcome, Stage
from digest.mail.lane import Letter

#: Octets: RFC 5321 section 4.5.3.1.3 has 256 for a path, which has angle brackets.
LONGEST_ADDRESS: Final = 254
#: RFC 1870 section 4: a size has at most 20 digits; Python refuses to read a number of thousands.
_LONGEST_SIZE: Final = 20
_ADDRESS: Final = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f@]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server said of itself in its answer to EHLO, as far as it concerns letters."""

    #: takes several commands at once (RFC 2920)
    pipelining: bool = False
    #: wants to hear the size with MAIL (RFC 1870)
    size: bool = False
    #: octets that it takes at most; 0 when it told no limit
    size_limit: int = 0
    smtputf8: bool = False

    @classmethod
    def of(cls, extensions: Mapping[str, str]) -> Offer:
        """Read the extensions, by lower-case keyword."""
        limit = extensions.get("size", "")
        return cls(
            pipelining="pipelining" in extensions,
            size="size" in extensions,
            size_limit=int(limit) if limit.isdecimal() and len(limit) <= _LONGEST_SIZE else 0,
            smtputf8="smtputf8" in extensions,
        )


class Envelope(NamedTuple):
    """The commands that come before DATA; letters with equal ones can take each other's place."""

    mail: bytes
    rcpt: bytes


def envelope_of(letter: Letter, offer: Offer) -> Envelope:
    """The commands for a letter that is not `unfit`, each with its CR LF."""
    size = b" SIZE=%d" % letter.size if offer.size else b""
    utf8 = b" SMTPUTF8" if _needs_utf8(letter) else b""
    return Envelope(
        b"MAIL FROM:<%s>%s%s\r\n" % (letter.sender.encode(), size, utf8),
        b"RCPT TO:<%s>\r\n" % letter.recipient.encode(),
    )


def unfit(letter: Letter, offer: Offer) -> Outcome | None:
    """Why this letter is not put to this server; the reader alone is concerned. None when it may be."""
    if not (letter.vouched or _fits_command(letter.recipient)):
        return Outcome(Stage.MAIL, 553, "5.1.3", f"address {letter.recipient!r} cannot stand in a command")
    if letter.sender and not (letter.vouched or _fits_command(letter.sender)):
        return Outcome(Stage.MAIL, 553, "5.1.7", f"sender {letter.sender!r} cannot stand in a command")
    if not offer.smtputf8 and _needs_utf8(letter):
        return Outcome(
            Stage.MAIL, 553, "5.6.7", "the address needs SMTPUTF8, which the server does not offer"
        )
    if 0 < offer.size_limit < letter.size:
        words = f"the message has {letter.size} octets, the server takes {offer.size_limit}"
        return Outcome(Stage.MAIL, 552, "5.3.4", words)
    return None


def _fits_command(address: str) -> bool:
    return _ADDRESS.fullmatch(address) is not None and len(address.encode()) <= LONGEST_ADDRESS


def _needs_utf8(letter: Letter) -> bool:
    return letter.smtputf8 or not (letter.recipient.isascii() and letter.sender.isascii())
