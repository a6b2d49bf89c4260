"""The store is locked or its disk is full while mail is sent: results are kept, nothing is tried twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.core.model import DeliveryStatus
from digest.flows.seed import seed
from digest.store.database import Database
from tests.crash.children import Born, Child
from tests.crash.disk import Disk, small_disk
from tests.crash.judgement import judge
from tests.crash.scenes import LANES, NEWS, NOW, news_for, readers_of
from tests.flows.newsroom import copies
from tests.stores import TOPICS, opened
from tests.tiers import first_of
from tests.walk.process import ended
from tests.walk.recording import Accepted, Record, recording

pytestmark = pytest.mark.anyio

#: The wait of a locked store, in milliseconds, and the patience of a run, in seconds.
BUSY = "digest.store.sqlite.BUSY_TIMEOUT_MS"
PATIENCE = "digest.flows.patience.PATIENCE"
KEPT = "kept and tried again"
#: What a restart of PostgreSQL does to those who are connected.
END_ALL_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Lock:
    """Another process's transaction, which nobody ends."""

    def __init__(self, store: Database) -> None:
        self._connection = sqlite3.connect(store.url.database or "", isolation_level=None)

    def take(self) -> None:
        """Begin it."""
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """End it."""
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def lock_on(store: Database) -> Iterator[Lock]:
    lock = Lock(store)
    try:
        yield lock
    finally:
        lock.close()


def at_message(record: Record, number: int, act: Callable[[], None]) -> asyncio.Event:
    """Do something when so many messages have arrived, before the answer to the last one."""
    done = asyncio.Event()

    async def look(_message: Accepted) -> None:
        if len(record.accepted) + 1 >= number and not done.is_set():
            done.set()
            act()

    record.at_data = look
    return done


async def has_said(process: Child, words: str, *, times: int = 1) -> None:
    """Wait until it has told of its trouble."""
    async with asyncio.timeout(100):
        while process.said().count(words) < times:
            assert process.returncode is None
            await asyncio.sleep(0.02)


@asynccontextmanager
async def a_store_on(disk: Disk) -> AsyncIterator[Database]:
    """A store that was just set up, on that disk."""
    async with opened(f"sqlite+aiosqlite:///{disk.folder}/digest.sqlite3") as store:
        await seed(store, TOPICS)
        yield store


async def everything_went_out_once(store: Database, record: Record, readers: int) -> None:
    """Nothing came twice, nothing was counted twice."""
    await judge(store, record, doubts=0, news=NEWS, readers=readers)
    rows = await copies(store)
    assert {(copy.status, copy.attempts) for copy in rows} == {(DeliveryStatus.SENT, 1)}


@pytest.mark.parametrize("busy_ms", [100, pytest.param(30_000, marks=pytest.mark.long)])
async def test_results_outlast_a_store_that_is_locked_for_longer_than_it_waits(
    sqlite_store: Database, tmp_path: Path, births: Path, busy_ms: int
) -> None:
    readers = await readers_of(sqlite_store, 40)
    await news_for(sqlite_store)
    with lock_on(sqlite_store) as lock:
        async with recording() as record:
            command = Born(
                tmp_path, sqlite_store, record.server, LANES, nursery=births, shorter={BUSY: busy_ms}
            )
            locked = at_message(record, 10, lock.take)
            process = await command.start("run", "--now", NOW)
            await locked.wait()
            # with the wait of production that is a minute
            await has_said(process, KEPT, times=2)
            assert len(record.accepted) < 10 + LANES
            lock.release()
            status, _out, err = await ended(process)
    assert (status, "Traceback" in err) == (0, False), err
    assert "the store can be used again" in err
    await everything_went_out_once(sqlite_store, record, readers)


async def test_a_store_that_is_locked_from_the_start_is_told_at_once_and_the_next_run_does_everything(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 10)
    await news_for(sqlite_store)
    async with recording() as record:
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births, shorter={BUSY: 100})
        with lock_on(sqlite_store) as lock:
            lock.take()
            status, out, err = await command.run("run", "--now", NOW)
            assert (status, out, record.connections) == (2, "", 0)
            assert "is locked by another process" in err
        status, _out, err = await command.run("run", "--now", NOW)
    assert status == 0, err
    await everything_went_out_once(sqlite_store, record, readers)


