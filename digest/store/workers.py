"""The shelf of who works together on this store: signed on, heard of every few seconds, signed off.

Times are by the store's own clock: those of machines may differ by minutes, and leases and shares may not.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.shares import LOOKS_BACK, Stay
from digest.store.worker_tables import workers

_mine = workers.c

#: The advisory lock of who signs on; any number that nothing else in the database takes.
_SIGNING_ON: Final = 0x726F_6C6C
#: For so long does whoever judges others wait for rows that somebody has locked, in milliseconds.
_LONGEST_WAIT_MS: Final = 2_000
#: For so long after somebody left is it still told that it was there.
KEPT_FOR: Final = timedelta(days=2)


class Kind(StrEnum):
    """What a process does for the others."""

    #: plans and sends what is handed to it
    WORKER = "worker"
    #: sends by itself
    SENDER = "sender"
    #: hands out work, and sends no issues
    SCHEDULER = "scheduler"


class State(StrEnum):
    """What it is at."""

    JOINING = "joining"
    IDLE = "idle"
    PLANNING = "planning"
    SENDING = "sending"
    #: it ends what it has begun, and takes nothing new
    LEAVING = "leaving"


#: Who has a part of the limits.
_SENDS: Final = (Kind.WORKER, Kind.SENDER)


class Doing(Struct, frozen=True):
    """What a process tells of itself with each beat."""

    state: State = State.JOINING
    #: connections that it may have now
    lanes: int = 0
    issue_id: int | None = None
    #: copies that came to an end since it signed on, and a second of late
    copies: int = 0
    per_second: float = 0.0


class Worker(Struct, frozen=True):
    """One that works, or did until a while ago."""

    id: int
    #: by which its claims are known
    owner: str
    kind: Kind
    #: by which people know it
    name: str
    pid: int
    version: str
    since: datetime
    heard_at: datetime
    doing: Doing
    #: when it left, or was taken off the roll, and why
    until: datetime | None = None
    because: str = ""


async def clock(connection: AsyncConnection) -> datetime:
    """The time by the store's own clock; a file has none, and only this machine's processes."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return now.astimezone(UTC)


async def sign_on(
    connection: AsyncConnection, *, owner: str, kind: Kind, name: str, pid: int, version: str
) -> None:
    """Put somebody on the roll; one after the other, so that the later one sees the one before."""
    if connection.dialect.name != "sqlite":
        await connection.execute(select(func.pg_advisory_xact_lock(_SIGNING_ON)))
    now = await clock(connection)
    doing = _columns(Doing())
    new = {"owner": owner, "kind": kind, "name": name, "pid": pid, "version": version, "because": ""}
    await connection.execute(insert(workers).values(**new, **doing, since=now, heard_at=now))


async def beat(connection: AsyncConnection, owner: str, doing: Doing) -> bool:
    """Somebody is alive, and at this; False when it is not on the roll any more."""
    query = update(workers).where(_mine.owner == owner, _mine.until.is_(None))
    found = await connection.execute(query.values(heard_at=await clock(connection), **_columns(doing)))
    return bool(found.rowcount)


async def sign_off(connection: AsyncConnection, owners: Collection[str], because: str) -> int:
    """Take some off the roll who are on it: how many."""
    query = update(workers).where(_mine.owner.in_(owners), _mine.until.is_(None))
    gone = {"until": await clock(connection), "because": because, "per_second": 0.0, "lanes": 0}
    return (await connection.execute(query.values(**gone, issue_id=None))).rowcount


async def wait_briefly(connection: AsyncConnection) -> None:
    """Within this transaction a row that somebody has locked is not waited for: PassingStoreError instead."""
    if connection.dialect.name != "sqlite":
        await connection.execute(text(f"SET LOCAL lock_timeout = {_LONGEST_WAIT_MS}"))


async def stays(connection: AsyncConnection, now: datetime) -> tuple[dict[str, int], list[Stay]]:
    """Who sends and was on the roll of late: places by owner, and from when to when."""
    of_late = or_(_mine.until.is_(None), _mine.until > now - LOOKS_BACK)
    query = select(_mine.id, _mine.owner, _mine.since, _mine.until).where(of_late, _mine.kind.in_(_SENDS))
    rows = (await connection.execute(query.order_by(_mine.id))).all()
    places = {row.owner: row.id for row in rows if row.until is None}
    return places, [Stay(row.id, row.since, row.until) for row in rows]


async def last_heard(connection: AsyncConnection) -> dict[str, datetime]:
    """When each who is on the roll was last heard of."""
    query = select(_mine.owner, _mine.heard_at).where(_mine.until.is_(None))
    return {row.owner: row.heard_at for row in await connection.execute(query)}


async def here(connection: AsyncConnection) -> tuple[Worker, ...]:
    """Everybody on the roll, who came first first."""
    return await _read(connection, _mine.until.is_(None))


async def of_late(connection: AsyncConnection, since: datetime) -> tuple[Worker, ...]:
    """Everybody on the roll, and who left since then."""
    return await _read(connection, or_(_mine.until.is_(None), _mine.until >= since))


async def forget_left(connection: AsyncConnection, now: datetime) -> int:
    """Forget who left long ago: how many."""
    return (await connection.execute(delete(workers).where(_mine.until < now - KEPT_FOR))).rowcount


def _columns(doing: Doing) -> dict[str, Any]:
    return {
        "state": doing.state,
        "lanes": doing.lanes,
        "issue_id": doing.issue_id,
        "copies": doing.copies,
        "per_second": doing.per_second,
    }


async def _read(connection: AsyncConnection, which: ColumnElement[bool]) -> tuple[Worker, ...]:
    rows = await connection.execute(select(workers).where(which).order_by(_mine.id))
    return tuple(
        Worker(
            row.id,
            row.owner,
            Kind(row.kind),
            row.name,
            row.pid,
            row.version,
            row.since,
            row.heard_at,
            Doing(State(row.state), row.lanes, row.issue_id, row.copies, row.per_second),
            row.until,
            row.because,
        )
        for row in rows
    )
