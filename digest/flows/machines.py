"""Who works together on this store, as people see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.shares import FRESH_FOR
from digest.store import workers
from digest.store.workers import Kind, State, Worker

#: For so long after somebody left is it still shown.
SHOWN_FOR: Final = timedelta(hours=24)


class Machine(Struct, frozen=True):
    """One process on the roll, or one that left it of late."""

    name: str
    #: what it does for the others
    kind: Kind
    state: State
    #: what it sends
    issue: int | None
    since: datetime
    #: for how long it was not heard of, by the store's clock
    silent_seconds: float
    #: to mail servers, as many as it may have now
    connections: int
    #: that came to an end since it signed on, and how many a second of late
    copies: int
    per_second: float
    pid: int
    version: str
    #: when it left, and why
    until: datetime | None
    because: str

    @property
    def is_here(self) -> bool:
        """It is on the roll."""
        return self.until is None

    @property
    def is_late(self) -> bool:
        """It is on the roll, and should have been heard of."""
        return self.is_here and self.silent_seconds > FRESH_FOR


async def at_work(connection: AsyncConnection) -> tuple[Machine, ...]:
    """Everybody on the roll; on SQLite nobody is, for it is one machine's."""
    now = await workers.clock(connection)
    return tuple(_seen(one, now) for one in await workers.here(connection))


async def at_work_of_late(connection: AsyncConnection) -> tuple[Machine, ...]:
    """Those on the roll, and then those who left it, the last one first."""
    now = await workers.clock(connection)
    found = [_seen(one, now) for one in await workers.of_late(connection, now - SHOWN_FOR)]
    return tuple(sorted(found, key=lambda one: (not one.is_here, now - (one.until or now))))


def _seen(one: Worker, now: datetime) -> Machine:
    silent = max(0.0, (now - one.heard_at).total_seconds())
    return Machine(
        name=one.name,
        kind=one.kind,
        state=one.doing.state,
        issue=one.doing.issue_id,
        since=one.since,
        silent_seconds=round(silent, 1),
        connections=one.doing.lanes,
        copies=one.doing.copies,
        per_second=one.doing.per_second,
        pid=one.pid,
        version=one.version,
        until=one.until,
        because=one.because,
    )
