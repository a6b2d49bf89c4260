"""Workers and schedulers as processes on one store, for the tests of what they do together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from digest.core.model import DeliveryStatus
from digest.store import workers
from digest.store.database import Database
from digest.store.tables import deliveries
from digest.store.workers import Kind
from tests.crash.children import Born, Child
from tests.crash.scenes import SOON_MISSED
from tests.flows.newsroom import copies, item, join_many, publish_news
from tests.walk.recording import Record

#: A part of the times by which machines miss each other.
QUICK: Final = {
    **SOON_MISSED,
    "digest.store.postgres.LONGEST_SILENCE_MS": 2400,
    "digest.store.postgres.LONGEST_THOUGHT_MS": 5000,
    # and by which servers that are gone are told from slow ones
    "digest.mail.connection.ASKED_AFTER": 1,
    "digest.mail.connection.ASKED_EVERY": 1,
    "digest.mail.connection.UNHEARD_FOR": 3,
    "digest.jobs.worker._AFTER_TROUBLE": 1.0,
    # what was on the wire is tried again at once
    "digest.core.verdict.FIRST_WAIT": 1.0,
    "digest.jobs.elsewhere.BEAT": 0.3,
    # and jobs of which an issue of these tests has several
    "digest.jobs.engine.COPIES_A_JOB": 20,
    "digest.jobs.worker.COPIES_A_JOB": 20,
}
CONNECTIONS: Final = 4


@dataclass
class House:
    """A store, a mail server that records, and the processes between them."""

    store: Database
    record: Record
    command: Born
    started: list[Child] = field(default_factory=list)

    async def start(self, *words: str, **settings: str) -> Child:
        """One process more; its name in `words` has a folder of its own, as on another machine."""
        one = replace(self.command, settings={**self.command.settings, **settings})
        child = await one.start(*words)
        self.started.append(child)
        return child

    async def worker(self, name: str, **settings: str) -> Child:
        """A worker on a machine of its own."""
        folder = self.command.folder / name
        folder.mkdir(exist_ok=True)
        there = replace(self, command=replace(self.command, folder=folder))
        return await there.start("worker", "--name", name, **settings)

    async def scheduler(self, **settings: str) -> Child:
        """A process that hands out, or sends by itself."""
        return await self.start("serve", "--port", "0", **settings)

    async def end(self) -> None:
        """Kill all that was started."""
        for child in self.started:
            child.send_signal(signal.SIGKILL)
        for child in self.started:
            await child.wait()

    async def until(self, what: Callable[[], Awaitable[bool]], within: float = 60) -> None:
        """Wait for something; what was said by all is told when it does not come."""
        try:
            async with asyncio.timeout(within):
                while True:
                    if await what():
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            said = "\n\n".join(child.said() for child in self.started)
            raise AssertionError(f"it never came\n{said}") from None

    async def sent(self, count: int) -> bool:
        """Whether so many copies are recorded as sent."""
        async with self.store.read() as connection:
            query = select(func.count()).where(deliveries.c.status == DeliveryStatus.SENT)
            return bool((await connection.execute(query)).scalar_one() >= count)

    async def at_work(self, kind: Kind) -> list[str]:
        """The names of those on the roll that do this."""
        async with self.store.read() as connection:
            return [one.name for one in await workers.here(connection) if one.kind is kind]


async def readers_and_news(store: Database, count: int) -> None:
    """Readers, all due since yesterday, and what they are due."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await join_many(store, count, yesterday)
    await publish_news(store, yesterday, item("Tariffs", "economy"), item("Schools", "society"))


async def each_once(house: House, count: int, *, doubts: int = 0) -> None:
    """Nothing is lost, and no more came twice than were in doubt."""
    rows = [row for row in await copies(house.store) if row.status is not DeliveryStatus.SKIPPED]
    assert {row.status for row in rows} == {DeliveryStatus.SENT}
    times = house.record.times_accepted()
    assert set(times) == {row.id for row in rows}
    assert len(times) == count
    assert times.total() - len(times) <= doubts
    house.record.assert_no_second_copy_differs()


async def all_may_send(house: House, count: int) -> bool:
    """So many workers have a share."""
    async with house.store.read() as connection:
        return sum(one.doing.lanes > 0 for one in await workers.here(connection)) == count


async def is_there(house: House, kind: Kind, count: int) -> bool:
    return len(await house.at_work(kind)) == count
