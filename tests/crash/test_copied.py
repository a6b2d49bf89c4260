"""A store is moved in the middle of an issue, by a process that is killed: each briefing comes once."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from tests.crash.children import Born
from tests.crash.judgement import judge
from tests.crash.points import OF_COPIES
from tests.crash.scenes import LANES, NEWS, NOW, news_for, readers_of
from tests.flows.newsroom import copies
from tests.stores import NewStore, opened
from tests.tiers import wide
from tests.walk.process import ended
from tests.walk.recording import Accepted, Record, recording

pytestmark = pytest.mark.anyio

#: The status of a run that was refused by a store that is closed, or not there yet.
REFUSED = 2


@dataclass
class Move:
    """A store in the middle of an issue, the one to which it moves, and a server for both."""

    here: Born
    there: Born
    record: Record
    readers: int

    async def copy(self, command: Born | None = None) -> int:
        """Move the store, or go on with that; the exit status."""
        process = await (command or self.here).start("store", "copy", "settings", "env:THERE")
        status, _, err = await ended(process)
        assert "Traceback" not in err, err
        assert "hunter2" not in err
        return status

    async def run_both(self) -> list[int]:
        """A run on each side, as two machines would; the exit statuses."""
        return [(await one.run("run", "--now", NOW))[0] for one in (self.here, self.there)]

    async def judge(self) -> None:
        """By the new store's word and the server's, each reader had each briefing once."""
        await judge(self.there.store, self.record, doubts=0, news=NEWS, readers=self.readers)


@asynccontextmanager
async def half_sent(
    new_store: NewStore, births: Path, folder: Path, kinds: tuple[str, str], readers: int = 30
) -> AsyncIterator[Move]:
    """A run was asked to stop after some messages: the others are planned."""
    urls = [
        await asyncio.to_thread(new_store, kind, seeded)
        for kind, seeded in zip(kinds, (True, False), strict=True)
    ]
    async with opened(urls[0]) as source, opened(urls[1]) as target, recording() as record:
        here = Born(folder, source, record.server, LANES, nursery=births, settings={"THERE": urls[1]})
        count = await readers_of(source, readers)
        await news_for(source)
        process = await here.start("run", "--now", NOW)

        async def stop(_message: Accepted) -> None:
            if len(record.accepted) >= readers // 3:
                process.send_signal(signal.SIGTERM)

        record.at_data = stop
        status, _, err = await ended(process)
        record.at_data = None
        assert status == 0, err
        assert 1 <= len(record.accepted) < count
        assert await copies(source, status=DeliveryStatus.PLANNED)
        yield Move(here, replace(here, store=target), record, count)


@pytest.mark.parametrize("kinds", [("sqlite", "postgresql"), *wide(("postgresql", "sqlite"))], ids="-".join)
async def test_the_new_store_goes_on_where_the_old_one_stopped(
    new_store: NewStore, births: Path, tmp_path: Path, kinds: tuple[str, str]
) -> None:
    async with half_sent(new_store, births, tmp_path, kinds) as move:
        assert await move.copy() == 0
        assert await move.run_both() == [REFUSED, 0]
        await move.judge()


@pytest.mark.wide
@pytest.mark.parametrize("point", OF_COPIES)
async def test_who_is_killed_at_this_point_leaves_no_two_stores_that_send(
    new_store: NewStore, births: Path, tmp_path: Path, point: str
) -> None:
    async with half_sent(new_store, births, tmp_path, ("sqlite", "postgresql")) as move:
        assert await move.copy(move.here.dying_at(point, OF_COPIES[point].time)) == -signal.SIGKILL
        # whatever there is now, two who do not know of it may try to send
        statuses = await move.run_both()
        # a store that has its tables and no more may be run: it has nothing to send
        assert REFUSED in statuses or point == "store: the copy noted, not committed"
        assert await move.copy() in ({REFUSED} if point == "store: the copy open" else {0})
        assert await move.run_both() == [REFUSED, 0]
        await move.judge()


@pytest.mark.parametrize(
    "kinds",
    [
        *wide(("sqlite", "postgresql")),
        pytest.param(("postgresql", "sqlite"), marks=pytest.mark.long),
        pytest.param(("sqlite", "sqlite"), marks=pytest.mark.long),
        pytest.param(("postgresql", "postgresql"), marks=pytest.mark.long),
    ],
    ids="-".join,
)
async def test_killed_again_and_again_it_comes_to_its_end(
    new_store: NewStore, births: Path, tmp_path: Path, kinds: tuple[str, str]
) -> None:
    chance = random.Random(29)
    async with half_sent(new_store, births, tmp_path, kinds, readers=300) as move:
        kills = 0
        for _ in range(12):
            process = await move.here.start("store", "copy", "settings", "env:THERE")
            await asyncio.sleep(chance.uniform(0.02, 0.8))
            process.send_signal(signal.SIGKILL)
            status, _, err = await ended(process)
            assert status in {0, REFUSED, -signal.SIGKILL}, err
            kills += status == -signal.SIGKILL
            # whatever there is now, two who do not know of it may try to send
            await move.run_both()
        assert kills
        assert await move.copy() in {0, REFUSED}
        assert await move.run_both() == [REFUSED, 0]
        await move.judge()
