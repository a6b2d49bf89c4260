"""A folder into which people put files: what lies there, what a file holds, where it goes; follows no link.

Whoever may write there may put anything there, and exchange it at any moment: so every file is opened without
following, looked at while it is open, and looked at again before it is moved.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct

from digest.core.watching import REASONS, Sight, is_left_alone, kept_name
from digest.errors import InputError
from digest.ingest.packed import BEGINNING, MOST_OF_ALL, MOST_OF_ONE, shown

#: A pipe would wait for a writer, and a terminal might become ours.
_TO_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_A_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: So many files of one name are kept apart; no folder is looked through for longer.
_MOST_NUMBERS: Final = 10_000


class Kept(StrEnum):
    """The folders below, by what became of the files in them."""

    TAKEN = "taken"
    REFUSED = "refused"


class Thing(StrEnum):
    """What is no file, in words."""

    LINK = "a symbolic link"
    FOLDER = "a folder"
    SPECIAL = "a pipe, socket or device"


class Lying(Struct, frozen=True):
    """Something that lies in the folder."""

    name: str
    #: of a file
    sight: Sight | None = None
    #: of what is none
    thing: Thing | None = None


class Folder:
    """One folder by its path; every act may raise OSError. Waits for the disk: not for an event loop."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet: it may come and go."""
        self.path: Final = path

    def look(self) -> list[Lying]:
        """All that lies there but what is hidden, not finished, or kept; the oldest first."""
        found = []
        with self._open() as folder, os.scandir(folder) as entries:
            for entry in entries:
                if is_left_alone(entry.name) or entry.name in set(Kept):
                    continue
                # it may be gone by now
                with suppress(FileNotFoundError):
                    found.append(_lying(entry.name, os.lstat(entry.name, dir_fd=folder)))
        return sorted(found, key=lambda one: (one.sight.modified_ns if one.sight else 0, one.name))

    def read(self, name: str, sight: Sight) -> bytes | None:
        """What a file holds; None when it is not, or not any more, what was seen.

        Raises InputError for one that is too large, of which nothing is read.
        """
        with self._open() as folder:
            handle = os.open(name, _TO_READ, dir_fd=folder)
        with os.fdopen(handle, "rb") as file:
            # a plain file again: reading waits for nothing but the disk
            if _lying(name, os.fstat(handle)).sight != sight:
                return None
            most = MOST_OF_ALL if file.read(len(BEGINNING[0])) in BEGINNING else MOST_OF_ONE
            if sight.size > most:
                raise InputError(f"{shown(name)} has more than {most // 1_000_000} MB: part it")
            file.seek(0)
            data = file.read(most + 1)
            is_whole = len(data) == sight.size and _lying(name, os.fstat(handle)).sight == sight
            return data if is_whole else None

    def keep(self, name: str, sight: Sight, where: Kept) -> str | None:
        """Move a file to where it is kept; its path from the folder. None when it is not what was seen."""
        with self._open() as folder, _below(folder, where) as below, suppress(FileNotFoundError):
            if _lying(name, os.lstat(name, dir_fd=folder)).sight == sight:
                return f"{where}/{_moved(name, folder, below)}"
        return None

    def explain(self, kept_as: str, words: str) -> None:
        """Write a text beside a file that is kept."""
        where, _, name = kept_as.partition("/")
        with self._open() as folder, _below(folder, Kept(where)) as below:
            handle, _ = _made(name + REASONS, below)
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                file.write(words)

    @contextmanager
    def _open(self) -> Iterator[int]:
        handle = os.open(self.path, _A_FOLDER)
        try:
            yield handle
        finally:
            os.close(handle)


@contextmanager
def _below(folder: int, where: Kept) -> Iterator[int]:
    """The folder in which files are kept, made when it is not there."""
    with suppress(FileExistsError):
        os.mkdir(where, dir_fd=folder)
    handle = os.open(where, _A_FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)


def _moved(name: str, folder: int, below: int) -> str:
    """Move under a name that is nobody's; a file of ours holds its place until it comes."""
    handle, new = _made(name, below)
    os.close(handle)
    try:
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=below)
    except OSError:
        os.unlink(new, dir_fd=below)
        raise
    return new


def _made(name: str, below: int) -> tuple[int, str]:
    """A new, empty file of this name, or with a number where there is one; open, and its name."""
    for number in range(1, _MOST_NUMBERS):
        new = kept_name(name, number)
        with suppress(FileExistsError):
            return os.open(new, _NEW, 0o644, dir_fd=below), new
    raise FileExistsError(17, f"too many files of the name {shown(name)} are kept")


def _lying(name: str, found: os.stat_result) -> Lying:
    if stat.S_ISREG(found.st_mode):
        seen = Sight(found.st_size, found.st_mtime_ns, found.st_ctime_ns, (found.st_dev, found.st_ino))
        return Lying(name, seen)
    if stat.S_ISLNK(found.st_mode):
        return Lying(name, thing=Thing.LINK)
    return Lying(name, thing=Thing.FOLDER if stat.S_ISDIR(found.st_mode) else Thing.SPECIAL)
