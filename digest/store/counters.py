"""Gapless numbers: taken inside the transaction that uses them, so that a rollback gives them back."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.tables import counters

#: The last number given to a published briefing.
BRIEFINGS: Final = "briefings"
#: The last number given to a batch of briefings published together.
BATCHES: Final = "batches"
#: How often something has changed that public pages may show: what they are cached by.
PAGES: Final = "pages"


class News(NamedTuple):
    """How far the store is: equal values show equal pages."""

    #: the number of the newest published briefing
    newest: int
    #: how often public pages have changed
    changes: int


#: Put together once: it is asked with every page.
_NEWS: Final = select(
    *(
        select(counters.c.value).where(counters.c.name == name).scalar_subquery()
        for name in (BRIEFINGS, PAGES)
    )
)


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


async def news(connection: AsyncConnection) -> News:
    """How far the store is: what many pages are kept by."""
    newest, changes = (await connection.execute(_NEWS)).one()
    return News(newest, changes)


async def pages_change(connection: AsyncConnection) -> None:
    """Say that public pages may differ from now on.

    It comes first in whatever writes what they show, before any other row is locked: two who do that at once
    then wait in one line, and never for each other.
    """
    await take(connection, PAGES)


async def pages_changed(connection: AsyncConnection) -> int:
    """How often public pages have changed."""
    query = select(counters.c.value).where(counters.c.name == PAGES)
    count: int = (await connection.execute(query)).scalar_one()
    return count
