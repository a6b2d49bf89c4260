"""The shelf of what is late: seen by any process that looks, told by one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.overdue import Late, Lateness, Watched
from digest.store.tables import deliveries, issues
from digest.store.watch_tables import overdue
from subscribers.interning import insert_into


async def every(connection: AsyncConnection) -> tuple[Watched, ...]:
    """All that was late at the last look, the oldest first."""
    return tuple(map(_from, await connection.execute(select(overdue).order_by(overdue.c.id))))


async def told(connection: AsyncConnection) -> tuple[Watched, ...]:
    """That of which admins were told, and which is not over."""
    return tuple(one for one in await every(connection) if one.told_at is not None)


async def begin(connection: AsyncConnection, found: Sequence[Late], now: datetime) -> None:
    """Watch what is late since `now`, unless somebody does already."""
    rows = [
        {
            "kind": one.kind,
            "whose": one.whose,
            "slot": one.slot,
            "since": now,
            "left": one.left,
            "data": dict(one.data or {}),
        }
        for one in found
    ]
    if rows:
        await connection.execute(insert_into(connection, overdue).on_conflict_do_nothing(), rows)


async def note_moved(connection: AsyncConnection, one: Watched, left: int, now: datetime) -> None:
    """Watch it from now on, with so many copies left."""
    await connection.execute(
        update(overdue)
        .where(overdue.c.id == one.id)
        .values(since=now, left=left, data={**one.data, "left": left})
    )


async def mark_told(
    connection: AsyncConnection, some: Sequence[Watched], now: datetime
) -> tuple[Watched, ...]:
    """Note that admins are told of these; those of which another process has not told meanwhile."""
    mine = overdue.c.id.in_([one.id for one in some])
    query = update(overdue).where(mine, overdue.c.told_at.is_(None)).values(told_at=now)
    ours = set((await connection.execute(query.returning(overdue.c.id))).scalars())
    return tuple(one for one in some if one.id in ours)


async def remove(connection: AsyncConnection, some: Sequence[Watched]) -> tuple[Watched, ...]:
    """Watch these no more; those that another process has not removed meanwhile."""
    query = delete(overdue).where(overdue.c.id.in_([one.id for one in some])).returning(overdue.c.id)
    ours = set((await connection.execute(query)).scalars())
    return tuple(one for one in some if one.id in ours)


async def are_copies_under_way(
    connection: AsyncConnection, issue_ids: Collection[int], now: datetime
) -> bool:
    """Whether anybody who lives has copies of these issues in hand."""
    mine = deliveries.c
    held = and_(mine.issue_id.in_(issue_ids), mine.status == DeliveryStatus.SENDING, mine.lease_until > now)
    found: bool = (await connection.execute(select(exists().where(held)))).scalar_one()
    return found


async def issue_since(
    connection: AsyncConnection, newsletter_id: int, cadence_id: int, due_at: datetime
) -> int | None:
    """The newest issue of a cadence that was due then or later."""
    query = select(func.max(issues.c.id)).where(
        issues.c.newsletter_id == newsletter_id, issues.c.cadence_id == cadence_id, issues.c.due_at >= due_at
    )
    found: int | None = (await connection.execute(query)).scalar()
    return found


def _from(row: Row[Any]) -> Watched:
    return Watched(
        row.id, Lateness(row.kind), row.whose, row.slot, row.since, row.left, row.told_at, row.data
    )
