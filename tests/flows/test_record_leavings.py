"""What is written beside the store of who left: each leaving once, and none missed."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from digest.core.leavings import Moved
from digest.errors import InputError
from digest.flows import readers
from digest.flows.leave_again import recorded
from digest.flows.record_leavings import LeavingRecord
from digest.store.database import Database
from subscribers.leaving import BY_ONE_CLICK
from subscribers.model import Standing
from subscribers.tables import standing_changes
from tests.flows.leavers import ANA, BOB, come_back, leave, text_in
from tests.flows.newsroom import (
    TUESDAY,
    join,
    reader,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def record(store: Database, tmp_path: Path) -> LeavingRecord:
    return LeavingRecord(store=store, folder=tmp_path / "leavings")


@pytest.fixture
async def newsroom(store: Database) -> Database:
    """Two readers."""
    for address in (ANA, BOB):
        await join(store, address, TUESDAY - timedelta(days=2))
    return store


async def lines(folder: Path) -> list[str]:
    record = await asyncio.to_thread(text_in, folder / "leavings")
    return record.splitlines()[1:]


async def test_each_is_written_once_by_whoever_looks(
    newsroom: Database, record: LeavingRecord, tmp_path: Path
) -> None:
    await leave(newsroom, ANA, TUESDAY)
    assert await record.look(TUESDAY) == 1
    assert await record.look(TUESDAY) == 0
    other = LeavingRecord(store=newsroom, folder=tmp_path / "leavings")
    assert await other.look(TUESDAY) == 0
    await leave(newsroom, BOB, TUESDAY)
    assert await other.look(TUESDAY) == 1
    assert len(await lines(tmp_path)) == 2


async def test_first_look_finds_who_left_before_there_was_a_record(
    newsroom: Database, record: LeavingRecord, tmp_path: Path
) -> None:
    await leave(newsroom, ANA, TUESDAY - timedelta(days=1))
    await record.look(TUESDAY + timedelta(days=50))
    known = await recorded(tmp_path / "leavings", store=newsroom)
    assert [one.at for one in known.moved] == [TUESDAY - timedelta(days=1)]
    assert known.covers(TUESDAY - timedelta(days=10))


async def test_record_says_that_it_is_up_to_date_when_nobody_leaves(
    newsroom: Database, record: LeavingRecord, tmp_path: Path
) -> None:
    for minutes in range(0, 60, 3):
        await record.look(TUESDAY + timedelta(minutes=minutes))
    known = await recorded(tmp_path / "leavings", store=newsroom)
    assert known.until == TUESDAY + timedelta(minutes=48)
    assert len(await lines(tmp_path)) == 5


async def test_pauses_and_beginnings_are_nobodys_leaving(
    newsroom: Database, record: LeavingRecord, tmp_path: Path
) -> None:
    await readers.pause(ANA, None, until=date(2026, 12, 1), catch_up=False, store=newsroom, now=TUESDAY)
    await join(newsroom, "dora@example.org", TUESDAY)
    await record.look(TUESDAY)
    assert (await recorded(tmp_path / "leavings", store=newsroom)).moved == ()


async def test_what_was_committed_late_is_found(
    postgres_store: Database, second_postgres_store: Database, tmp_path: Path
) -> None:
    """PostgreSQL gives ids at the insert, and shows rows at the commit: the lower id may come later."""
    for address in (ANA, BOB):
        await join(postgres_store, address, TUESDAY)
    seconds = [0.0]
    record = LeavingRecord(store=postgres_store, folder=tmp_path / "leavings", clock=lambda: seconds[0])
    await record.look(TUESDAY)
    ana = (await reader(postgres_store, ANA)).id
    row = {"subscription_id": ana, "at": TUESDAY, "before": "active", "after": "left", "reason": "slow"}
    async with second_postgres_store.write() as slow:
        await slow.execute(insert(standing_changes).values(row))
        await leave(postgres_store, BOB, TUESDAY)
        assert await record.look(TUESDAY) == 1
    seconds[0] += 61
    assert await record.look(TUESDAY) == 1
    seconds[0] += 61
    assert await record.look(TUESDAY) == 0
    known = await recorded(tmp_path / "leavings", store=postgres_store)
    assert {one.reason for one in known.moved} == {"slow", BY_ONE_CLICK}


async def test_many_are_read_in_pieces_and_none_is_missed(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.store.leavings.TOGETHER", 7)
    monkeypatch.setattr("digest.flows.record_leavings.TOGETHER", 7)
    await join(sqlite_store, ANA, TUESDAY)
    id_ = (await reader(sqlite_store, ANA)).id
    story = [
        Moved(TUESDAY + timedelta(seconds=turn), id_, Standing.ACTIVE, Standing.LEFT, str(turn))
        for turn in range(50)
    ]
    rows = [
        {"subscription_id": id_, "at": one.at, "before": one.before, "after": one.after, "reason": one.reason}
        for one in story
    ]
    async with sqlite_store.write() as connection:
        await connection.execute(insert(standing_changes), rows)
    record = LeavingRecord(store=sqlite_store, folder=tmp_path / "leavings")
    assert await record.look(TUESDAY + timedelta(hours=1)) == 50
    assert list((await recorded(tmp_path / "leavings", store=sqlite_store)).moved) == story


async def test_what_goes_wrong_is_told_once_and_nothing_is_lost_by_it(
    newsroom: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "leavings"
    folder.write_text("a file stands in the way")
    seconds = [0.0]
    record = LeavingRecord(store=newsroom, folder=folder, clock=lambda: seconds[0])
    await leave(newsroom, ANA, TUESDAY)
    for _ in range(5):
        assert await record.look(TUESDAY) == 0
        seconds[0] += 30
    told = capsys.readouterr()
    assert (told.out + told.err).count("leavings could not be recorded") == 1
    folder.unlink()
    seconds[0] += 60
    assert await record.look(TUESDAY) == 1
    told = capsys.readouterr()
    assert "leavings are recorded again" in told.out + told.err


async def test_backup_put_back_in_its_own_place_is_followed_from_there(
    sqlite_store: Database, tmp_path: Path
) -> None:
    """The ids that the record went by are given again to others."""
    await join(sqlite_store, ANA, TUESDAY)
    record = LeavingRecord(store=sqlite_store, folder=tmp_path / "leavings")
    await leave(sqlite_store, ANA, TUESDAY)
    await come_back(sqlite_store, ANA, TUESDAY + timedelta(minutes=1))
    assert await record.look(TUESDAY + timedelta(minutes=1)) == 2
    async with sqlite_store.write() as connection:
        await connection.execute(delete(standing_changes))
    assert await record.look(TUESDAY + timedelta(minutes=2)) == 0
    await leave(sqlite_store, ANA, TUESDAY + timedelta(minutes=3))
    assert await record.look(TUESDAY + timedelta(minutes=3)) == 1


async def test_folder_of_another_store_is_refused_when_it_is_named(
    sqlite_store: Database, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="has no record of leavings of this store"):
        await recorded(tmp_path, store=sqlite_store, must_be_there=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be read"):
        await recorded(tmp_path / "file", store=sqlite_store)