@pytest.mark.parametrize("uncertain", first_of(["hold", "again"]))
async def test_when_patience_ends_one_message_a_connection_is_in_doubt_and_the_next_run_goes_on(
    sqlite_store: Database, tmp_path: Path, births: Path, uncertain: str
) -> None:
    readers = await readers_of(sqlite_store, 40)
    await news_for(sqlite_store)
    with lock_on(sqlite_store) as lock:
        async with recording() as record:
            shorter = {BUSY: 100.0, PATIENCE: 0.5}
            command = Born(
                tmp_path, sqlite_store, record.server, LANES, uncertain, nursery=births, shorter=shorter
            )
            at_message(record, 10, lock.take)
            status, out, err = await command.run("run", "--now", NOW)
            assert (status, "Traceback" in err) == (1, False), err
            (told,) = [line for line in err.splitlines() if line.startswith("stopped")]
            assert "is locked by another process" in told
            assert f"{readers} planned" in out
            lock.release()
            record.at_data = None
            await command.run("run", "--now", NOW)
    await judge(sqlite_store, record, doubts=LANES, news=NEWS, readers=readers, held=uncertain == "hold")


async def test_results_outlast_a_database_server_that_ends_all_connections(
    postgres_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(postgres_store, 60)
    await news_for(postgres_store)
    cuts, one_cuts = 0, asyncio.Lock()
    async with recording() as record:

        async def cut(_message: Accepted) -> None:
            nonlocal cuts
            if len(record.accepted) >= 10 * (cuts + 1):
                cuts += 1
                # one that ends all others would end another one that is under way, too
                async with one_cuts, postgres_store.write() as connection:
                    await connection.execute(END_ALL_OTHERS)

        record.at_data = cut
        command = Born(tmp_path, postgres_store, record.server, LANES, nursery=births)
        status, _out, err = await command.run("run", "--now", NOW)
    assert (status, "Traceback" in err) == (0, False), err
    assert cuts >= 5
    await everything_went_out_once(postgres_store, record, readers)


async def test_results_outlast_a_full_disk_under_the_store(tmp_path: Path, births: Path) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        async with a_store_on(disk) as store, recording() as record:
            readers = await readers_of(store, 40)
            await news_for(store)
            command = Born(tmp_path, store, record.server, LANES, nursery=births)
            full = at_message(record, 10, disk.fill)
            process = await command.start("run", "--now", NOW)
            await full.wait()
            await has_said(process, KEPT)
            assert len(record.accepted) < 10 + LANES
            disk.empty()
            status, _out, err = await ended(process)
            assert status == 0, err
            await everything_went_out_once(store, record, readers)


@pytest.mark.parametrize("uncertain", first_of(["again", "hold"]))
async def test_a_disk_that_stays_full_ends_the_run_with_one_plain_line_and_costs_nothing_later(
    tmp_path: Path, births: Path, uncertain: str
) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        async with a_store_on(disk) as store, recording() as record:
            readers = await readers_of(store, 40)
            await news_for(store)
            command = Born(
                tmp_path, store, record.server, LANES, uncertain, nursery=births, shorter={PATIENCE: 0.5}
            )
            at_message(record, 10, disk.fill)
            status, _out, err = await command.run("run", "--now", NOW)
            assert (status, "Traceback" in err) == (1, False), err
            (told,) = [line for line in err.splitlines() if line.startswith("stopped")]
            assert "make room on its disk" in told
            taken = len(record.accepted)
            record.at_data = None
            # as long as it is full, further runs send nothing and burn nothing
            status, _out, err = await command.run("run", "--now", NOW)
            assert (status, "Traceback" in err) == (2, False), err
            assert "make room on its disk" in err.splitlines()[-1]
            assert len(record.accepted) == taken
            disk.empty()
            await command.run("run", "--now", NOW)
            await judge(store, record, doubts=LANES, news=NEWS, readers=readers, held=uncertain == "hold")
