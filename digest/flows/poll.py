"""All feeds that are due are asked: some at a time, one of a host at a time, none in the way of others."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import structlog
from msgspec import Struct

from digest.core.feeding import Feed, PollOutcome
from digest.errors import StoreError
from digest.store import feeds as shelf
from digest.store.database import Database

if TYPE_CHECKING:
    from digest.flows.find_feed import Found
    from digest.flows.poll_feed import Polled
    from digest.ingest.feed_room import ReadingRoom
    from digest.reach.client import Reach

log = structlog.get_logger(__name__)

#: Feeds that are asked in one round; the rest is due at the next.
_ROUND: Final = 1_000
#: For so long a feed that is being asked is nobody else's; after a crash it is due again.
_TAKEN_FOR: Final = timedelta(minutes=10)
#: After so long no further feed of a host is begun in a round: a slow host does not hold up the next one.
_ROUND_SECONDS: Final = 60.0
#: When it is time to stop, so many seconds more for what is under way.
_LAST_SECONDS: Final = 2.0


class Polls(Struct, frozen=True):
    """What a round of polls brought."""

    asked: int = 0
    added: int = 0
    updated: int = 0
    failed: int = 0
    #: one by one
    polled: tuple[Polled, ...] = ()


class Poller:
    """Asks feeds; what it knows of hosts lasts for a round."""

    def __init__(
        self,
        *,
        store: Database,
        reach: Reach,
        room: ReadingRoom,
        at_a_time: int = 20,
        pause: float = 0.5,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Ask so many hosts at a time, each with a `pause` (seconds) between two of its feeds."""
        self._store: Final = store
        self._reach: Final = reach
        self._room: Final = room
        self._hosts: Final = asyncio.Semaphore(at_a_time)
        self._pause: Final = pause
        self._chance: Final = chance
        self._busy: Final = asyncio.Lock()
        #: feeds of this round with which something of ours broke
        self._faults: Final[set[int]] = set()

    async def poll_due(self, now: datetime, stop: asyncio.Event | None = None) -> Polls:
        """Ask every feed that is due; a call while another one is under way leaves them to that one."""
        return Polls() if self._busy.locked() else await self.poll_round(now, stop=stop)

    async def poll_round(
        self, now: datetime, among: Collection[int] | None = None, *, stop: asyncio.Event | None = None
    ) -> Polls:
        """Ask the feeds that are due, or those `among` these."""
        async with self._busy:
            async with self._store.read() as connection:
                due = await shelf.due(connection, now, _ROUND)
            found = [feed for feed in due if among is None or feed.id in among]
            if not found:
                return Polls()
            async with self._store.write() as connection:
                taken = await shelf.claim(connection, found, now + _TAKEN_FOR)
            by_host: defaultdict[str, list[Feed]] = defaultdict(list)
            for feed in taken:
                by_host[urlsplit(feed.url).hostname or ""].append(feed)
            done: list[Polled] = []
            stop = stop or asyncio.Event()
            hosts = [self._ask_host(some, now, stop, done) for some in by_host.values()]
            try:
                await _until_stopped(hosts, stop)
            finally:
                # what was not asked is due again at once, and not only when the claim ends
                asked = {one.feed.id for one in done}
                # what broke waits until the claim ends, or it would break again in each round
                asked |= self._faults
                self._faults.clear()
                if left := [feed for feed in taken if feed.id not in asked]:
                    async with self._store.write() as connection:
                        await shelf.give_back(connection, left, now + _TAKEN_FOR)
            return _summed(done)

    async def find(self, url: str) -> Found:
        """The feed that stands at an address, or that the page there names; raises InputError."""
        from digest.flows.find_feed import find_feed

        return await find_feed(url, reach=self._reach, room=self._room)

    async def poll(self, feed: Feed, now: datetime) -> Polled:
        """Ask one feed now, whenever it is due."""
        # imported here: nearly every command has a poller at hand, and hardly any asks a feed
        from digest.flows.poll_feed import poll_feed

        return await poll_feed(
            feed, store=self._store, reach=self._reach, room=self._room, now=now, chance=self._chance
        )

    async def _ask_host(
        self, some: Sequence[Feed], now: datetime, stop: asyncio.Event, done: list[Polled]
    ) -> None:
        """The feeds of one host, one after the other; when it is away, the rest waits for another round."""
        async with self._hosts:
            begun = monotonic()
            for place, feed in enumerate(some):
                if stop.is_set() or monotonic() - begun > _ROUND_SECONDS:
                    return
                if place:
                    await asyncio.sleep(self._pause)
                polled = await self._one(feed, now)
                if polled is not None:
                    done.append(polled)
                    if polled.is_away:
                        return

    async def _one(self, feed: Feed, now: datetime) -> Polled | None:
        try:
            polled = await self.poll(feed, now)
        except StoreError:
            raise
        except Exception as error:  # a fault of ours with one feed is no reason to leave the others
            log.error("a feed could not be polled", feed=feed.id, error=f"{type(error).__name__}: {error}")
            self._faults.add(feed.id)
            return None
        if polled.poll.outcome in {PollOutcome.FAILED, PollOutcome.GONE}:
            log.warning("a feed did not answer well", feed=feed.id, words=polled.poll.words)
        return polled


async def _until_stopped(hosts: Sequence[Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Wait for the work; when it is time to stop, not much longer. Nothing of it goes on after this."""
    tasks = [asyncio.create_task(one) for one in hosts]
    work: asyncio.Future[Any] = asyncio.gather(*tasks)
    stopped: asyncio.Future[Any] = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await asyncio.wait({work}, timeout=_LAST_SECONDS)
        if work.done():
            # a store that cannot be used is the caller's to hear of
            work.result()
    finally:
        # one that found no store ends the wait, and the others are still at it
        for one in (stopped, *tasks):
            one.cancel()
        await asyncio.gather(stopped, *tasks, return_exceptions=True)


def _summed(done: Sequence[Polled]) -> Polls:
    polls = [one.poll for one in done]
    return Polls(
        asked=len(polls),
        added=sum(one.added for one in polls),
        updated=sum(one.updated for one in polls),
        failed=sum(one.outcome in {PollOutcome.FAILED, PollOutcome.GONE} for one in polls),
        polled=tuple(done),
    )
