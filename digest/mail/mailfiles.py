"""Mails in files, one after the other: a mail, a mailbox (mbox), a Maildir, a folder, or standard input.

A mailbox is read as it is gone through, so its size does not matter; of each mail the first part is kept.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

#: Octets of one mail; what comes after them says nothing new.
MOST_OCTETS: Final = 1_000_000
_STANDARD_INPUT: Final = "-"
#: RFC 4155: the line before each mail of a mailbox. Its sender is the envelope's.
_FROM: Final = re.compile(rb"From (\S*) .*\d{4}")
#: A quoted line of text that begins with From (mboxrd).
_QUOTED: Final = re.compile(rb">+From ")
_LONGEST_LINE: Final = 100_000
_MAILDIR: Final = ("new", "cur")


@dataclass(frozen=True, slots=True)
class FoundMail:
    """A mail in a file."""

    raw: bytes
    #: the file, with `#3` for the third mail of a mailbox
    name: str
    #: as the mail server's pipe told; empty when it did not
    envelope_to: str = ""
    #: None when it is not known
    envelope_from: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and why."""

    name: str
    reason: str


def mails_in(path: Path, environment: Mapping[str, str] = os.environ) -> Iterator[FoundMail | Unreadable]:
    """The mails behind a path; `-` is one mail, or a mailbox, on standard input.

    A mail server that pipes mails tells the envelope in its environment: RECIPIENT and SENDER (Postfix,
    Exim), ORIGINAL_RECIPIENT. Those are believed for standard input alone.
    """
    if str(path) == _STANDARD_INPUT:
        told = environment.get("ORIGINAL_RECIPIENT") or environment.get("RECIPIENT") or ""
        yield from _in_stream(sys.stdin.buffer, "-", told, environment.get("SENDER"))
        return
    try:
        if path.is_dir():
            for file in _files_of(path):
                yield from _in_file(file)
        else:
            yield from _in_file(path)
    except OSError as error:
        yield Unreadable(str(path), _because(error))


def _files_of(folder: Path) -> list[Path]:
    """The files of a Maildir or of a plain folder, by name; what begins with a dot is left alone."""
    places = [folder / name for name in _MAILDIR if (folder / name).is_dir()] or [folder]
    return sorted(
        file
        for place in places
        for file in place.iterdir()
        if not file.name.startswith(".") and file.is_file()
    )


def _in_file(file: Path) -> Iterator[FoundMail | Unreadable]:
    try:
        with file.open("rb") as stream:
            yield from _in_stream(stream, str(file), "", None)
    except OSError as error:
        yield Unreadable(str(file), _because(error))


def _in_stream(
    stream: BinaryIO, name: str, envelope_to: str, envelope_from: str | None
) -> Iterator[FoundMail | Unreadable]:
    first = stream.readline(_LONGEST_LINE)
    if not first:
        yield Unreadable(name, "it is empty")
        return
    match = _FROM.match(first)
    if match is None:
        raw = first + stream.read(MOST_OCTETS)
        yield FoundMail(raw, name, envelope_to, envelope_from)
        return
    for place, (sender, raw) in enumerate(_split(stream, _sender(match)), start=1):
        alone = name if envelope_to else f"{name}#{place}"
        yield FoundMail(raw, alone, envelope_to, sender if envelope_from is None else envelope_from)


def _split(stream: BinaryIO, sender: str) -> Iterator[tuple[str, bytes]]:
    """Each mail of a mailbox with its sender. A new one begins after an empty line only."""
    lines: list[bytes] = []
    size, after_empty = 0, False
    while line := stream.readline(_LONGEST_LINE):
        match = _FROM.match(line) if after_empty else None
        if match is not None:
            yield sender, b"".join(lines)
            sender, lines, size = _sender(match), [], 0
        elif size < MOST_OCTETS:
            lines.append(line[1:] if _QUOTED.match(line) else line)
            size += len(line)
        after_empty = not line.strip()
    yield sender, b"".join(lines)


def _sender(match: re.Match[bytes]) -> str:
    """The envelope's sender; MAILER-DAEMON stands for the null sender."""
    sender = match[1].decode(errors="replace").strip("<>")
    return "" if sender.upper() == "MAILER-DAEMON" else sender


def _because(error: OSError) -> str:
    return f"it cannot be read ({error.strerror})"
