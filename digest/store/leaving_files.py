"""The files of a record of leavings: one a month, written to at their end, and forgotten after a while."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from digest.core.leavings import Entry, Record, head_line, line_of, read_record

#: A backup that is older than 62 days is looked at, not sent from: nobody asks for more than that.
KEPT: Final = timedelta(days=100)
#: No line of ours is longer; a file of something else is not read into memory for want of an end of line.
_LONGEST_LINE: Final = 1 << 16


class LeavingFiles:
    """The record of one store in a folder, in which those of others may lie as well."""

    def __init__(self, folder: Path, mark: str) -> None:
        """Name the folder; nothing is touched before the first look."""
        self.folder: Final = folder
        self._mark: Final = mark
        name = rf"leavings-{re.escape(mark)}-(\d{{4}}-\d{{2}})\.jsonl"
        self._name: Final = re.compile(name, re.ASCII)

    def read(self) -> Record:
        """All of it; raises OSError for a folder that may not be read, and knows nothing without one."""
        return read_record((_lines(path) for path in self._paths()), self._mark)

    def append(self, entries: Iterable[Entry], *, since: datetime, now: datetime) -> None:
        """Write entries down for good; `since` is from when on the first file knows everything.

        Raises OSError. Lines are written as a whole: others may write to the same file.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"leavings-{self._mark}-{now.astimezone(UTC):%Y-%m}.jsonl"
        text = b"".join(map(line_of, entries))
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(file).st_size
            if not size:
                text = head_line(self._mark, since) + text
            elif os.pread(file, 1, size - 1) != b"\n":
                # what a full disk or a crash tore off stays a line of its own
                text = b"\n" + text
            _write_all(file, text)
            os.fsync(file)
        finally:
            os.close(file)
        if not size:
            self._keep_name_and_forget_old(now)

    def _keep_name_and_forget_old(self, now: datetime) -> None:
        for path in self._paths():
            month = datetime.strptime(path.stem[-7:], "%Y-%m").replace(tzinfo=UTC)
            if month < now - KEPT:
                path.unlink(missing_ok=True)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _paths(self) -> list[Path]:
        """The files, the oldest first."""
        try:
            return sorted(path for path in self.folder.iterdir() if self._name.fullmatch(path.name))
        except FileNotFoundError:
            return []


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(_LONGEST_LINE):
            yield line


def _write_all(file: int, text: bytes) -> None:
    while text:
        text = text[os.write(file, text) :]
