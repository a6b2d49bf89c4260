"""Pictures that mails bring along are fetched before issues are planned, and none is waited for long.

    what is wanted | fetch | is it one picture? | make it light enough | write down what came of it

No transaction is open while a server is talked to. What is not here in time is written down as such: the
issue goes out without it, and the next run asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import structlog
from msgspec import Struct

from digest.core.picturing import (
    KEEP,
    Embedded,
    PictureFault,
    PictureRecord,
    UnfitError,
    failed,
    kept,
)
from digest.ingest.lighter import Lightener
from digest.ingest.picture_bytes import picture_in
from digest.reach.answers import Bounds, ReachError, Trouble
from digest.reach.client import Reach
from digest.store import pictures as shelf
from digest.store.database import Database
from digest.store.pictures import Wanted

log = structlog.get_logger(__name__)

#: Seconds for all pictures of a run: readers wait for words first.
SECONDS: Final = 20.0
#: Pictures of one run; the rest is wanted again at the next.
_ROUND: Final = 200
_AT_A_TIME: Final = 8
_DOWNLOAD: Final = 5_000_000
_BOUNDS: Final = Bounds(
    seconds=10, connect_seconds=5, wire_bytes=_DOWNLOAD, body_bytes=_DOWNLOAD, redirects=3
)
#: What every mail program can draw comes first: Outlook for Windows knows no WebP.
_HEADERS: Final = {"Accept": "image/jpeg, image/png, image/gif;q=0.9, image/webp;q=0.5"}
_FAULTS: Final = {
    Trouble.REFUSED: PictureFault.NOT_OPEN,
    Trouble.TOO_SLOW: PictureFault.TOO_SLOW,
    Trouble.TOO_LARGE: PictureFault.TOO_LARGE,
}
_Got = tuple[PictureRecord, Embedded | None]


class Gathered(Struct, frozen=True):
    """What a round brought."""

    kept: int = 0
    #: in vain, for now or for good
    missed: int = 0


class Gatherer:
    """Fetches the pictures of items whose newsletters have mails bring them along."""

    def __init__(
        self,
        *,
        store: Database,
        reach: Reach,
        lightener: Lightener | None = None,
        seconds: float = SECONDS,
    ) -> None:
        """Take the parts; a round takes so many seconds at most, and a moment to write down what came."""
        self._store: Final = store
        self._reach: Final = reach
        self._seconds: Final = seconds
        self._lightener: Final = lightener or Lightener()
        self._busy: Final = asyncio.Lock()

    async def gather(self, now: datetime, stop: asyncio.Event | None = None) -> Gathered:
        """Fetch what is wanted and not here; when it is time to stop, what is under way is left for later."""
        async with self._busy:
            wanted = await self._wanted(now)
            if not wanted:
                return Gathered()
            got = await self._fetched(wanted, now, stop or asyncio.Event())
            async with self._store.write() as connection:
                for record, picture in got:
                    await shelf.note(connection, record, picture)
        missed = [record for record, picture in got if picture is None]
        for record in missed:
            log.warning("a picture could not be had", url=record.url, fault=record.fault, words=record.words)
        return Gathered(len(got) - len(missed), len(missed))

    async def _wanted(self, now: datetime) -> list[Wanted]:
        async with self._store.read() as connection:
            sections = await shelf.sections_that_embed(connection)
            if not sections:
                return []
            return await shelf.wanted(
                *(connection, sections),
                since=now - KEEP,
                now=now,
                lightens=self._lightener.is_able,
                limit=_ROUND,
            )

    async def _fetched(self, wanted: Sequence[Wanted], now: datetime, stop: asyncio.Event) -> list[_Got]:
        places = asyncio.Semaphore(_AT_A_TIME)
        tasks = {asyncio.create_task(self._one(one, places, now)): one for one in wanted}
        stopped = asyncio.create_task(stop.wait())
        everything = asyncio.gather(*tasks, return_exceptions=True)
        try:
            await asyncio.wait(
                (everything, stopped), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            in_time = {task for task in tasks if task.done()}
        finally:
            for task in (stopped, *tasks):
                task.cancel()
            await asyncio.gather(stopped, everything, *tasks, return_exceptions=True)
        got = [task.result() for task in in_time]
        return got if stop.is_set() else got + self._late(wanted, got, now)

    def _late(self, wanted: Collection[Wanted], got: Collection[_Got], now: datetime) -> list[_Got]:
        """What was not here when the round was over."""
        known = {record.url for record, _picture in got}
        words = f"it was not here within {self._seconds:g} seconds, and issues did not wait for it"
        late = UnfitError(PictureFault.TOO_SLOW, words)
        return [(failed(one.url, late, one.tries + 1, now), None) for one in wanted if one.url not in known]

    async def _one(self, wanted: Wanted, places: asyncio.Semaphore, now: datetime) -> _Got:
        async with places:
            try:
                picture = await self._picture(wanted.url)
            except UnfitError as error:
                return failed(wanted.url, error, wanted.tries + 1, now), None
            except Exception as error:  # a fault of ours with one picture is no reason to leave the others
                log.error("a picture broke its reader", url=wanted.url, error=repr(error))
                fault = UnfitError(PictureFault.NO_PICTURE, f"it cannot be read ({type(error).__name__})")
                return failed(wanted.url, fault, wanted.tries + 1, now), None
        return kept(wanted.url, picture, wanted.tries + 1, now), picture

    async def _picture(self, url: str) -> Embedded:
        """The picture that lies there, as a mail can bring it along; raises UnfitError."""
        try:
            answer = await self._reach.get(url, headers=_HEADERS, bounds=_BOUNDS)
        except ReachError as error:
            raise UnfitError(_FAULTS.get(error.trouble, PictureFault.NO_ANSWER), str(error)) from None
        if answer.status != 200:
            raise UnfitError(PictureFault.NO_ANSWER, f"its server answered with status {answer.status}")
        # megabytes are looked through
        seen = await asyncio.to_thread(picture_in, answer.body, answer.content_type)
        return await self._lightener.fitting(seen)
