"""The shelf of entries of feeds: by what each is known again, and which briefing it became."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.feeding import ItemState
from digest.store.feed_tables import feed_items
from subscribers.interning import chunks


class KnownItem(Struct, frozen=True):
    """An entry that was seen."""

    id: int
    feed_id: int
    guid_key: str
    link_key: str
    said_key: str
    state: ItemState
    briefing_id: int | None
    seen_at: datetime
    settles_at: datetime | None = None
    #: the day on which it was there no more; None while it is
    left_on: date | None = None


async def by_guid(
    connection: AsyncConnection, feed_id: int, guid_keys: Collection[str]
) -> dict[str, KnownItem]:
    """The entries of a feed with these names."""
    found: dict[str, KnownItem] = {}
    for some in chunks(sorted(guid_keys), 500):
        query = select(feed_items).where(feed_items.c.feed_id == feed_id, feed_items.c.guid_key.in_(some))
        found.update((row.guid_key, _item_from(row)) for row in await connection.execute(query))
    return found


async def by_link(connection: AsyncConnection, link_keys: Collection[str]) -> tuple[KnownItem, ...]:
    """The entries of all feeds with these links, the oldest first."""
    found: list[KnownItem] = []
    for some in chunks(sorted(link_keys), 500):
        query = select(feed_items).where(feed_items.c.link_key.in_(some)).order_by(feed_items.c.id)
        found += map(_item_from, await connection.execute(query))
    return tuple(found)


async def of_state(connection: AsyncConnection, feed_id: int, state: ItemState) -> tuple[KnownItem, ...]:
    """The entries of a feed in this state, the oldest first."""
    mine = feed_items.c
    query = select(feed_items).where(mine.feed_id == feed_id, mine.state == state)
    return tuple(map(_item_from, await connection.execute(query.order_by(mine.id))))


async def add(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write entries down, in this order."""
    for start in range(0, len(rows), 500):
        await connection.execute(insert(feed_items), [dict(row) for row in rows[start : start + 500]])


async def note_said(connection: AsyncConnection, said_by_id: Mapping[int, str]) -> None:
    """Remember what entries say now."""
    if said_by_id:
        query = update(feed_items).where(feed_items.c.id == bindparam("its_id"))
        rows = [{"its_id": id_, "said": said} for id_, said in said_by_id.items()]
        await connection.execute(query.values(said_key=bindparam("said")), rows)


async def move(
    connection: AsyncConnection, ids: Iterable[int], state: ItemState, settles_at: datetime | None = None
) -> None:
    """Bring entries into another state; with a new time to come out, if one is given."""
    values: dict[str, Any] = {"state": state} | ({} if settles_at is None else {"settles_at": settles_at})
    for some in chunks(sorted(ids), 500):
        await connection.execute(update(feed_items).where(feed_items.c.id.in_(some)).values(values))


async def settle(connection: AsyncConnection, feed_id: int, now: datetime) -> datetime | None:
    """Whose time has come is settled; the time of the next one, None when none waits."""
    mine = feed_items.c
    waiting = (mine.feed_id == feed_id) & (mine.state == ItemState.SETTLING)
    query = update(feed_items).where(waiting, mine.settles_at <= now)
    await connection.execute(query.values(state=ItemState.SETTLED))
    found: datetime | None = (
        await connection.execute(select(func.min(mine.settles_at)).where(waiting))
    ).scalar()
    return found


async def places_of(
    connection: AsyncConnection, feed_id: int, guid_keys: Collection[str]
) -> dict[int, date | None]:
    """Which entries of a feed have these names, by id, and the day on which each left, if it did."""
    mine = feed_items.c
    found: dict[int, date | None] = {}
    for some in chunks(sorted(guid_keys), 500):
        query = select(mine.id, mine.left_on).where(mine.feed_id == feed_id, mine.guid_key.in_(some))
        found |= {row.id: row.left_on for row in await connection.execute(query)}
    return found


async def present(connection: AsyncConnection, feed_id: int) -> set[int]:
    """The entries of a feed of which it is not said that they left."""
    mine = feed_items.c
    query = select(mine.id).where(mine.feed_id == feed_id, mine.left_on.is_(None))
    return set((await connection.execute(query)).scalars())


async def note_left(connection: AsyncConnection, ids: Sequence[int], day: date | None) -> None:
    """Say that entries left their feed on a day; None, that they are there."""
    for some in chunks(ids, 500):
        await connection.execute(update(feed_items).where(feed_items.c.id.in_(some)).values(left_on=day))


async def forget(connection: AsyncConnection, feed_id: int, before: date, limit: int) -> int:
    """Forget some entries that left a feed before a day; how many. What waits, or may again, is kept."""
    mine = feed_items.c
    done_with = {ItemState.SETTLED, ItemState.OLD, ItemState.ELSEWHERE}
    old = select(mine.id).where(mine.feed_id == feed_id, mine.left_on < before, mine.state.in_(done_with))
    return (await connection.execute(delete(feed_items).where(mine.id.in_(old.limit(limit))))).rowcount


def _item_from(row: Row[Any]) -> KnownItem:
    return KnownItem(**{**row._mapping, "state": ItemState(row.state)})
