"""However different their wishes are, four times as many readers cost four times as much, not sixteen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from sqlalchemy import text

from digest.flows import by_hand
from digest.flows.publish import due_slots, publish, publish_some
from digest.store.database import Database
from subscribers.groups import Place, groups_at
from tests.flows.newsroom import TUESDAY, at, item, join_many, publish_news
from tests.steps import counted_steps
from tests.stores import Lent

pytestmark = pytest.mark.anyio

FEW: Final = 250
#: What grows with the square takes sixteen times as much.
AT_MOST: Final = 5.0


async def all_different(store: Database, readers: int) -> None:
    """Readers of one cadence who all stand at different places, so that each is a group of its own."""
    await join_many(store, readers, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
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


async def planned_at_once(store: Database, readers: int) -> None:
    (due,) = await due_slots(store=store, now=at(24, 7))
    planned = await publish(due, store=store, now=at(24, 7))
    assert planned is not None
    assert planned.copies == readers


async def a_part_planned(store: Database, readers: int) -> None:
    (due,) = await due_slots(store=store, now=at(24, 7))
    planned = await publish_some(due, store=store, now=at(24, 7), at_most=readers - 1)
    assert planned is not None
    assert (planned.copies, planned.goes_on) == (readers - 1, True)


async def sent_by_hand(store: Database, readers: int) -> None:
    planned = await by_hand.plan_by_hand(by_hand.OneOff("daily"), store=store, now=at(24, 7))
    assert planned.copies == readers


@pytest.mark.parametrize("work", [planned_at_once, a_part_planned, sent_by_hand])
async def test_four_times_as_many_readers_who_all_differ(
    work: Callable[[Database, int], Awaitable[None]], lent: Lent
) -> None:
    hundreds = []
    for readers in (FEW, 4 * FEW):
        async with lent("sqlite") as store:
            await all_different(store, readers)
            with counted_steps() as steps:
                await work(store, readers)
            hundreds.append(steps.hundreds)
    few, many = hundreds
    assert few > 0
    assert many < AT_MOST * few


async def test_readers_are_put_into_groups_without_a_look_at_all_others(lent: Lent) -> None:
    places = [Place(1, 1, 1, bookmark, TUESDAY.date(), is_active=True) for bookmark in range(2, 42)]
    hundreds = []
    for readers in (FEW, 4 * FEW):
        async with lent("sqlite") as store:
            await all_different(store, readers)
            with counted_steps() as steps:
                async with store.write() as connection:
                    await groups_at(connection, places)
            hundreds.append(steps.hundreds)
    few, many = hundreds
    assert many < 1.2 * few
