"""A claim costs the same however many copies wait or are done: they lie in the order of claims."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store import deliveries
from digest.store.database import Database
from digest.store.tables import deliveries as table
from tests.flows.newsroom import TUESDAY, at, item, join_many, plan_all, publish_news

pytestmark = pytest.mark.anyio

NOW = at(25, 7)
READERS = 1_000
#: copies that one claim may take
FEW = 10


async def test_a_claim_reads_no_more_copies_than_it_takes(postgres_store: Database) -> None:
    """An issue of before that is done, and one whose first half is."""
    await planned_twice(postgres_store)
    async with postgres_store.write() as connection:
        half = table.c.id <= READERS + READERS // 2
        await connection.execute(update(table).where(half).values(status=DeliveryStatus.SENT))
    await looked_over(postgres_store)
    async with postgres_store.write() as connection:
        before = await copies_read(connection)
        claim = await claimed(connection, 2)
        # once to find and lock them, once to write them, and what the primary key says of each
        assert await copies_read(connection) - before <= 3 * FEW
    first = READERS + READERS // 2 + 1
    assert [one.delivery_id for one in claim.copies] == list(range(first, first + FEW))


async def test_the_first_issue_of_all_is_worked_off_as_quickly(postgres_store: Database) -> None:
    """Then every copy there is belongs to it, and the primary key has them in order, too."""
    await join_many(postgres_store, READERS, TUESDAY)
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(postgres_store, at(24, 7))
    await looked_over(postgres_store)
    async with postgres_store.write() as connection:
        nearly_all = table.c.id <= READERS - 2 * FEW
        await connection.execute(update(table).where(nearly_all).values(status=DeliveryStatus.SENT))
    async with postgres_store.write() as connection:
        before = await copies_read(connection)
        assert len((await claimed(connection, 1)).copies) == FEW
        assert await copies_read(connection) - before <= 3 * FEW


async def test_copies_that_wait_are_not_sorted_for_a_claim(sqlite_store: Database) -> None:
    await planned_twice(sqlite_store)
    await looked_over(sqlite_store)
    said: list[str] = []
    async with sqlite_store.write() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.set_trace_callback(said.append)
        claim = await claimed(connection, 2)
        await driver.set_trace_callback(None)
        assert [one.delivery_id for one in claim.copies] == list(range(READERS + 1, READERS + 1 + FEW))
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said[0]}")
        plan = "\n".join(row.detail for row in rows)
    assert "ix_deliveries_open" in plan
    assert "TEMP B-TREE" not in plan


async def planned_twice(store: Database) -> None:
    """Two issues for all readers; the first one is sent."""
    await join_many(store, READERS, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    async with store.write() as connection:
        await connection.execute(update(table).values(status=DeliveryStatus.SENT))
    await publish_news(store, at(24, 9), item("Solar cells", "energy"))
    await plan_all(store, at(25, 7))


async def looked_over(store: Database) -> None:
    """The store knows how its tables are filled, as it does of itself before long."""
    async with store.write() as connection:
        await connection.execute(text("ANALYZE"))


async def claimed(connection: AsyncConnection, issue_id: int) -> deliveries.Claim:
    """A claim of a few."""
    return await deliveries.claim(
        connection, issue_id, "one", now=NOW, wall=NOW, limit=FEW, resend_uncertain=True
    )


async def copies_read(connection: AsyncConnection) -> int:
    """How many rows of copies PostgreSQL has read in this transaction."""
    query = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'"
    count: int = (await connection.execute(text(query))).scalar_one()
    return count
