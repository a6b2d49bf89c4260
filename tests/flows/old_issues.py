"""Issues of a week long ago, whose copies came to all sorts of ends, and one of today beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update

from digest.core.retention import Keep
from digest.flows.shrink import Shrunk, shrink
from digest.flows.unhurried import Unhurried
from digest.store import issues
from digest.store.database import Database
from digest.store.tables import deliveries
from digest.store.volume_tables import leaves
from tests.flows.newsroom import TUESDAY, at, item, join, plan_all, publish_news, reader

ANN: Final = "ann@example.org"
BOB: Final = "bob@example.org"
CEM: Final = "cem@example.org"
#: More than a year after the week.
LATER: Final = datetime(2028, 2, 15, 9, 0, tzinfo=UTC)
KEEP: Final = Keep(copies=timedelta(days=400))


async def settle(store: Database, issue_id: int, **values: Any) -> None:
    """End all copies of an issue that are planned, and close it."""
    async with store.write() as connection:
        mine = update(deliveries).where(deliveries.c.issue_id == issue_id, deliveries.c.status == "planned")
        await connection.execute(mine.values(**({"status": "sent"} | values)))
        await issues.close_when_settled(connection, issue_id)


async def end(store: Database, address: str, issue_id: int, **values: Any) -> None:
    """End one reader's copy of an issue in another way."""
    mine = (await reader(store, address)).id
    async with store.write() as connection:
        its = update(deliveries).where(
            deliveries.c.issue_id == issue_id, deliveries.c.subscription_id == mine
        )
        await connection.execute(its.values(**values))


async def a_week(store: Database) -> None:
    """Three readers, issues 1 to 3 of three days, and issue 4 of today."""
    await join(store, ANN, TUESDAY, topics="economy", max_items="1")
    await join(store, BOB, TUESDAY, topics="energy")
    await join(store, CEM, TUESDAY)
    await publish_news(store, at(24, 6), item("Tariffs", "economy"), item("Ports", "economy"))
    await plan_all(store, at(24, 7))
    await settle(store, 1, sent_at=at(24, 7))
    await publish_news(store, at(25, 6), item("Solar", "energy"), item("Schools", "society"))
    await plan_all(store, at(25, 7))
    await end(store, BOB, 2, status="refused", reason="mailbox-full", detail="552 bob@example.org is full")
    await settle(store, 2, sent_at=at(25, 7))
    await publish_news(store, at(26, 6), item("Gallium", "energy"))
    await plan_all(store, at(26, 7))
    await end(store, CEM, 3, status="expired", reason="too-late", doubts=1)
    await settle(store, 3, sent_at=at(26, 7))
    await publish_news(store, LATER - timedelta(hours=3), item("Exports", "economy"))
    await plan_all(store, LATER - timedelta(hours=1))
    await settle(store, 4, sent_at=LATER)


async def shrunk(store: Database, now: datetime = LATER, keep: Keep = KEEP) -> Shrunk:
    """Let all that is old shrink."""
    return await shrink(store=store, now=now, keep=keep, pace=Unhurried())


async def rows_of(store: Database, issue_id: int) -> int:
    """How many copies of an issue have rows."""
    query = select(func.count()).where(deliveries.c.issue_id == issue_id)
    async with store.read() as connection:
        found: int = (await connection.execute(query)).scalar_one()
    return found


async def bound_copies(store: Database) -> int:
    """How many copies stand in volumes."""
    async with store.read() as connection:
        return int((await connection.execute(select(func.sum(leaves.c.copies)))).scalar() or 0)
