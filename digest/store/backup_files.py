"""The file of a backup: lines, compressed, with a sum over all of it; there as a whole or not at all.

It is what gzip writes (RFC 1952), so `zcat` shows it wherever this program is not. Behind the lines comes an
empty member whose extra field holds the SHA-256 of every octet before it: gzip's own sum does not cover its
headers, and says nothing when a member is missing.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from digest.core.backups import DamagedError, Shape, TableEnd, read_end, read_head, read_last, read_row
from digest.core.rowprints import Keyed, Rowprint
from digest.errors import InputError, unreadable

#: Of an empty member: deflate (8), an extra field (4), no time, an unknown system, 36 octets of it, its name.
_SEAL: Final = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + b"\x24\0" + b"SU" + b"\x20\0"
#: No data, and its length and sum.
_NOTHING: Final = b"\x03\0" + bytes(8)
_SUM_OCTETS: Final = 32
_SEAL_OCTETS: Final = len(_SEAL) + _SUM_OCTETS + len(_NOTHING)
#: zlib's word for what gzip writes.
_GZIP: Final = 16 + zlib.MAX_WBITS
#: Half as small again as the quickest, in half the time of the smallest.
_LEVEL: Final = 6
#: Octets that are read at a time, and how many a line may have: a picture is a row.
_ROOM: Final = 1 << 18
_LONGEST_LINE: Final = 1 << 28
#: Rows and octets that are handed on together.
_MOST_ROWS: Final = 2000
_WEIGHT: Final = 2_000_000
#: How the name of a file begins that is not whole yet, and after how many seconds nobody writes one any more.
_DRAFT: Final = ".unfinished-"
_LEFT_BEHIND: Final = 86_400


class Whole(NamedTuple):
    """A file as a whole."""

    #: by which this backup is told from every other
    name: str
    octets: int


class Writer:
    """Takes lines, and writes them down."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin with an empty file."""
        self._file: Final = file
        self._sum: Final = sha256()
        self._gzip: Final = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def write(self, line: bytes) -> None:
        """Take a line, its end included."""
        self._put(self._gzip.compress(line))

    def seal(self) -> None:
        """All lines are there."""
        self._put(self._gzip.flush())
        self._put(_SEAL)
        self._put(self._sum.digest() + _NOTHING)

    def _put(self, some: bytes) -> None:
        if some:
            self._sum.update(some)
            self._file.write(some)


@contextmanager
def written(path: Path, *, overwrite: bool = False) -> Iterator[Writer]:
    """A new file, which nobody but its owner may read; whole under its name after the block, or not there.

    Raises InputError when the name is taken, and when it cannot be written.
    """
    draft = path.with_name(f"{_DRAFT}{path.name}.{secrets.token_hex(4)}")
    try:
        if path.is_dir() or (not overwrite and path.exists()):
            raise FileExistsError
        if not path.parent.is_dir():
            _make_folder(path.parent)
        _remove_left_behind(path.parent)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=_ROOM) as file:
                writer = Writer(file)
                yield writer
                writer.seal()
                file.flush()
                os.fsync(file.fileno())
            _give_name(draft, path, overwrite=overwrite)
        finally:
            with suppress(OSError):
                draft.unlink()
    except FileExistsError:
        raise InputError(f"{str(path)!r} is there already: name another file, or add --overwrite") from None
    except OSError as error:
        raise InputError(
            f"the backup {str(path)!r} cannot be written ({error.strerror or error}); nothing stands there"
        ) from error


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file whose sum was found right; raises DamagedError where they break off."""
    unpacked, rest = zlib.decompressobj(_GZIP), b""
    with _opened(path) as file:
        while not unpacked.eof:
            packed = unpacked.unconsumed_tail or file.read(_ROOM)
            if not packed:
                raise DamagedError("it ends too early")
            try:
                rest += unpacked.decompress(packed, _ROOM * 4)
            except zlib.error as error:
                raise DamagedError(f"it cannot be unpacked ({error})") from None
            *lines, rest = rest.split(b"\n")
            yield from lines
            if len(rest) > _LONGEST_LINE:
                raise DamagedError("a line of it has no end")
    if rest:
        raise DamagedError("its last line has no end")


def require_whole(path: Path) -> Whole:
    """What is known of a file as a whole; raises DamagedError when one octet is not what was written."""
    found = sha256()
    with _opened(path) as file:
        octets = os.fstat(file.fileno()).st_size
        left = octets - _SUM_OCTETS - len(_NOTHING)
        if left < len(_SEAL):
            raise DamagedError("it is no backup of this program, or ends too early")
        head = file.read(10)
        if head[:3] != b"\x1f\x8b\x08":
            raise DamagedError("it is no backup of this program")
        found.update(head)
        left -= len(head)
        while left and (some := file.read(min(_ROOM, left))):
            found.update(some)
            left -= len(some)
        seal = file.read(_SUM_OCTETS + len(_NOTHING) + 1)
    if seal != found.digest() + _NOTHING:
        raise DamagedError("its sum is another one: it was cut off or changed")
    return Whole(found.hexdigest()[:16], octets)


class Contents:
    """What stands in a file of which it is known that it is whole."""

    def __init__(self, path: Path) -> None:
        """Read the head."""
        self.path: Final = path
        #: the same, good in any working directory
        self.where: Final = str(path.resolve())
        self._lines: Final = lines_of(path)
        self.head: Final = read_head(self._next())
        #: of the tables that were read to their ends
        self.prints: Final[dict[str, Rowprint]] = {}
        #: by table, the highest id that the store had given; known behind the last page
        self.given_ids: dict[str, int] = {}

    def pages(self) -> Iterator[tuple[Shape, list[tuple[Any, ...]]]]:
        """All rows of all tables, some at a time; raises DamagedError for a table that does not add up."""
        for shape in self.head.tables:
            found = Rowprint()
            names = [name for name, _ in shape.columns]
            places = [names.index(name) for name in shape.key]
            for rows, end in self._pages_of(shape):
                found = found.and_of(Keyed(tuple([row[place] for place in places]), row) for row in rows)
                if rows:
                    yield shape, rows
                if end is not None and end != TableEnd.of(shape.name, found):
                    raise DamagedError(f"table {shape.name} does not add up")
            self.prints[shape.name] = found
        self.given_ids = read_last(self._next())
        if next(self._lines, None) is not None:
            raise DamagedError("there is more behind its last line")

    def _pages_of(self, shape: Shape) -> Iterator[tuple[list[tuple[Any, ...]], TableEnd | None]]:
        rows: list[tuple[Any, ...]] = []
        weight = 0
        while True:
            line = self._next()
            row = read_row(shape, line)
            if row is None:
                yield rows, read_end(line)
                return
            rows.append(row)
            weight += len(line)
            if len(rows) == _MOST_ROWS or weight > _WEIGHT:
                yield rows, None
                rows, weight = [], 0

    def _next(self) -> bytes:
        line = next(self._lines, None)
        if line is None:
            raise DamagedError("it ends too early")
        return line


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise InputError(unreadable(path, error)) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, os.strerror(errno.ENOTDIR)) from None


def _remove_left_behind(folder: Path) -> None:
    """Remove what processes that were killed have left there."""
    for draft in folder.glob(f"{_DRAFT}*"):
        with suppress(OSError):
            if draft.stat().st_mtime < time.time() - _LEFT_BEHIND:
                draft.unlink()


def _give_name(draft: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        draft.replace(path)
    else:
        try:
            # unlike a rename, a link never replaces what came there meanwhile
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:
            # a disk without links: the name was free a moment ago
            draft.rename(path)
    if os.name == "posix":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
