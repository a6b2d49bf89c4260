"""Gapless numbers: taken inside the transaction that uses them, so that a rollback gives them back."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.tables import counters

#: The last number given to a published briefing.
BRIEFINGS: Final = "briefings"
#: The last number given to a batch of briefings published together.
BATCHES: Final = "batches"


async def take(connection: AsyncConnection, name: str, count: int = 1) -> range:
    """The next `count` numbers. The row stays locked until commit, so numbers appear in order of commit."""
    query = update(counters).where(counters.c.name == name).values(value=counters.c.value + count)
    last: int = (await connection.execute(query.returning(counters.c.value))).scalar_one()
    return range(last - count + 1, last + 1)


async def newest_number(connection: AsyncConnection) -> int:
    """The number of the newest published briefing; 0 when there is none."""
    query = select(counters.c.value).where(counters.c.name == BRIEFINGS)
    newest: int = (await connection.execute(query)).scalar_one()
    return newest
