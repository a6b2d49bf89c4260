"""A backup is made while an issue is sent: what is put back from it is whole, and sends nothing twice."""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.core.access import PROGRAM
from digest.core.model import DeliveryStatus
from digest.flows.back_up import Backup, back_up
from digest.flows.reopen import reopen_restored
from digest.flows.restore import restore
from digest.store.copied_stores import place_of
from digest.store.database import Database
from digest.store.schema import migrate
from digest.store.tables import deliveries
from tests.crash.children import Born
from tests.crash.judgement import assert_each_briefing_once, judge
from tests.crash.scenes import LANES, NEWS, NOW, TOO_LATE, news_for, readers_of
from tests.flows.newsroom import at, copies
from tests.flows.pairs import two
from tests.flows.whole_store import contents
from tests.stores import NewStore
from tests.tiers import wide
from tests.walk.process import ended
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio

READERS = 60


async def ok(command: Born, *words: str) -> str:
    status, out, err = await ended(await command.start(*words))
    assert status == 0, err
    return out


async def sent_in(store: Database) -> set[int]:
    async with store.read() as connection:
        query = select(deliveries.c.id).where(deliveries.c.status == DeliveryStatus.SENT)
        return set((await connection.execute(query)).scalars())


@pytest.mark.parametrize("kinds", [("sqlite", "postgresql"), *wide(("postgresql", "sqlite"))], ids="-".join)
async def test_what_was_backed_up_while_it_was_sent_is_whole_and_sends_nothing_twice(
    new_store: NewStore, births: Path, tmp_path: Path, kinds: tuple[str, str]
) -> None:
    async with two(new_store, *kinds) as (source, target), recording() as record:
        here = Born(tmp_path, source, record.server, LANES, nursery=births)
        count = await readers_of(source, READERS)
        await news_for(source)
        backups: list[asyncio.Task[Backup]] = []

        async def begin(_message: Accepted) -> None:
            # two, of two moments of one issue
            if len(record.accepted) in {READERS // 6, READERS // 2}:
                file = tmp_path / f"{len(backups)}.gz"
                backups.append(asyncio.create_task(back_up(source, file, now=at(24, 7), program="1")))

        record.at_data = begin
        await ok(here, "run", "--now", NOW)
        record.at_data = None
        await asyncio.gather(*backups)
        assert len(backups) == 2
        # all of it was sent once, with backups under way
        await judge(source, record, doubts=0, news=NEWS, readers=count)
        there = replace(here, store=target)
        assert (await restore(tmp_path / "0.gz", target, now=at(24, 8))).unlike == ()
        # whatever it says was sent, the server has; each reader has a copy of everything in one state
        known = await sent_in(target)
        assert known <= set(record.times_accepted())
        assert len(known) < count
        assert_each_briefing_once(list(await copies(target)), news=NEWS, readers=count)
        assert (await ended(await there.start("run", "--now", NOW)))[0] == 2
        before = len(record.accepted)
        done = await reopen_restored(target, sent_until=at(24, 8), by=PROGRAM, now=at(24, 8))
        assert done.settled.copies == count - len(known)
        await ok(there, "run", "--now", NOW)
        assert len(record.accepted) == before
        # the day after brings what a cap has put off, and nothing that is known to be out, or may be
        await ok(there, "run", "--now", TOO_LATE)
        copies_there = [one for one in await copies(target) if one.address]
        assert_each_briefing_once(copies_there, news=NEWS, readers=count)


async def test_who_was_killed_before_the_first_row_left_tables_that_do_no_harm(
    new_store: NewStore, births: Path, tmp_path: Path
) -> None:
    async with two(new_store, "sqlite", "sqlite") as (source, target), recording() as record:
        here = Born(tmp_path, source, record.server, LANES, nursery=births)
        await readers_of(source, 3)
        await news_for(source)
        await ok(here, "backup", "whole.gz")
        await migrate(target)
        there = replace(here, store=target)
        await ok(there, "run", "--now", NOW)
        assert record.accepted == []
        await ok(there, "restore", "whole.gz")
        assert await contents(target) == await contents(source)


async def test_who_is_killed_while_a_backup_is_made_or_put_back_leaves_nothing_half(
    new_store: NewStore, births: Path, tmp_path: Path
) -> None:
    chance = random.Random(7)
    async with two(new_store, "sqlite", "sqlite") as (source, target), recording() as record:
        here = Born(tmp_path, source, record.server, LANES, nursery=births)
        await readers_of(source, 300)
        await news_for(source)
        for number in range(8):
            name = f"{number}.gz"
            process = await here.start("backup", name)
            await asyncio.sleep(chance.uniform(0.1, 1.0))
            process.send_signal(signal.SIGKILL)
            status, _, err = await ended(process)
            assert status in {0, -signal.SIGKILL}, err
            if await asyncio.to_thread((tmp_path / name).exists):
                await ok(here, "backup", "--check", name)
        await ok(here, "backup", "whole.gz")
        there = replace(here, store=target)
        kills = 0
        for _ in range(8):
            process = await there.start("restore", "whole.gz")
            await asyncio.sleep(chance.uniform(0.1, 1.0))
            process.send_signal(signal.SIGKILL)
            status, _, err = await ended(process)
            kills += status == -signal.SIGKILL
            # whatever is there now sends nothing: it is closed, or has got no further than its tables
            status, _, err = await ended(await there.start("run", "--now", NOW))
            assert status == 2 or (await place_of(target)).holds == "", err
        assert kills
        assert record.accepted == []
        status, _, err = await ended(await there.start("restore", "whole.gz"))
        # it may be there already
        assert status == 0 or "was put back from the backup" in err
        assert await contents(target) == await contents(source)
