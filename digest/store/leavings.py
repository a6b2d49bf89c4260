"""Who may not be written to any more, as the record beside the store follows it, and takes it back in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import asdict
from sqlalchemy import Table, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.leavings import Barred, Moved
from subscribers.interning import chunks, insert_missing
from subscribers.model import AWAY, Standing
from subscribers.tables import standing_changes, suppressions

#: Rows that are read at a time.
TOGETHER: Final = 5000


class Ids(NamedTuple):
    """A place in both tables: all up to these ids, inclusive."""

    change: int
    suppression: int


async def newest(connection: AsyncConnection) -> Ids:
    """The newest ids."""
    ids = [
        (await connection.execute(select(func.max(table.c.id)))).scalar() or 0
        for table in (standing_changes, suppressions)
    ]
    return Ids(*ids)


async def before(connection: AsyncConnection, instant: datetime) -> Ids:
    """Behind these ids is all that happened from an instant on."""
    return Ids(
        await _before(connection, standing_changes, instant), await _before(connection, suppressions, instant)
    )


async def moved_after(connection: AsyncConnection, id_: int) -> Sequence[tuple[int, Moved]]:
    """Changes behind an id by which somebody may not be written to, or may again: some, with their ids."""
    mine = standing_changes.c
    query = select(standing_changes).where(
        mine.id > id_, or_(mine.after.in_(sorted(AWAY)), mine.before.in_(sorted(AWAY)))
    )
    rows = await connection.execute(query.order_by(mine.id).limit(TOGETHER))
    return [
        (
            row.id,
            Moved(
                row.at,
                row.subscription_id,
                None if row.before is None else Standing(row.before),
                Standing(row.after),
                row.reason,
            ),
        )
        for row in rows
    ]


async def barred_after(connection: AsyncConnection, id_: int) -> Sequence[tuple[int, Barred]]:
    """Suppressions behind an id: some, with their ids."""
    mine = suppressions.c
    query = select(suppressions).where(mine.id > id_).order_by(mine.id).limit(TOGETHER)
    rows = await connection.execute(query)
    return [(row.id, Barred(row.at, bytes(row.address_hash), row.reason, row.made_by)) for row in rows]


async def unknown_to(connection: AsyncConnection, moved: Sequence[Moved]) -> list[Moved]:
    """Those changes that the history does not have, in their order."""
    known: set[tuple[int, datetime, str]] = set()
    mine = standing_changes.c
    for some in chunks(sorted({one.subscription_id for one in moved})):
        query = select(mine.subscription_id, mine.at, mine.after).where(mine.subscription_id.in_(some))
        known |= {(row.subscription_id, row.at, row.after) for row in await connection.execute(query)}
    return [one for one in moved if one.key not in known]


async def note_moved(connection: AsyncConnection, moved: Collection[Moved], remark: str) -> None:
    """Write changes into the history, each of its own time; the remark says how they are known."""
    rows = [{**asdict(one), "reason": f"{one.reason} ({remark})"} for one in moved]
    if rows:
        await connection.execute(insert(standing_changes), rows)


async def bar(connection: AsyncConnection, barred: Sequence[Barred]) -> int:
    """Put addresses on the list of suppressions; how many were not there.

    What a reader wanted, or a mailbox said, takes the place of an entry by hand.
    """
    mine = suppressions.c
    for some in chunks([one.address_hash for one in barred if one.made_by is None]):
        by_hand = mine.address_hash.in_(some) & mine.made_by.isnot(None)
        await connection.execute(delete(suppressions).where(by_hand))
    known: set[bytes] = set()
    for some in chunks([one.address_hash for one in barred]):
        query = select(mine.address_hash).where(mine.address_hash.in_(some))
        known |= {bytes(one) for one in (await connection.execute(query)).scalars()}
    new = [{**asdict(one), "note": ""} for one in barred if one.address_hash not in known]
    await insert_missing(connection, suppressions, new)
    return len(new)


async def _before(connection: AsyncConnection, table: Table, instant: datetime) -> int:
    query = select(func.min(table.c.id)).where(table.c.at >= instant)
    first: int | None = (await connection.execute(query)).scalar()
    if first is not None:
        return first - 1
    newest_id: int | None = (await connection.execute(select(func.max(table.c.id)))).scalar()
    return newest_id or 0
