"""Leavings are recorded beside the store as they happen, for the day on which a backup is put back.

Whoever has the store open and goes on working looks for them every few seconds; several who do so write the
same, each into a folder of its own or into one together.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.leavings import Barred, Entry, Moved, Seen, mark_of_store
from digest.flows.readers import suppression_key
from digest.store import leavings
from digest.store.database import Database
from digest.store.leaving_files import KEPT, LeavingFiles
from digest.store.leavings import TOGETHER, Ids

log = structlog.get_logger(__name__)

#: How long a transaction may take that has got its ids: PostgreSQL commits them in no order. In seconds.
_SLOWEST: Final = 600.0
#: How often what was committed late is looked for, in seconds.
_LOOK_BACK_EVERY: Final = 60.0
#: How far behind its last line a record is looked through again by a process that begins.
_AGAIN: Final = timedelta(days=1)
#: How often the record says that it is up to date while nobody leaves.
_SEEN_EVERY: Final = timedelta(minutes=10)

#: How long it is waited after something went wrong, in seconds.
_REST: Final = 60.0

Known = tuple[int, datetime, str] | tuple[bytes, datetime]
Read = Callable[[AsyncConnection, int], Awaitable[Sequence[tuple[int, Moved | Barred]]]]


class LeavingRecord:
    """Follows the store, and writes down who may not be written to any more."""

    def __init__(self, *, store: Database, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Name the folder; nothing is opened before the first look. `clock` gives seconds."""
        self._store: Final = store
        self._folder: Final = folder
        self._clock: Final = clock
        self._following: _Following | None = None
        self._trouble = ""
        #: in trouble, when the next try comes
        self._again_at = 0.0

    async def look(self, now: datetime) -> int:
        """Write down what happened since the last look; how many lines. What goes wrong is logged, once."""
        if self._trouble and self._clock() < self._again_at:
            return 0
        try:
            written = await self._look(now)
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
            if trouble != self._trouble:
                log.error("leavings could not be recorded", error=trouble, folder=str(self._folder))
            self._trouble, self._again_at = trouble, self._clock() + _REST
            # whatever was read and not written is read again
            self._following = None
            return 0
        if self._trouble:
            log.info("leavings are recorded again")
            self._trouble = ""
        return written

    async def _look(self, now: datetime) -> int:
        async with self._store.read() as connection:
            newest = await leavings.newest(connection)
        mine = self._following
        if mine is None or mine.place.has_fewer(newest):
            mine = await self._begin(now)
        entries = await self._new(mine, newest)
        if not entries and (mine.until is None or now >= mine.until + _SEEN_EVERY):
            entries.append(Seen(now))
        if entries:
            await asyncio.to_thread(mine.files.append, entries, since=mine.since or now, now=now)
            mine.since, mine.until = None, now
        mine.written = frozenset()
        self._following = mine
        return len(entries)

    async def _begin(self, now: datetime) -> _Following:
        """Find out where the record ends."""
        async with self._store.read() as connection:
            mark = mark_of_store(await suppression_key(connection))
        files = LeavingFiles(self._folder, mark)
        record = await asyncio.to_thread(files.read)
        first = now - KEPT if record.until is None else record.until - _AGAIN
        async with self._store.read() as connection:
            place = _Place(await leavings.before(connection, first))
        last: list[Moved | Barred] = [*record.moved, *record.barred]
        return _Following(
            files=files,
            place=place,
            since=first if record.until is None else None,
            until=record.until,
            written=frozenset(_key(one) for one in last if one.at >= first),
        )

    async def _new(self, mine: _Following, newest: Ids) -> list[Entry]:
        """What is to be written down, once for each row."""
        begin = mine.place.begin(newest, self._clock())
        if begin is None:
            return []
        found: list[Entry] = []
        for kind, after in enumerate(begin):
            async for rows in self._rows(kind, after):
                fresh = mine.place.unseen(kind, [id_ for id_, _ in rows])
                found += [one for id_, one in rows if id_ in fresh and _key(one) not in mine.written]
        return found

    async def _rows(self, kind: int, after: int) -> AsyncIterator[Sequence[tuple[int, Moved | Barred]]]:
        """Changes of standing, or suppressions, behind an id."""
        read: Read = (leavings.moved_after, leavings.barred_after)[kind]
        while True:
            async with self._store.read() as connection:
                rows = await read(connection, after)
            yield rows
            if len(rows) < TOGETHER:
                return
            after = rows[-1][0]


class _Following(Struct):
    """A record, and how far it follows the store."""

    files: LeavingFiles
    place: _Place
    #: since when the first file knows everything, until it is written
    since: datetime | None
    #: when something was written last
    until: datetime | None
    #: what stands at the end of the record already, for the first look
    written: Collection[Known]


class _Place:
    """How far a record follows the store. PostgreSQL commits ids in no order, so it looks back as well."""

    def __init__(self, base: Ids) -> None:
        """Begin behind some ids."""
        #: behind these ids there may be rows that were not seen yet
        self._base = base
        #: the newest ids when it was looked last
        self.newest = base
        #: the newest ids at some times, which become the base when every transaction of then is over
        self._earlier: Final[deque[tuple[float, Ids]]] = deque()
        #: the rows behind the base that were seen, of each kind
        self._seen: Final[tuple[set[int], set[int]]] = (set(), set())
        self._looked_back = -_LOOK_BACK_EVERY

    def begin(self, newest: Ids, seconds: float) -> Ids | None:
        """Behind which ids to look now, at so many seconds of the clock; None when there is nothing new."""
        if seconds >= self._looked_back + _LOOK_BACK_EVERY:
            self._looked_back = seconds
            while self._earlier and self._earlier[0][0] <= seconds - _SLOWEST:
                self._base = self._earlier.popleft()[1]
            for seen, base in zip(self._seen, self._base, strict=True):
                seen.difference_update([id_ for id_ in seen if id_ <= base])
            self._earlier.append((seconds, newest))
            begin = self._base
        elif newest == self.newest:
            return None
        else:
            begin = self.newest
        self.newest = newest
        return begin

    def has_fewer(self, newest: Ids) -> bool:
        """True when rows are missing that were there: a backup was put back in this place."""
        return newest.change < self.newest.change

    def unseen(self, kind: int, ids: Sequence[int]) -> frozenset[int]:
        """Those that were not seen before; now they are."""
        seen = self._seen[kind]
        fresh = frozenset(ids) - seen
        seen |= fresh
        return fresh


def _key(one: Moved | Barred) -> Known:
    return one.key if isinstance(one, Moved) else (one.address_hash, one.at)
