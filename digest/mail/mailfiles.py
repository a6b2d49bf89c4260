"""Mails in files, one after the other: a mail, a mailbox (mbox), a Maildir, a folder, or standard input.

A mailbox is read as it is gone through, so its size does not matter; of each mail the first part is kept.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

#: Octets of one mail: a report stands at its beginning, and a story that is longer is refused.
MOST_OCTETS: Final = 10_000_000
_STANDARD_INPUT: Final = "-"
#: RFC 4155: the line before each mail of a mailbox, with the sender and the time of the envelope. A line of
#: prose that begins with From has no day of the week and no hour.
_FROM: Final = re.compile(rb"From (?:(\S.*?) +)?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.{0,40}?\b\d\d?:\d\d\b")
#: What stands for the null sender, and what mail programs write where they do not know it.
_NULL: Final = frozenset({"", "<>", "mailer-daemon"})
_UNKNOWN: Final = frozenset({b"-", b"???@???"})
#: A quoted line of text that begins with From (mboxrd).
_QUOTED: Final = re.compile(rb">+From ")
_LONGEST_LINE: Final = 100_000
_MAILDIR: Final = ("new", "cur")


class FoundMail(Struct, frozen=True):
    """A mail in a file."""

    raw: bytes
    #: the file, with `#3` for the third mail of a mailbox
    name: str
    #: as the mail server's pipe told; empty when it did not
    envelope_to: str = ""
    #: None when it is not known
    envelope_from: str | None = None


class Unreadable(Struct, frozen=True):
    """A file that could not be read, and why."""

    name: str
    reason: str


def mails_in(path: Path, environment: Mapping[str, str] = os.environ) -> Iterator[FoundMail | Unreadable]:
    """The mails behind a path; `-` is one mail, or a mailbox, on standard input.

    A mail server that pipes a mail tells the envelope in its environment: RECIPIENT and SENDER (Postfix,
    Exim), ORIGINAL_RECIPIENT. Those are believed for standard input alone, which is one mail then.
    """
    if str(path) == _STANDARD_INPUT:
        told = environment.get("ORIGINAL_RECIPIENT") or environment.get("RECIPIENT")
        yield from _piped(told, environment.get("SENDER")) if told else _in_stream(sys.stdin.buffer, "-")
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
        if not file.name.startswith(".") and (file.is_file() or _leads_nowhere(file))
    )


def _leads_nowhere(file: Path) -> bool:
    """A link to what is gone is named later as what cannot be read."""
    return file.is_symlink() and not file.exists()


def _in_file(file: Path) -> Iterator[FoundMail | Unreadable]:
    try:
        with file.open("rb") as stream:
            yield from _in_stream(stream, str(file))
    except OSError as error:
        yield Unreadable(str(file), _because(error))


def _piped(envelope_to: str, envelope_from: str | None) -> Iterator[FoundMail | Unreadable]:
    """One mail of a mail server; a first line `From …` is the server's, and any other is the mail's."""
    raw = sys.stdin.buffer.read(MOST_OCTETS + _LONGEST_LINE)
    # who writes into a pipe that is closed too early gives the mail up
    while sys.stdin.buffer.read(_LONGEST_LINE):
        pass
    first, _, rest = raw.partition(b"\n")
    match = _FROM.match(first)
    if match is not None:
        raw = rest
        envelope_from = _sender(match) if envelope_from is None else envelope_from
    if envelope_from is not None and envelope_from.lower() in _NULL:
        envelope_from = ""
    if not raw.strip():
        yield Unreadable(_STANDARD_INPUT, "it is empty")
    else:
        yield FoundMail(raw[:MOST_OCTETS], _STANDARD_INPUT, envelope_to, envelope_from)


def _in_stream(stream: BinaryIO, name: str) -> Iterator[FoundMail | Unreadable]:
    first = stream.readline(_LONGEST_LINE)
    if not first:
        yield Unreadable(name, "it is empty")
        return
    match = _FROM.match(first)
    if match is None:
        yield FoundMail(first + stream.read(MOST_OCTETS - len(first)), name)
        return
    for place, (sender, raw) in enumerate(_split(stream, _sender(match)), start=1):
        yield FoundMail(raw, f"{name}#{place}", envelope_from=sender)


def _split(stream: BinaryIO, sender: str | None) -> Iterator[tuple[str | None, bytes]]:
    """Each mail of a mailbox with its sender. A new one begins after an empty line only, which is not its."""
    lines: list[bytes] = []
    size, after_empty, begins = 0, False, True
    while line := stream.readline(_LONGEST_LINE):
        match = _FROM.match(line) if after_empty and begins else None
        if match is not None:
            yield sender, b"".join(lines[:-1] if lines and not lines[-1].strip() else lines)
            sender, lines, size = _sender(match), [], 0
        elif size < MOST_OCTETS:
            lines.append(line[1:] if begins and _QUOTED.match(line) else line)
            size += len(line)
        after_empty = begins and not line.strip()
        begins = line.endswith(b"\n")
    yield sender, b"".join(lines[:-1] if lines and not lines[-1].strip() else lines)


def _sender(match: re.Match[bytes]) -> str | None:
    """The envelope's sender, None where the line names none; MAILER-DAEMON stands for the null sender."""
    if match[1] is None or match[1] in _UNKNOWN:
        return None
    sender = match[1].decode(errors="replace").strip("<>")
    return "" if sender.lower() in _NULL else sender


def _because(error: OSError) -> str:
    return f"it cannot be read ({error.strerror})"
