"""SIGTERM at any moment: what is on the wire ends well, nothing is lost and nothing comes twice."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.store import issues
from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.judgement import judge
from tests.crash.killer import Killer
from tests.crash.scenes import LANES, NEWS, NOW, news_for, readers_of
from tests.flows.newsroom import copies
from tests.walk.process import totals_of
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("stops", [8, pytest.param(50, marks=pytest.mark.long)])
async def test_runs_that_are_asked_to_stop_send_everything_once_between_them(
    sqlite_store: Database, tmp_path: Path, births: Path, stops: int
) -> None:
    # on a machine that is busy, more is sent before a signal is acted on
    readers = await readers_of(sqlite_store, 20 * stops)
    await news_for(sqlite_store)
    async with recording() as record:
        record.slowness = 0.002
        killer = Killer(record, random.Random(4), signal.SIGTERM)
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births)
        for _ in range(stops):
            before = len(record.accepted)
            process = await command.start("run", "--now", NOW, "--json")
            killer.watch(process, 6, least=1)
            totals = await totals_of(process)
            assert totals["sent"] == len(record.accepted) - before
            counts = Counter(copy.status for copy in await copies(sqlite_store))
            assert set(counts) <= {DeliveryStatus.SENT, DeliveryStatus.PLANNED}
            assert counts[DeliveryStatus.SENT] == len(record.accepted)
        record.at_data = None
        await totals_of(await command.start("run", "--now", NOW, "--json"))
    assert killer.struck == stops
    await judge(sqlite_store, record, doubts=0, news=NEWS, readers=readers)
    async with sqlite_store.read() as connection:
        assert await issues.still_sending(connection) == ()


async def test_a_run_that_is_asked_to_stop_fifty_times_over_stops_as_well_as_after_one(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 100)
    await news_for(sqlite_store)
    async with recording() as record:
        record.slowness = 0.005
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births)
        process = await command.start("run", "--now", NOW, "--json")
        stops = 0

        async def storm(_message: Accepted) -> None:
            nonlocal stops
            while stops < 50 and len(record.accepted) >= 20:
                process.send_signal(signal.SIGTERM)
                stops += 1

        record.at_data = storm
        totals = await totals_of(process)
        assert (stops, totals["sent"]) == (50, len(record.accepted))
        assert 20 <= len(record.accepted) < readers
        record.at_data = None
        await totals_of(await command.start("run", "--now", NOW, "--json"))
    await judge(sqlite_store, record, doubts=0, news=NEWS, readers=readers)


async def test_signals_that_go_on_until_the_end_change_neither_answer_nor_exit_status(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 30)
    await news_for(sqlite_store)
    async with recording() as record:
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births)
        process = await command.start("run", "--now", NOW, "--json")
        begun = asyncio.Event()

        async def begin(_message: Accepted) -> None:
            begun.set()

        async def go_on() -> None:
            await begun.wait()
            while process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.005)

        record.at_data = begin
        storm = asyncio.create_task(go_on())
        totals = await totals_of(process)
        await storm
        assert totals["sent"] == len(record.accepted) < readers
        record.at_data = None
        await totals_of(await command.start("run", "--now", NOW, "--json"))
    await judge(sqlite_store, record, doubts=0, news=NEWS, readers=readers)


async def test_signals_at_any_time_do_no_harm_from_the_first_moment_to_the_last(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 40)
    await news_for(sqlite_store)
    chance = random.Random(9)
    async with recording() as record:
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births)
        for _ in range(12):
            process = await command.start("run", "--now", NOW)
            killer = Killer(record, chance, signal.SIGTERM, warming_up=0.8)
            killer.watch(process, 0)
            await process.communicate()
            # before anything was begun there is nothing to be ended well
            assert process.returncode in {0, -signal.SIGTERM}
        record.at_data = None
        await totals_of(await command.start("run", "--now", NOW, "--json"))
    await judge(sqlite_store, record, doubts=0, news=NEWS, readers=readers)
