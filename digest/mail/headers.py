"""Our own header writer: a value says what it is, and the bytes can then hold nothing else.

Python's `email` package encodes a long List-Unsubscribe and lets a title become a header, so it is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from digest.mail.words import clean_text, encoded_words, must_be_encoded
from subscribers.wishes import parse_address

#: What we wish (RFC 2045 section 6.7 has the same number) and what nobody may pass (RFC 5322 section 2.1.1).
WISHED_LINE: Final = 76
LONGEST_LINE: Final = 998
#: Where a line is broken: taking away the CR LF gives the value back (RFC 5322 section 2.2.3).
FOLD: Final = "\r\n "

_NAME: Final = re.compile(r"[!-9;-~]+")
_PRINTABLE: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_ATOMS: Final = re.compile(rf"{_ATEXT}+(?: {_ATEXT}+)*")
#: Dot-atoms on both sides; characters beyond U+00A0 are let in here and questioned by `wire_address`. Said by
#: what they do not hold: a class that goes up to U+10FFFF takes a hundred times as long to compile.
_LOCAL: Final = r'[^\x00- "(),.:;<>@\[\\\]\x7f-\xa0]+'
_LABEL: Final = r"[^\x00-,./:-@\[-^`{-\xa0]+"
_ADDR_SPEC: Final = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@{_LABEL}(?:\.{_LABEL})*")


class Text(Struct, frozen=True):
    """Words for people, such as a Subject; whatever they hold, they come back when decoded."""

    text: str

    def lines(self, start: int) -> list[str]:
        """The folded value, the first line beginning at column `start`."""
        text = clean_text(self.text)
        if not must_be_encoded(text):
            # two spaces in a row are no place to fold: a line must not begin with what a reader may trim
            lines = _filled(re.split(r"(?<! ) (?! )", text), start)
            if len(lines[0]) + start <= WISHED_LINE and all(len(line) < WISHED_LINE for line in lines[1:]):
                return lines
        return encoded_words(text, WISHED_LINE - start, WISHED_LINE - 1)


class Token(Struct, frozen=True):
    """Words for machines, such as a Message-ID or List-Unsubscribe: never encoded, folded at spaces only."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what would have to be encoded, stripped or cut."""
        if not _PRINTABLE.fullmatch(self.text) or "=?" in self.text:
            raise ValueError(f"{self.text!r} is not printable ASCII with single spaces and without =?")

    def lines(self, start: int) -> list[str]:
        """The folded value, the first line beginning at column `start`."""
        return _filled(self.text.split(" "), start)


class Mailbox(NamedTuple):
    """One address and the name shown with it."""

    address: str
    name: str = ""


class Addresses(Struct, frozen=True):
    """Mailboxes, such as From and To; names may be encoded, addresses never are."""

    mailboxes: tuple[Mailbox, ...]

    def lines(self, start: int) -> list[str]:
        """The folded value, the first line beginning at column `start`."""
        words: list[str] = []
        for position, mailbox in enumerate(self.mailboxes):
            if position:
                words[-1] += ","
            words += mailbox_words(mailbox, start)
        return _filled(words, start)


Value = Text | Token | Addresses


def header_block(fields: Iterable[tuple[str, Value]]) -> bytes:
    """The fields as bytes, each line ended by CR LF; the empty line before the body is not part of it.

    Raises ValueError for a name or a token that no header may hold, and for a line above `LONGEST_LINE`.
    """
    return b"".join(_field(name, value) for name, value in fields)


@lru_cache(maxsize=1024)
def wire_address(address: str) -> str:
    """The address as it goes on the wire: ASCII unless its local part needs SMTPUTF8 (RFC 6531).

    Raises ValueError when it is not an address that we would write into a header or a command.
    """
    if not _ADDR_SPEC.fullmatch(address):
        raise ValueError(f"{address!r} is not an address")
    return address if address.isascii() else parse_address(address)


class RecipientError(ValueError):
    """An address to which no letter can go, whatever is in it."""


def recipient_address(address: str) -> str:
    """The address of a reader as it goes on the wire; RecipientError where `wire_address` refuses it."""
    try:
        return wire_address(address)
    except ValueError as error:
        raise RecipientError(str(error)) from error


def mailbox_words(mailbox: Mailbox, start: int = 0) -> list[str]:
    """A mailbox as words between which a line may be folded: the name as it must be written, `<address>`."""
    address = wire_address(mailbox.address)
    name = " ".join(clean_text(mailbox.name).split())
    return [*phrase_words(name, start), f"<{address}>"] if name else [address]


def phrase_words(phrase: str, start: int = 0) -> list[str]:
    """A clean phrase with single spaces as words (RFC 5322): atoms, a quoted-string, or encoded-words."""
    if must_be_encoded(phrase) or max(map(len, phrase.split(" "))) > WISHED_LINE - start - 2:
        # a comma may follow the last one: room for it is left
        return encoded_words(phrase, WISHED_LINE - start, WISHED_LINE - 2)
    if _ATOMS.fullmatch(phrase):
        return phrase.split(" ")
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.split(" ")


def _field(name: str, value: Value) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a header")
    block = FOLD.join(value.lines(len(name) + 2)).encode()
    if max(map(len, block.split(b"\r\n"))) + len(name) + 2 > LONGEST_LINE:
        raise ValueError(f"{name} holds a word that is too long for a line")
    return b"%s: %s\r\n" % (name.encode(), block)


def _filled(words: Sequence[str], start: int) -> list[str]:
    """The words put on lines of the wished width; a word too long for one gets a line of its own."""
    lines = [words[0]]
    column = start + len(words[0])
    for word in words[1:]:
        if column + 1 + len(word) <= WISHED_LINE:
            lines[-1] += f" {word}"
            column += 1 + len(word)
        else:
            lines.append(word)
            column = 1 + len(word)
    return lines
