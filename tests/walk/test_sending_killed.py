"""Real processes are killed while they send: nothing is lost, and what came twice is known by name."""

from __future__ import annotations

import asyncio
import random
import signal
from asyncio.subprocess import Process
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.store import issues
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, copies, item, join, join_many, publish_news
from tests.walk.process import Command, ended, totals_of
from tests.walk.recording import Accepted, Record, recording

pytestmark = pytest.mark.anyio

NOW = "2026-11-24T07:00:00Z"
LANES = 4


async def readers_and_news(store: Database, count: int) -> None:
    """An issue in several cohorts, and one besides that is due at the same time."""
    await publish_news(store, TUESDAY, *(item(f"Story {number}", "economy") for number in range(3)))
    await join_many(store, count, TUESDAY)
    for number in range(count // 20):
        await join(store, f"early{number}@example.org", TUESDAY, at="06:30", max_items=str(1 + number % 3))


@dataclass
class Killer:
    """Strikes the process under watch when so many more messages have arrived, or before the first."""

    record: Record
    chance: random.Random
    process: Process | None = None
    left: int = 0
    struck: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def watch(self, process: Process, most: int, how: signal.Signals = signal.SIGKILL) -> None:
        self.process, self.left = process, self.chance.randint(0, most)
        self.record.at_data = lambda message: self._count(message, how)
        if self.left == 0:
            self._soon(self._strike(how), self.chance.uniform(0.1, 1.5))

    async def _count(self, _message: Accepted, how: signal.Signals) -> None:
        self.left -= 1
        if self.left == 0:
            # before the answer, after it, or while the next message is being written down
            pause = self.chance.choice([0.0, self.chance.uniform(0, 0.02)])
            if pause:
                self._soon(self._strike(how), pause)
            else:
                await self._strike(how)

    def _soon(self, strike: object, seconds: float) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            await strike  # type: ignore[misc]

        task = asyncio.create_task(later())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _strike(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(how)
            self.struck += 1
        self.process = None


async def verdict(store: Database, record: Record, killed: int, *, held: bool = False) -> None:
    """Compare what the server took with what the store says."""
    rows = await copies(store)
    times = record.times_accepted()
    sent = {copy.id for copy in rows if copy.status is DeliveryStatus.SENT}
    doubtful = {copy.id for copy in rows if copy.status is DeliveryStatus.UNCERTAIN}
    assert sent | doubtful == {copy.id for copy in rows}
    assert sent <= set(times), "the store says sent, the server has it not"
    assert set(times) <= sent | doubtful
    record.assert_no_second_copy_differs()
    doubled = sum(times.values()) - len(times)
    assert doubled <= (0 if held else killed * LANES)
    assert len(doubtful) <= (killed * LANES if held else 0)


async def kill_again_and_again(command: Command, record: Record, *, kills: int, most: int, seed: int) -> int:
    """Start runs and kill them; how often a blow fell before the work was done."""
    killer = Killer(record, random.Random(seed))
    while killer.struck < kills:
        process = await command.start("run", "--now", NOW)
        killer.watch(process, most)
        status, _out, err = await ended(process)
        assert status in {0, 1, -signal.SIGKILL}, err
        if status != -signal.SIGKILL:
            break
    record.at_data = None
    return killer.struck


@pytest.mark.parametrize("uncertain", ["again", "hold"])
async def test_runs_that_are_killed_lose_nothing_and_double_at_most_what_was_on_the_wire(
    sqlite_store: Database, tmp_path: Path, uncertain: str
) -> None:
    await readers_and_news(sqlite_store, 300)
    async with recording() as record:
        record.slowness = 0.002
        command = Command(tmp_path, sqlite_store, record.server, LANES, uncertain)
        killed = await kill_again_and_again(command, record, kills=4, most=60, seed=17)
        assert killed >= 3
        await command.run("run", "--now", NOW)
        await command.run("run", "--now", NOW)
    await verdict(sqlite_store, record, killed, held=uncertain == "hold")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("uncertain", ["again", "hold"])
async def test_many_runs_that_are_killed_lose_nothing(
    store: Database, tmp_path: Path, uncertain: str, seed: int
) -> None:
    await readers_and_news(store, 600)
    async with recording() as record:
        record.slowness = 0.002
        command = Command(tmp_path, store, record.server, LANES, uncertain)
        killed = await kill_again_and_again(command, record, kills=15, most=60, seed=seed)
        assert killed >= 10
        await command.run("run", "--now", NOW)
        await command.run("run", "--now", NOW)
    await verdict(store, record, killed, held=uncertain == "hold")


async def test_a_run_that_is_asked_to_stop_ends_well_and_the_next_one_goes_on(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(sqlite_store, 200)
    chance = random.Random(4)
    async with recording() as record:
        record.slowness = 0.005
        command = Command(tmp_path, sqlite_store, record.server, LANES)
        stopped = 0
        while True:
            killer = Killer(record, chance)
            process = await command.start("run", "--now", NOW, "--json")
            before = len(record.accepted)
            killer.watch(process, 90, signal.SIGTERM)
            killer.left = max(killer.left, 1)
            totals = await totals_of(process)
            assert totals["sent"] == len(record.accepted) - before
            counts = Counter(copy.status for copy in await copies(sqlite_store))
            assert set(counts) <= {DeliveryStatus.SENT, DeliveryStatus.PLANNED}
            assert counts[DeliveryStatus.SENT] == len(record.accepted)
            stopped += killer.struck
            if not counts[DeliveryStatus.PLANNED]:
                break
    assert stopped >= 2
    assert set(record.times_accepted().values()) == {1}
    async with sqlite_store.read() as connection:
        assert await issues.still_sending(connection) == ()


async def test_a_server_that_is_down_ends_the_run_with_one_plain_line_and_burns_nothing(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(sqlite_store, 20)
    async with recording() as record:
        pass
    status, out, err = await Command(tmp_path, sqlite_store, record.server).run("run", "--now", NOW)
    assert status == 1
    assert "21 planned" in out
    (told,) = [line for line in err.splitlines() if "stopped" in line]
    assert "no mail server can be used" in told
    assert "Traceback" not in err
    rows = await copies(sqlite_store)
    assert {(copy.status, copy.attempts) for copy in rows} == {(DeliveryStatus.PLANNED, 0)}
