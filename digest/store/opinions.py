"""The shelf of what readers said of items: one word each, the last one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.tables import opinions
from subscribers.interning import chunks, insert_into


class Tally(NamedTuple):
    """How many readers found an item useful, and how many did not."""

    useful: int
    not_useful: int


async def say(
    connection: AsyncConnection, subscription_id: int, number: int, useful: bool, now: datetime
) -> None:
    """Write a reader's word on an item down, over what was said before."""
    row = {"subscription_id": subscription_id, "number": number, "useful": useful, "at": now}
    query = insert_into(connection, opinions).values(row)
    key = [opinions.c.subscription_id, opinions.c.number]
    await connection.execute(
        query.on_conflict_do_update(index_elements=key, set_={"useful": useful, "at": now})
    )


async def take_back(connection: AsyncConnection, subscription_id: int, number: int) -> None:
    """Forget what a reader said of an item."""
    mine = (opinions.c.subscription_id == subscription_id, opinions.c.number == number)
    await connection.execute(delete(opinions).where(*mine))


async def said_by(
    connection: AsyncConnection, subscription_id: int, numbers: Collection[int]
) -> dict[int, bool]:
    """What a reader said of those of these items of which anything was said: whether they were useful."""
    found: dict[int, bool] = {}
    for some in chunks(sorted(numbers)):
        query = select(opinions.c.number, opinions.c.useful).where(
            opinions.c.subscription_id == subscription_id, opinions.c.number.in_(some)
        )
        found.update((row.number, row.useful) for row in await connection.execute(query))
    return found


async def tallies(connection: AsyncConnection, *, after: int) -> dict[int, Tally]:
    """What readers said of items with numbers above `after`, of those of which anything was said."""
    query = (
        select(opinions.c.number, opinions.c.useful, func.count())
        .where(opinions.c.number > after)
        .group_by(opinions.c.number, opinions.c.useful)
    )
    found: dict[int, Tally] = {}
    for number, useful, count in await connection.execute(query):
        before = found.get(number, Tally(0, 0))
        found[number] = before._replace(**{"useful" if useful else "not_useful": count})
    return found


async def tally(connection: AsyncConnection, number: int) -> Tally:
    """What all readers said of an item."""
    query = (
        select(opinions.c.useful, func.count()).where(opinions.c.number == number).group_by(opinions.c.useful)
    )
    counts = {bool(row[0]): row[1] for row in await connection.execute(query)}
    return Tally(counts.get(True, 0), counts.get(False, 0))
