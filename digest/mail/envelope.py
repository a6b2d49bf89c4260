"""What a letter's envelope says to a server, and what this server is known to refuse before it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from digest.core.model import Outcome, Stage
from digest.mail.lane import Letter

#: Octets: RFC 5321 section 4.5.3.1.3 has 256 for a path, which has angle brackets.
LONGEST_ADDRESS: Final = 254
#: RFC 1870 section 4: a size has at most 20 digits; Python refuses to read a number of thousands.
_LONGEST_SIZE: Final = 20
#: RFC 3461 section 4.4, as written in xtext.
_LONGEST_ENVELOPE_ID: Final = 100
#: RFC 5321 section 4.5.3.1.4; some servers hold to it although RFC 3461 wants them to take more.
_LONGEST_COMMAND: Final = 512
_STANDS_BARE: Final = re.compile(r"[!-*,-<>-\[\]-~]")
_ADDRESS: Final = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f@]+")


class Offer(Struct, frozen=True):
    """What a server said of itself in its answer to EHLO, as far as it concerns letters."""

    #: takes several commands at once (RFC 2920)
    pipelining: bool = False
    #: wants to hear the size with MAIL (RFC 1870)
    size: bool = False
    #: octets that it takes at most; 0 when it told no limit
    size_limit: int = 0
    smtputf8: bool = False
    #: hears what is to be reported, and how (RFC 3461)
    dsn: bool = False

    @classmethod
    def of(cls, extensions: Mapping[str, str]) -> Offer:
        """Read the extensions, by lower-case keyword."""
        limit = extensions.get("size", "")
        return cls(
            pipelining="pipelining" in extensions,
            size="size" in extensions,
            size_limit=int(limit) if limit.isdecimal() and len(limit) <= _LONGEST_SIZE else 0,
            smtputf8="smtputf8" in extensions,
            dsn="dsn" in extensions,
        )


class Envelope(NamedTuple):
    """The commands that come before DATA; letters with equal ones can take each other's place."""

    mail: bytes
    rcpt: bytes


def envelope_of(letter: Letter, offer: Offer) -> Envelope | Outcome:
    """The commands for a letter, each with its CR LF; or why it is not put to this server.

    An outcome concerns this reader alone.
    """
    if not letter.vouched:
        refused = _unspeakable(letter)
        if refused is not None:
            return refused
    needs_utf8 = letter.smtputf8 or not (letter.recipient.isascii() and letter.sender.isascii())
    if needs_utf8 and not offer.smtputf8:
        return Outcome(
            Stage.MAIL, 553, "5.6.7", "the address needs SMTPUTF8, which the server does not offer"
        )
    size = letter.size if offer.size else 0
    if 0 < offer.size_limit < size:
        words = f"the message has {size} octets, the server takes {offer.size_limit}"
        return Outcome(Stage.MAIL, 552, "5.3.4", words)
    # a letter that returns to nobody has no reports to ask for
    named, wanted = _reports_of(letter) if offer.dsn and letter.sender else (b"", b"")
    return Envelope(
        b"MAIL FROM:<%s>%s%s%s\r\n"
        % (
            letter.sender.encode(),
            b" SIZE=%d" % size if offer.size else b"",
            b" SMTPUTF8" if needs_utf8 else b"",
            named,
        ),
        b"RCPT TO:<%s>%s\r\n" % (letter.recipient.encode(), wanted),
    )


def _reports_of(letter: Letter) -> tuple[bytes, bytes]:
    """What MAIL and RCPT say of reports (RFC 3461): of failure and delay, without the text, and about whom.

    The return path names the envelope too: a report that reached us by another way still tells its copy. What
    would be too long is left out, for the return path says as much.
    """
    name = letter.sender.replace("+", "+2B").replace("=", "+3D")
    has_name = name.isascii() and len(name) <= _LONGEST_ENVELOPE_ID
    named = b" RET=HDRS ENVID=%s" % name.encode() if has_name else b" RET=HDRS"
    wanted = b" NOTIFY=FAILURE,DELAY"
    about = b" ORCPT=%s" % _original(letter.recipient)
    length = len(b"RCPT TO:<>\r\n") + len(letter.recipient.encode()) + len(wanted) + len(about)
    return named, wanted + about if length <= _LONGEST_COMMAND else wanted


def _original(recipient: str) -> bytes:
    """The address in xtext; beyond ASCII as RFC 6533 section 3 has it."""
    if recipient.isascii():
        return f"rfc822;{recipient.replace('+', '+2B').replace('=', '+3D')}".encode()
    written = (sign if _STANDS_BARE.match(sign) else f"\\x{{{ord(sign):X}}}" for sign in recipient)
    return f"utf-8;{''.join(written)}".encode()


def _unspeakable(letter: Letter) -> Outcome | None:
    """The outcome for an address that would be more than one word of a command."""
    if not _fits_command(letter.recipient):
        return Outcome(Stage.MAIL, 553, "5.1.3", f"address {letter.recipient!r} cannot stand in a command")
    if letter.sender and not _fits_command(letter.sender):
        return Outcome(Stage.MAIL, 553, "5.1.7", f"sender {letter.sender!r} cannot stand in a command")
    return None


def _fits_command(address: str) -> bool:
    return _ADDRESS.fullmatch(address) is not None and len(address.encode()) <= LONGEST_ADDRESS
