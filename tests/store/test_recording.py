"""What is written for every message: in a thread of its own, in turn with other writers, and never lost."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import Connection, text

from digest.errors import StoreError
from digest.store import recording
from digest.store.database import Database
from tests.flows.newsroom import at
from tests.store.test_deliveries import NOW, claim, planned, rows

pytestmark = pytest.mark.anyio


async def test_one_step_records_what_was_sent_and_begins_what_is_next(store: Database) -> None:
    await planned(store, 3)
    await claim(store)

    def write(connection: Connection) -> set[int]:
        recording.record_sent(connection, "one", [1], at(24, 8))
        return recording.begin(connection, "one", [2, 3], NOW)

    assert await store.write_apart(lambda c: recording.begin(c, "one", [1], NOW)) == {1}
    assert await store.write_apart(write) == {2, 3}
    assert await rows(store, "status", "sent_at", "started_at", "attempts") == [
        ("sent", at(24, 8), None, 1),
        ("sending", None, NOW, 0),
        ("sending", None, NOW, 0),
    ]


async def test_what_belongs_to_somebody_else_is_left_alone(store: Database) -> None:
    await planned(store, 2)
    await claim(store, "other")
    assert await store.write_apart(lambda c: recording.begin(c, "one", [1, 2], NOW)) == set()
    await store.write_apart(lambda c: recording.record_sent(c, "one", [1, 2], NOW))
    assert await rows(store, "status", "owner") == [("sending", "other"), ("sending", "other")]


async def test_what_fails_leaves_nothing_behind(store: Database) -> None:
    await planned(store, 1)
    await claim(store)

    def write_and_fail(connection: Connection) -> None:
        recording.record_sent(connection, "one", [1], NOW)
        raise RuntimeError("the ink is out")

    with pytest.raises(RuntimeError, match="the ink is out"):
        await store.write_apart(write_and_fail)
    assert await rows(store, "status") == [("sending",)]


async def test_writers_of_one_process_take_turns(store: Database) -> None:
    await planned(store, 1)
    order: list[str] = []
    begun = asyncio.Event()

    async def write_long() -> None:
        async with store.write() as connection:
            order.append("long begins")
            begun.set()
            await connection.execute(text("UPDATE deliveries SET detail = 'first'"))
            await asyncio.sleep(0.05)
            order.append("long ends")

    async def write_short() -> None:
        # which of two is first when both come at once is nobody's promise
        await begun.wait()
        await store.write_apart(lambda c: c.execute(text("UPDATE deliveries SET detail = 'second'")).close())
        order.append("short ends")

    await asyncio.gather(write_long(), write_short())
    assert await rows(store, "detail") == [("second",)]
    assert order == ["long begins", "long ends", "short ends"]


async def test_who_is_cancelled_while_writing_lets_nobody_in_before_the_end(store: Database) -> None:
    await planned(store, 1)
    at_work, go_on = threading.Event(), threading.Event()

    def write_slowly(connection: Connection) -> None:
        at_work.set()
        go_on.wait(10)
        connection.execute(text("UPDATE deliveries SET detail = 'slowly'"))

    task = asyncio.create_task(store.write_apart(write_slowly))
    await asyncio.to_thread(at_work.wait, 10)
    task.cancel()
    after = asyncio.create_task(store.write_apart(lambda c: c.execute(text("SELECT 1")).scalar()))
    await asyncio.sleep(0)
    assert not after.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await after == 1
    assert await rows(store, "detail") == [("slowly",)]


async def test_a_store_that_stays_locked_is_told_in_plain_words(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.store.sqlite.BUSY_TIMEOUT_MS", 10)
    assert sqlite_store.url.database is not None
    with closing(sqlite3.connect(sqlite_store.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another process"):
            await sqlite_store.write_apart(lambda c: c.execute(text("SELECT 1")).close())
