"""What looks for a part of the readers who are due costs as their wishes are many, not as their square."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from digest.core.model import DueSlot
from digest.flows.publish import due_slots
from digest.store import planning
from digest.store.database import Database
from subscribers.interning import Preferences
from tests.flows.newsroom import TUESDAY, at, item, join_many, publish_news
from tests.stores import Lent

pytestmark = pytest.mark.anyio

FEW = 300
#: Instructions of SQLite's machine from one count to the next.
STEP = 100


async def all_different(store: Database, readers: int) -> DueSlot:
    """Readers of one cadence who all stand at different places, so that each is a group of its own."""
    await join_many(store, readers, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    (due,) = await due_slots(store=store, now=at(24, 7))
    async with store.write() as connection:
        for statement in (
            "INSERT INTO bookmarks (id, key, cut, deferred, ahead, waiting)"
            " SELECT b.id + s.id, randomblob(16), b.cut, b.deferred, b.ahead, b.waiting"
            " FROM subscriptions s JOIN groups g ON g.id = s.group_id"
            " JOIN bookmarks b ON b.id = g.bookmark_id",
            "INSERT INTO groups"
            " (id, newsletter_id, cadence_id, profile_id, bookmark_id, served_day, is_active)"
            " SELECT g.id + s.id, g.newsletter_id, g.cadence_id, g.profile_id, g.bookmark_id + s.id,"
            " g.served_day, g.is_active FROM subscriptions s JOIN groups g ON g.id = s.group_id",
            "UPDATE subscriptions SET group_id = group_id + id",
        ):
            await connection.execute(text(statement))
    return due


async def steps(store: Database, due: DueSlot, at_most: int) -> int:
    """How much SQLite does to find the first readers."""
    count = 0

    def more() -> int:
        nonlocal count
        count += 1
        return 0

    async with store.read() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.set_progress_handler(more, STEP)
        found, others = await planning.groups_due(connection, due, 1, Preferences(), at_most)
        await raw.set_progress_handler(None, STEP)
    assert len(found) == at_most
    assert others
    assert {group.served_day for group in found} == {date(2026, 11, 23)}
    return count


async def test_four_times_as_many_wishes_cost_about_four_times_as_much(
    sqlite_store: Database, lent: Lent
) -> None:
    few = await steps(sqlite_store, await all_different(sqlite_store, FEW), FEW - 1)
    async with lent("sqlite") as other:
        many = await steps(other, await all_different(other, 4 * FEW), 4 * FEW - 1)
    assert many < 8 * few
