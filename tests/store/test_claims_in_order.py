"""A claim costs the same however many copies wait: they lie in the order in which they are taken."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store import deliveries
from digest.store.database import Database
from digest.store.tables import deliveries as table
from tests.flows.newsroom import TUESDAY, at, item, join_many, plan_all, publish_news

pytestmark = pytest.mark.anyio

NOW = at(25, 7)
READERS = 1_000


async def test_copies_that_wait_are_not_sorted_for_a_claim(store: Database) -> None:
    await join_many(store, READERS, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    async with store.write() as connection:
        await connection.execute(update(table).values(status=DeliveryStatus.SENT))
    await publish_news(store, at(24, 9), item("Solar cells", "energy"))
    await plan_all(store, at(25, 7))
    async with store.write() as connection:
        await connection.execute(text("ANALYZE"))
    async with store.write() as connection:
        said: list[tuple[str, object]] = []

        def listen(_connection: object, _cursor: object, statement: str, given: object, *_: object) -> None:
            said.append((statement, given))

        event.listen(connection.sync_connection, "before_cursor_execute", listen)
        claim = await deliveries.claim(
            connection, 2, "one", now=NOW, wall=NOW, limit=10, resend_uncertain=True
        )
        event.remove(connection.sync_connection, "before_cursor_execute", listen)
        assert [one.delivery_id for one in claim.copies] == list(range(READERS + 1, READERS + 11))
        plan = await explained(connection, *said[0])
    assert "ix_deliveries_open" in plan
    # the ten that were taken may be sorted; what is sorted before that is all that waits
    found = plan.partition("->  LockRows")[2] if "LockRows" in plan else plan
    assert "Sort" not in found.partition("CTE Scan")[0]
    assert "TEMP B-TREE" not in found


async def explained(connection: AsyncConnection, statement: str, given: object) -> str:
    """How the store goes about it."""
    ask = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    rows = await connection.exec_driver_sql(ask + statement, given)  # type: ignore[arg-type]
    return "\n".join(" ".join(map(str, row)) for row in rows)
