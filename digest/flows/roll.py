"""One process on the roll of those who work together: it is heard of, has its share, and misses others.

each few seconds: heard of -> who is there -> its share of the limits
                                            -> who was silent for too long -> off it, its copies are free
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime, timedelta
from math import inf
from types import TracebackType
from typing import Final, Protocol

import structlog
from msgspec.structs import replace

from digest import __version__
from digest.core.pace import Limits
from digest.core.shares import BEAT, FRESH_FOR, Part, SharedLimits, parts_of, silent
from digest.errors import DigestError, StoreError
from digest.store import deliveries, notices, workers
from digest.store.database import Database
from digest.store.workers import Doing, Kind, State

log = structlog.get_logger(__name__)

#: Why somebody is not on the roll any more.
LEFT: Final = "left"
ENDED: Final = "ended"
FELL_SILENT: Final = "was not heard of"
#: What is told of who is there no more, and has said nothing.
_WORDS: Final = {
    ENDED: "has ended, and is off the roll",
    FELL_SILENT: "was not heard of, and is off the roll",
}


class Names(Protocol):
    """Gives names under which copies are claimed (`jobs/liveness.py`)."""

    def sign_on(self) -> str:
        """A new name."""
        ...

    def sign_off(self, owner: str) -> None:
        """Give a name up."""
        ...

    def gone(self) -> frozenset[str]:
        """The names of those of this machine that have ended."""
        ...

    def bury(self, owners: Iterable[str]) -> None:
        """Forget those whose claims were taken back since they were gone."""
        ...


class Roll(AbstractAsyncContextManager["Roll"]):
    """A place on the roll, from enter to exit."""

    def __init__(
        self,
        *,
        store: Database,
        kind: Kind,
        name: str,
        names: Names,
        limits: Limits,
        when_freed: Callable[[], Awaitable[None]] | None = None,
        beat: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts; `limits` are those of all together, `clock` gives seconds that only go forward.

        `when_freed` is called when something was taken back from somebody: it has to be handed out again.
        """
        self._store: Final = store
        self._kind = kind
        #: by which people know it
        self.name: Final = name
        self._names: Final = names
        #: the limits of all together
        self.whole: Final = limits
        self._beat_every: Final = BEAT if beat is None else beat
        self._clock: Final = clock
        #: the name in claims; another one after it was taken off the roll
        self.owner = ""
        #: what is told of it with the next beat
        self.doing = Doing()
        #: copies that came to an end; and how many had when it was told last
        self.copies = 0
        self._told = 0
        self._when_freed: Final = when_freed
        self._parts: tuple[Part, ...] = ()
        #: when the last look began, by our clock
        self._looked_at = -inf
        #: since when no beat was missed, by the store's clock
        self._listening_since: datetime | None = None
        #: the store's time, and ours at the same moment; ours is not that of the day, which may be set
        self._read: tuple[datetime, float] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._stirred: Final = asyncio.Event()
        #: a beat and a change of what it does would each sign it on
        self._one_signs: Final = asyncio.Lock()

    async def __aenter__(self) -> Roll:
        if gone := self._names.gone():
            # whoever is off the roll is missed by nobody; if it cannot be done now, their silence is noticed
            with suppress(StoreError):
                await self._take_back(gone, ENDED)
                self._names.bury(gone)
        self.owner = self._names.sign_on()
        await self._sign_on()
        await self.beat()
        self._beating = asyncio.create_task(self._go_on_beating(), name="roll")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._beating is not None
        self._beating.cancel()
        await asyncio.gather(self._beating, return_exceptions=True)
        # whoever cannot say that it leaves is missed before long; whoever can takes nothing with it: what it
        # could not give back when it stopped would be missed by nobody
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(FRESH_FOR):
                await self._take_back([self.owner], LEFT)
        self._names.sign_off(self.owner)

    async def become(self, kind: Kind) -> None:
        """Do something else for the others from now on, under another name: who sends has a share."""
        if kind is self._kind:
            return
        async with self._one_signs:
            async with self._store.write() as connection:
                await workers.sign_off(connection, [self.owner], LEFT)
            # not before: while it cannot be written down, it is not so
            self._kind = kind
            await self._begin_anew()
        await self.beat()

    def expect(self, copies: int) -> None:
        """Not of interest: what is to come is no figure of one of many."""

    def settled(self, copies: int) -> None:
        """Of so many copies more it is known what became of them."""
        self.copies += copies

    def wall(self) -> datetime:
        """The time by the store's clock, as near as it is known."""
        if self._read is None:
            return datetime.now(UTC)
        store, ours = self._read
        return store + timedelta(seconds=self._clock() - ours)

    def limits(self) -> SharedLimits:
        """What it may do now; nothing as long as it is new, or cannot look."""
        is_fresh = self._clock() - self._looked_at < FRESH_FOR
        return SharedLimits.of(self.whole, self._parts if is_fresh else ())

    def is_at(self, state: State, issue_id: int | None = None) -> None:
        """What it is at, to be told with the next beat."""
        self.doing = replace(self.doing, state=state, issue_id=issue_id)

    async def changed(self, seconds: float) -> None:
        """Return after the next beat, or when so much time is over."""
        self._stirred.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()

    async def beat(self) -> None:
        """Be heard of, and look; raises StoreError when the store cannot be used."""
        looked_at = self._clock()
        async with asyncio.timeout(FRESH_FOR):
            quiet = await self._look(looked_at)
        self._stirred.set()
        if quiet:
            await self._take_back(quiet, FELL_SILENT)

    async def _look(self, looked_at: float) -> frozenset[str]:
        """Who has been silent for too long."""
        lately = (self.copies - self._told) / max(looked_at - self._looked_at, 0.001)
        self._told = self.copies
        doing = replace(self.doing, copies=self.copies, per_second=round(lately, 1))
        async with self._one_signs:
            async with self._store.write() as connection:
                is_known = await workers.beat(connection, self.owner, doing)
            if not is_known:
                await self._begin_anew()
                log.warning("was off the roll, and signs on again", worker=self.name)
        async with self._store.read() as connection:
            now = await workers.clock(connection)
            read_at = self._clock()
            places, stays = await workers.stays(connection, now)
            heard = await workers.last_heard(connection)
        missed_some = looked_at - self._looked_at >= FRESH_FOR
        if self._listening_since is None or missed_some:
            self._listening_since = now
        self._read = now, read_at
        place = places.get(self.owner)
        self._parts = () if place is None else parts_of(place, stays, now)
        self._looked_at = looked_at
        server = self.limits().of_server()
        self.doing = replace(self.doing, lanes=server.connections if server else 0)
        return silent(heard, listening_since=self._listening_since, now=now) - {self.owner}

    async def _begin_anew(self) -> None:
        """What it held was taken from it, or is given up: from now on it goes by another name."""
        self._parts = ()
        # the new name first: on a disk that is full there is none, and the old one has to do until there is
        former, self.owner = self.owner, self._names.sign_on()
        self._names.sign_off(former)
        await self._sign_on()

    async def _sign_on(self) -> None:
        async with self._store.write() as connection:
            await workers.sign_on(
                connection,
                owner=self.owner,
                kind=self._kind,
                name=self.name,
                pid=os.getpid(),
                version=__version__,
            )

    async def _go_on_beating(self) -> None:
        told = ""
        while True:
            await asyncio.sleep(self._beat_every)
            trouble = await self._trouble_of_a_beat()
            # once for each trouble: one may hide behind another, such as a full disk behind a frozen process
            if trouble and trouble != told:
                log.warning("the roll cannot be read, which is tried again", error=trouble)
            elif told and not trouble:
                log.warning("the roll can be read again")
            told = trouble

    async def _trouble_of_a_beat(self) -> str:
        """Why it could not be heard of, or not look; empty when all went well."""
        try:
            await self.beat()
        except (DigestError, TimeoutError) as error:
            return str(error) or "no answer"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    async def _take_back(self, gone: Collection[str], because: str) -> None:
        """Free what is held by those who are there no more: another one may do so at the same time.

        Who fell silent within a transaction may have rows locked that are to be freed, until the store ends
        that: whoever would have to wait tries again with its next beat, and is heard of meanwhile.
        """
        async with self._store.write() as connection:
            await workers.wait_briefly(connection)
            left = await workers.sign_off(connection, gone, because)
            now = await workers.clock(connection)
            swept = await deliveries.sweep(connection, dead=gone, wall=now)
            await notices.sweep(connection, dead=gone, wall=now)
        if left and because in _WORDS:
            log.warning(_WORDS[because], workers=left, copies_freed=swept.freed)
        if swept.uncertain or swept.refused:
            log.warning("copies were in its hands", uncertain=swept.uncertain, refused=swept.refused)
        is_news = any(swept) or (left and because != LEFT)
        if is_news and self._when_freed is not None:
            await self._when_freed()
