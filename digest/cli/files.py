"""Files that are named at the shell: read whole, or written, with a plain line when that cannot be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from digest.errors import InputError, unreadable
from digest.ingest.plaintext import read_as_text


def bytes_of(file: Path) -> bytes:
    """What a file holds, or standard input for `-`."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise InputError(unreadable(file, error)) from error


def text_of(file: Path) -> str:
    """What a file says, or standard input for `-`."""
    return text_in(bytes_of(file), file)


def text_in(data: bytes, file: Path) -> str:
    """What bytes say that were read from a file: UTF-8, or UTF-16 as some spreadsheets write it."""
    try:
        return read_as_text(data)
    except UnicodeDecodeError:
        raise InputError(f"file {str(file)!r} is not UTF-8 text: save it as CSV in UTF-8") from None


@contextmanager
def written_to(file: Path) -> Iterator[TextIO]:
    """A file that takes text as it is."""
    try:
        with file.open("w", encoding="utf-8", newline="") as written:
            yield written
    except OSError as error:
        raise InputError(f"file {str(file)!r} cannot be written ({error.strerror})") from error
