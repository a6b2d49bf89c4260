"""The files of a record of leavings: lines that stay whole, whatever broke off, and nobody else's to read."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.core.leavings import Moved, Record, Seen, mark_of_store
from digest.store.leaving_files import KEPT, LeavingFiles
from subscribers.model import Standing

MARK = mark_of_store(b"key")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SINCE = NOON - timedelta(days=3)


@pytest.fixture
def files(tmp_path: Path) -> LeavingFiles:
    return LeavingFiles(tmp_path / "leavings", MARK)


def left(id_: int, at: datetime = NOON) -> Moved:
    return Moved(at, id_, Standing.ACTIVE, Standing.LEFT, "unsubscribed")


def test_without_a_folder_nothing_is_known(files: LeavingFiles) -> None:
    assert files.read() == Record()
    assert not files.folder.exists()


def test_what_is_written_stays(files: LeavingFiles) -> None:
    files.append([left(1)], since=SINCE, now=NOON)
    files.append([left(2)], since=NOON, now=NOON)
    assert files.read() == Record(SINCE, NOON, (left(1), left(2)))


def test_nobody_else_may_read_it(files: LeavingFiles) -> None:
    files.append([left(1)], since=SINCE, now=NOON)
    (file,) = files.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("torn", [1, 20])
def test_line_that_was_torn_off_spoils_no_other(files: LeavingFiles, torn: int) -> None:
    files.append([left(1), left(2)], since=SINCE, now=NOON)
    (file,) = files.folder.iterdir()
    file.write_bytes(file.read_bytes()[:-torn])
    files.append([left(3)], since=SINCE, now=NOON)
    record = files.read()
    # of the first nothing is missing but the end of the line
    kept = [left(1), left(2), left(3)] if torn == 1 else [left(1), left(3)]
    assert list(record.moved) == kept
    assert record.broken == 3 - len(kept)


def test_head_that_was_torn_off_makes_a_file_that_knows_nothing(files: LeavingFiles) -> None:
    files.append([left(1)], since=SINCE, now=NOON)
    (file,) = files.folder.iterdir()
    file.write_bytes(file.read_bytes()[:30])
    assert files.read() == Record()


def test_each_month_has_a_file_and_old_ones_go(files: LeavingFiles) -> None:
    for days in range(0, 200, 10):
        now = NOON + timedelta(days=days)
        files.append([left(days + 1, now)], since=now, now=now)
    names = sorted(file.name for file in files.folder.iterdir())
    assert names[-1] == f"leavings-{MARK}-2027-06.jsonl"
    assert names[0] == f"leavings-{MARK}-2027-03.jsonl"
    record = files.read()
    assert record.since is not None
    assert record.covers(NOON + timedelta(days=190) - timedelta(days=62))
    assert not record.covers(NOON + timedelta(days=190) - KEPT - timedelta(days=31))


def test_files_of_another_store_are_left_alone(files: LeavingFiles) -> None:
    other = LeavingFiles(files.folder, mark_of_store(b"another key"))
    other.append([left(7)], since=SINCE, now=NOON - timedelta(days=400))
    (files.folder / "notes.txt").write_text("mine")
    files.append([left(1)], since=SINCE, now=NOON)
    assert files.read().moved == (left(1),)
    assert other.read().moved == (left(7),)
    assert len(list(files.folder.iterdir())) == 3


def test_file_that_is_no_text_is_read_in_pieces(files: LeavingFiles) -> None:
    files.append([left(1)], since=SINCE, now=NOON)
    (file,) = files.folder.iterdir()
    with file.open("ab") as more:
        more.write(b"\0" * 1_000_000)
    files.append([left(2)], since=SINCE, now=NOON)
    record = files.read()
    assert record.moved == (left(1), left(2))
    assert record.broken == 16


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from digest.core.leavings import Moved
from digest.store.leaving_files import LeavingFiles
from subscribers.model import Standing
files, first = LeavingFiles(Path(sys.argv[1]), sys.argv[2]), int(sys.argv[3])
noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
for turn in range(40):
    ids = range(first + turn * 25, first + turn * 25 + 25)
    some = [Moved(noon, id_, Standing.ACTIVE, Standing.LEFT, "x" * 60) for id_ in ids]
    files.append(some, since=noon, now=noon)
"""


def test_several_who_write_at_once_cut_off_nobody_elses_line(files: LeavingFiles) -> None:
    files.append([Seen(NOON)], since=SINCE, now=NOON)
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(files.folder), MARK, str(first)])
        for first in (1, 10_001, 20_001)
    ]
    assert [one.wait(60) for one in writers] == [0, 0, 0]
    record = files.read()
    assert (len(record.moved), record.broken) == (3000, 0)
