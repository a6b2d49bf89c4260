"""The file of a backup: there as a whole or not at all, for its owner alone, no octet changed unnoticed."""

from __future__ import annotations

import gzip
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from digest.core.backups import DamagedError, Head, Kind, Shape, TableEnd, end_line, head_line, last_line
from digest.core.backups import row_line as line_of
from digest.core.rowprints import Keyed, Rowprint
from digest.errors import InputError
from digest.store.backup_files import Contents, require_whole, written
from tests.flows.newsroom import TUESDAY

SHAPE: Final = Shape("topics", (("slug", Kind.TEXT), ("position", Kind.NUMBER)), ("slug",))
ROWS: Final = [("economy", 1), ("energy", 2)]
HEAD: Final = Head("0026", "1", TUESDAY, "sqlite:///news.sqlite3", (SHAPE,), len(ROWS))


def lines() -> list[bytes]:
    found = Rowprint().and_of(Keyed(row[:1], row) for row in ROWS)
    rows = [line_of(SHAPE, row) for row in ROWS]
    return [head_line(HEAD), *rows, end_line(TableEnd.of("topics", found)), last_line({"topics": 7})]


def write(path: Path, told: Iterable[bytes] | None = None, *, overwrite: bool = False) -> Path:
    with written(path, overwrite=overwrite) as file:
        for line in lines() if told is None else told:
            file.write(line)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small backup."""
    return write(tmp_path / "kept.gz")


def test_what_was_written_is_read(file: Path) -> None:
    require_whole(file)
    contents = Contents(file)
    assert contents.head == HEAD
    assert list(contents.pages()) == [(SHAPE, ROWS)]
    assert contents.given_ids == {"topics": 7}


def test_other_programs_read_it(file: Path) -> None:
    assert gzip.decompress(file.read_bytes()) == b"".join(lines())


def test_nobody_else_may_read_it(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF], ids=hex)
def test_each_octet_that_changes_is_noticed(file: Path, flip: int) -> None:
    whole = file.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= flip
        file.write_bytes(changed)
        with pytest.raises(DamagedError):
            require_whole(file)


def test_each_cut_is_noticed(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedError):
            require_whole(file)


@pytest.mark.parametrize(
    "more", [b"\0", b"\x1f\x8b\x08", gzip.compress(b"[]\n")], ids=["nul", "head", "member"]
)
def test_what_is_added_is_noticed(file: Path, more: bytes) -> None:
    file.write_bytes(file.read_bytes() + more)
    with pytest.raises(DamagedError, match="sum is another one"):
        require_whole(file)


@pytest.mark.parametrize(
    "other", [b"", b"Dear diary", gzip.compress(b"Dear diary" * 99)], ids=["0", "text", "gz"]
)
def test_file_of_something_else_is_told_from_a_backup(tmp_path: Path, other: bytes) -> None:
    (tmp_path / "other").write_bytes(other)
    with pytest.raises(DamagedError):
        require_whole(tmp_path / "other")


@pytest.mark.parametrize(
    ("place", "line", "words"),
    [
        pytest.param(0, b'{"format":"letters"}\n', "no backup of this program", id="format"),
        pytest.param(
            0, head_line(HEAD).replace(b'"version":1', b'"version":2'), "a newer program", id="version"
        ),
        pytest.param(0, head_line(HEAD).replace(b'"key":["slug"]', b'"key":[]'), "has no key", id="key"),
        pytest.param(1, b'["economy"]\n', "has 1 values", id="short"),
        pytest.param(1, b'["economy", 3]\n', "does not add up", id="other"),
        pytest.param(1, b"[\n", "no JSON", id="broken"),
        pytest.param(3, b'{"table":"topics"}\n', "has no end", id="end"),
        pytest.param(4, b"{}\n", "last line is missing", id="last"),
        pytest.param(4, last_line({}) + b"{}\n", "more behind its last line", id="more"),
        pytest.param(4, b"", "ends too early", id="early"),
        pytest.param(4, last_line({})[:-1], "last line has no end", id="unended"),
    ],
)
def test_lines_that_no_backup_has_are_told(tmp_path: Path, place: int, line: bytes, words: str) -> None:
    told = lines()
    told[place] = line
    file = write(tmp_path / "kept.gz", told)
    require_whole(file)
    with pytest.raises(DamagedError, match=words):
        list(Contents(file).pages())


def test_name_that_is_taken_is_kept(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(InputError, match="is there already: name another file, or add --overwrite"):
        write(file, [])
    assert file.read_bytes() == before
    write(file, overwrite=True)
    assert [one.name for one in file.parent.iterdir()] == ["kept.gz"]


def test_name_that_was_taken_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.gz"

    def told() -> Iterator[bytes]:
        yield b"{}\n"
        path.write_text("another's")

    with pytest.raises(InputError, match="is there already"):
        write(path, told())
    assert path.read_text() == "another's"
    assert [one.name for one in tmp_path.iterdir()] == ["kept.gz"]


def test_what_goes_wrong_in_between_leaves_nothing(tmp_path: Path) -> None:
    def told() -> Iterator[bytes]:
        yield b"x" * 1_000_000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "kept.gz", told())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["plain/kept.gz", "folder"], ids=["below-a-file", "folder"])
def test_place_that_cannot_be_written_is_told_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").write_text("a file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"cannot be written|is there already"):
        write(tmp_path / name)


def test_disk_without_room_is_told_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # a process that may write no more gets a signal first, which Python ignores
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"cannot be written \(File too large\); nothing stands there"):
            write(tmp_path / "kept.gz", [os.urandom(400_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_process_that_is_killed_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from digest.store.backup_files import written\n"
        "with written(Path('kept.gz')) as file:\n"
        "    file.write(bytes(5_000_000)); print('half', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".unfinished-kept.gz.")
    # a day later the next one removes it
    write(tmp_path / "kept.gz")
    assert left.exists()
    os.utime(left, (time.time() - 90_000,) * 2)
    write(tmp_path / "another.gz")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["another.gz", "kept.gz"]
