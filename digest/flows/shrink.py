"""What is old shrinks to what is still of use: copies are bound into volumes, other rows dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct, field

from digest.core.retention import Keep, before
from digest.flows.unhurried import Unhurried
from digest.store import outcomes, outlived, volumes
from digest.store.database import Database
from digest.store.outlived import Kind

#: Issues of which counting is looked after at a time.
_ISSUES: Final = 50


class Shrunk(Struct, frozen=True):
    """What became smaller."""

    #: copies that are kept in volumes from now on
    copies: int = 0
    #: rows that were dropped
    dropped: Mapping[Kind, int] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """True when all was as it should be."""
        return not self.copies and not any(self.dropped.values())


async def shrink(*, store: Database, now: datetime, keep: Keep, pace: Unhurried) -> Shrunk:
    """Bind and drop what is older than it is to be kept, as far as `pace` allows; the rest waits."""
    dropped = Counter[Kind]()
    for kind, span in _spans(keep).items():
        oldest = before(now, span)
        if oldest is not None and not pace.broke_off:
            dropped[kind] = await _drop(store, kind, oldest, pace)
    oldest = before(now, keep.copies)
    copies = 0 if oldest is None or pace.broke_off else await _bind(store, oldest, now, pace)
    return Shrunk(copies, {kind: count for kind, count in dropped.items() if count})


async def would_shrink(*, store: Database, now: datetime, keep: Keep) -> Shrunk:
    """What `shrink` would do now if it had time for all of it; changes nothing."""
    dropped = Counter[Kind]()
    async with store.read() as connection:
        for kind, span in _spans(keep).items():
            oldest = before(now, span)
            after: int | None = None if oldest is None else 0
            while oldest is not None and after is not None:
                found = await outlived.drop(connection, kind, oldest, after, only_look=True)
                dropped[kind] += found.dropped
                after = found.after
        oldest = before(now, keep.copies)
        copies = 0 if oldest is None else await volumes.waiting(connection, oldest)
    return Shrunk(copies, {kind: count for kind, count in dropped.items() if count})


def _spans(keep: Keep) -> dict[Kind, timedelta | None]:
    return {Kind.RETURNS: keep.returns, Kind.NOTICES: keep.notices, Kind.CHANGES: keep.changes}


async def _drop(store: Database, kind: Kind, oldest: datetime, pace: Unhurried) -> int:
    count, after = 0, 0
    while True:
        async with store.read() as connection:
            # most often nothing is old: nobody is kept from writing for that
            if (await outlived.drop(connection, kind, oldest, after, only_look=True)).after is None:
                return count
        async with store.write() as connection:
            done = await outlived.drop(connection, kind, oldest, after)
        count += done.dropped
        if done.after is None or not await pace.goes_on():
            return count
        after = done.after


async def _bind(store: Database, oldest: datetime, now: datetime, pace: Unhurried) -> int:
    count = 0
    if not await _count_all(store, oldest, pace):
        return count
    while True:
        async with store.read() as connection:
            if not await volumes.is_due(connection, oldest):
                return count
        async with store.write() as connection:
            done = await volumes.step(connection, now)
            if done is None and not await volumes.begin(connection, oldest, now):
                # another process is at it
                return count
        count += done.copies if done is not None else 0
        if not await pace.goes_on():
            return count


async def _count_all(store: Database, oldest: datetime, pace: Unhurried) -> bool:
    """Count what is not counted of issues that are about to be bound; False when time was too short."""
    while True:
        async with store.read() as connection:
            ids = await volumes.without_counts(connection, oldest, _ISSUES)
        if not ids:
            return True
        for issue_id in ids:
            async with store.read() as connection:
                found = await outcomes.counts_of(connection, issue_id)
            async with store.write() as connection:
                await volumes.keep_counts(connection, issue_id, found)
            if not await pace.goes_on():
                return False
