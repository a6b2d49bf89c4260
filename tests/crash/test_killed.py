"""Processes are killed at random while they send, again and again: nothing is lost, and doubles are known."""

from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.judgement import judge
from tests.crash.killer import Killer
from tests.crash.scenes import LANES, NEWS, NOW, news_for, readers_of
from tests.flows.newsroom import copies
from tests.tiers import wide
from tests.walk.process import Command, ended
from tests.walk.recording import Record, recording

pytestmark = pytest.mark.anyio


async def kill_again_and_again(
    command: Command, record: Record, *, kills: int, most: int, seed: int, warming_up: float
) -> int:
    """Start runs and kill them; how often a blow fell before the work was done."""
    killer = Killer(record, random.Random(seed), warming_up=warming_up)
    while killer.struck < kills:
        process = await command.start("run", "--now", NOW)
        killer.watch(process, most)
        status, _out, err = await ended(process)
        assert status in {0, 1, -signal.SIGKILL}, err
        if status != -signal.SIGKILL:
            break
    record.at_data = None
    return killer.struck


async def kill_and_judge(
    command: Command, record: Record, *, readers: int, kills: int, most: int, seed: int, warming_up: float
) -> int:
    """Kill runs, let one more come to its end, and compare what the server took with what the store says."""
    killed = await kill_again_and_again(
        command, record, kills=kills, most=most, seed=seed, warming_up=warming_up
    )
    status, _out, err = await command.run("run", "--now", NOW)
    assert status in {0, 1}, err
    await judge(
        command.store,
        record,
        doubts=killed * LANES,
        news=NEWS,
        readers=readers,
        held=command.uncertain == "hold",
    )
    return killed


@pytest.mark.parametrize("uncertain", ["again", *wide("hold")])
async def test_ten_kills_at_random_moments_lose_nothing(
    sqlite_store: Database, tmp_path: Path, births: Path, uncertain: str
) -> None:
    readers = await readers_of(sqlite_store, 200)
    await news_for(sqlite_store)
    async with recording() as record:
        record.slowness = 0.002
        command = Born(tmp_path, sqlite_store, record.server, LANES, uncertain, nursery=births)
        killed = await kill_and_judge(
            command, record, readers=readers, kills=10, most=24, seed=17, warming_up=0.5
        )
    assert killed == 10


async def test_the_command_as_it_is_installed_can_be_killed_too(
    sqlite_store: Database, tmp_path: Path
) -> None:
    readers = await readers_of(sqlite_store, 60)
    await news_for(sqlite_store)
    async with recording() as record:
        record.slowness = 0.002
        command = Command(tmp_path, sqlite_store, record.server, LANES)
        killed = await kill_and_judge(
            command, record, readers=readers, kills=2, most=20, seed=3, warming_up=2.5
        )
    assert killed == 2


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("uncertain", ["again", "hold"])
async def test_hundreds_of_kills_at_random_moments_lose_nothing(
    store: Database, tmp_path: Path, births: Path, uncertain: str, seed: int
) -> None:
    readers = await readers_of(store, 400)
    await news_for(store)
    async with recording() as record:
        record.slowness = 0.002
        command = Born(tmp_path, store, record.server, LANES, uncertain, nursery=births)
        killed = await kill_and_judge(
            command, record, readers=readers, kills=20, most=24, seed=seed, warming_up=0.8
        )
    assert killed == 20


@pytest.mark.long
async def test_two_senders_at_one_issue_that_are_killed_in_turns_lose_nothing(
    store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(store, 300)
    await news_for(store)
    chance = random.Random(11)
    async with recording() as record:
        record.slowness = 0.002
        command = Born(tmp_path, store, record.server, LANES, nursery=births)
        killed = 0
        while killed < 20:
            pair = [await command.start("run", "--now", NOW) for _ in range(2)]
            killer = Killer(record, chance, warming_up=0.8)
            killer.watch(pair[chance.randrange(2)], 24)
            statuses = [(await ended(process))[0] for process in pair]
            killed += statuses.count(-signal.SIGKILL)
            if not killer.struck or await all_is_settled(store):
                break
        record.at_data = None
        status, _out, err = await command.run("run", "--now", NOW)
        assert status in {0, 1}, err
    assert killed >= 1
    await judge(store, record, doubts=killed * LANES, news=NEWS, readers=readers)


async def all_is_settled(store: Database) -> bool:
    """True when nothing is left to be sent."""
    counts = Counter(copy.status for copy in await copies(store))
    return set(counts) == {DeliveryStatus.SENT}
