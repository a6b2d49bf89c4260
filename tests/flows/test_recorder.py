"""The recorder: who waits for whom, and who is told what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from digest.errors import StoreError
from digest.flows.patience import Patience
from digest.flows.recorder import Recorder
from digest.store import recording
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, claim_all, item, join, plan_all, publish_news

pytestmark = pytest.mark.anyio

OWNER = "sender"


async def claimed(store: Database, copies: int) -> list[int]:
    """Copies in the hands of the sender."""
    await publish_news(store, TUESDAY, item("Tariffs fall", "economy"))
    for number in range(copies):
        await join(store, f"r{number}@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    claim = await claim_all(store, at(24, 7), 1)
    return [copy.delivery_id for copy in claim.copies]


def recorder_for(store: Database, lanes: int) -> Recorder:
    def now() -> datetime:
        return datetime.now(UTC)

    return Recorder(store, OWNER, now=now, wall=now, patience=Patience(), lanes=lanes)


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages each commit began."""
    found: list[int] = []
    begin = recording.begin

    def counted(connection: Connection, owner: str, ids: Any, wall: datetime) -> set[int]:
        found.append(len(ids))
        return begin(connection, owner, ids, wall)

    monkeypatch.setattr(recording, "begin", counted)
    return found


async def test_a_lone_note_waits_for_nobody(sqlite_store: Database, groups: list[int]) -> None:
    first, second, *_ = await claimed(sqlite_store, 3)
    async with recorder_for(sqlite_store, lanes=40) as recorder:
        assert await recorder.note(None, first)
        assert await recorder.note(None, second)
    assert groups == [1, 1]


async def test_notes_gather_while_a_group_is_written_and_three_of_four_lanes_are_enough(
    sqlite_store: Database, groups: list[int]
) -> None:
    ids = await claimed(sqlite_store, 9)
    async with recorder_for(sqlite_store, lanes=8) as recorder:
        notes = [asyncio.create_task(recorder.note(None, ids[0]))]
        await asyncio.sleep(0)
        notes += [asyncio.create_task(recorder.note(None, one)) for one in ids[1:]]
        assert all(await asyncio.gather(*notes))
    assert groups in ([9], [1, 8])


async def test_what_is_no_longer_ours_is_told_and_so_is_what_fails(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, *_ = await claimed(sqlite_store, 3)
    told: list[bool | Exception] = []
    done = asyncio.Event()

    def then(answer: bool | Exception) -> None:
        told.append(answer)
        done.set()

    async with recorder_for(sqlite_store, lanes=2) as recorder:
        await recorder.note(None, first)
        recorder.note_then(None, 10_000, then)
        await done.wait()
        assert told == [False]
        monkeypatch.setattr(recording, "begin", _fail)
        done.clear()
        recorder.note_then(None, second, then)
        await done.wait()
        with pytest.raises(StoreError):
            await recorder.note(None, third)
    assert isinstance(told[1], StoreError)


async def test_the_time_of_a_commit_is_used_before_anybody_is_told(sqlite_store: Database) -> None:
    ids = await claimed(sqlite_store, 4)
    happened: list[str] = []
    async with recorder_for(sqlite_store, lanes=4) as recorder:
        for place, one in enumerate(ids):
            recorder.note_then(None, one, _saying(happened, f"told {place}"), lambda: happened.append("used"))
        assert await recorder.note(None, ids[0])
    assert happened == ["used"] * 4 + [f"told {place}" for place in range(4)]


def _saying(happened: list[str], words: str) -> Callable[[bool | Exception], None]:
    return lambda _answer: happened.append(words)


def _fail(*_: object) -> set[int]:
    raise StoreError("the store is gone")
