"""A sender freezes past its lease, another one takes over, the first wakes: its word counts no more."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from digest.core.model import DeliveryStatus
from digest.store.database import Database
from digest.store.ledger import Entry
from digest.store.tables import deliveries
from tests.crash.children import Born, Child
from tests.crash.judgement import judge
from tests.crash.scenes import LANES, NEWS, NOW, SOON_MISSED, news_for, readers_of
from tests.flows.newsroom import copies
from tests.walk.process import ended
from tests.walk.recording import Accepted, Record, recording

pytestmark = pytest.mark.anyio

OTHERS_AT_WORK = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND state <> 'idle'"
)


def lease_of(seconds: float) -> dict[str, float]:
    """Claims and begun messages are the sender's for so long."""
    return {f"digest.store.{shelf}.LEASE": seconds for shelf in ("recording", "deliveries")}


async def freeze(process: Child, record: Record, after: int, store: Database) -> None:
    """Stop the process in the middle of its messages, as a laptop's lid or a hypervisor does.

    Frozen while it writes it would keep its locks, and others would wait for them: that is another matter.
    """
    frozen, one_tries = asyncio.Event(), asyncio.Lock()

    async def stop(_message: Accepted) -> None:
        async with one_tries:
            if len(record.accepted) + 1 >= after and not frozen.is_set():
                process.send_signal(signal.SIGSTOP)
                if await is_writing(store):
                    process.send_signal(signal.SIGCONT)
                else:
                    frozen.set()

    record.at_data = stop
    await frozen.wait()
    record.at_data = None


async def leases_run_out(store: Database) -> None:
    """Wait until nothing that is claimed is claimed for longer."""
    async with asyncio.timeout(30):
        while True:
            async with store.read() as connection:
                latest = select(func.max(deliveries.c.lease_until))
                until = (
                    await connection.execute(latest.where(deliveries.c.status == "sending"))
                ).scalar_one()
            if until < datetime.now(UTC):
                return
            await asyncio.sleep(0.05)


async def is_writing(store: Database) -> bool:
    """True when another process is in the middle of a transaction."""
    if store.is_sqlite:
        return is_locked(store)
    async with store.read() as connection:
        return bool((await connection.execute(OTHERS_AT_WORK)).scalar_one())


def is_locked(store: Database) -> bool:
    """True when a process holds SQLite's lock."""
    with closing(sqlite3.connect(store.url.database or "", isolation_level=None, timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def settled(rows: tuple[Entry, ...]) -> list[tuple[object, ...]]:
    """All that a stale result could change."""
    return [(row.id, row.status, row.attempts, row.reason, row.sent_at) for row in rows]


@pytest.mark.parametrize(
    ("after", "uncertain"), [(1, "again"), pytest.param(30, "hold", marks=pytest.mark.wide)]
)
async def test_the_results_of_a_sender_that_was_frozen_past_its_lease_are_refused(
    store: Database, tmp_path: Path, births: Path, uncertain: str, after: int
) -> None:
    readers = await readers_of(store, 80)
    await news_for(store)
    async with recording() as record:
        record.slowness = 0.005
        waking = Born(tmp_path, store, record.server, LANES, uncertain, nursery=births, shorter=SOON_MISSED)
        sleepy = replace(waking, shorter=SOON_MISSED | lease_of(1.0))
        frozen = await sleepy.start("run", "--now", NOW)
        await freeze(frozen, record, after, store)
        await leases_run_out(store)
        # the sleeper is alive and holds its lock: the lease alone tells that it is not at work
        status, _out, err = await waking.run("run", "--now", NOW)
        assert status in {0, 1}, err
        before = settled(await copies(store))
        statuses = {row[1] for row in before}
        assert statuses == (
            {DeliveryStatus.SENT} | ({DeliveryStatus.UNCERTAIN} if uncertain == "hold" else set())
        )
        taken = len(record.accepted)
        frozen.send_signal(signal.SIGCONT)
        status, _out, err = await ended(frozen)
        assert (status, "Traceback" in err) == (0, False), err
        assert settled(await copies(store)) == before
        # what it had begun before it froze may still go out, nothing that it had merely claimed
        assert len(record.accepted) - taken <= LANES
    await judge(store, record, doubts=LANES, news=NEWS, readers=readers, held=uncertain == "hold")


async def test_what_a_frozen_sender_recorded_too_late_is_told(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    await readers_of(sqlite_store, 10)
    await news_for(sqlite_store)
    async with recording() as record:
        command = Born(tmp_path, sqlite_store, record.server, 1, nursery=births, shorter=lease_of(0.2))
        frozen = await command.start("run", "--now", NOW)
        await freeze(frozen, record, 5, sqlite_store)
        await leases_run_out(sqlite_store)
        await command.run("run", "--now", NOW)
        frozen.send_signal(signal.SIGCONT)
        _status, _out, err = await ended(frozen)
    assert "results came too late and were refused" in err
    assert '"copies": 1' in err


async def test_a_frozen_sender_that_wakes_before_anybody_missed_it_goes_on(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 40)
    await news_for(sqlite_store)
    async with recording() as record:
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births, shorter=lease_of(0.2))
        frozen = await command.start("run", "--now", NOW)
        await freeze(frozen, record, 10, sqlite_store)
        await leases_run_out(sqlite_store)
        frozen.send_signal(signal.SIGCONT)
        status, _out, err = await ended(frozen)
        assert status == 0, err
    await judge(sqlite_store, record, doubts=0, news=NEWS, readers=readers)


async def test_a_sender_that_is_frozen_within_a_transaction_does_not_keep_its_rows_on_postgresql(
    postgres_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(postgres_store, 40)
    await news_for(postgres_store)
    shorter = SOON_MISSED | lease_of(1.0) | {"digest.store.postgres.LONGEST_SILENCE_MS": 1000.0}
    async with recording() as record:
        record.slowness = 0.005
        sleepy = Born(tmp_path, postgres_store, record.server, LANES, nursery=births, shorter=shorter)
        frozen = await sleepy.dying_at("frozen: a result written, not committed", 6).start(
            "run", "--now", NOW
        )
        async with asyncio.timeout(60):
            while "frozen" not in frozen.said():
                assert frozen.returncode is None
                await asyncio.sleep(0.05)
        await leases_run_out(postgres_store)
        waking = replace(sleepy, shorter=SOON_MISSED)
        status, _out, err = await waking.run("run", "--now", NOW)
        assert status in {0, 1}, err
        frozen.send_signal(signal.SIGCONT)
        status, _out, err = await ended(frozen)
        assert (status, "Traceback" in err) == (0, False), err
    await judge(postgres_store, record, doubts=LANES, news=NEWS, readers=readers)
