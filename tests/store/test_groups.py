"""Readers who share everything are one row: moved as one, joined when they become equal, left in peace."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.flows import readers
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.publish import Memory, due_slots, publish
from digest.store.database import Database
from digest.store.schema import migrate
from subscribers import store as shelf
from subscribers.groups import hold_alone
from subscribers.model import Bookmark, Standing
from subscribers.tables import bookmarks, groups, subscribers, subscriptions
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    copies,
    item,
    join,
    join_many,
    plan_all,
    publish_news,
    reader,
    wishes,
)
from tests.store.test_two_at_once import one_after_the_other

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"
BOB = "bob@example.org"


async def sizes(store: Database, *, active: bool = True) -> list[int]:
    """How many readers each group has, the smallest first."""
    query = (
        select(func.count(subscriptions.c.id))
        .select_from(groups)
        .outerjoin(subscriptions, subscriptions.c.group_id == groups.c.id)
        .where(groups.c.is_active == active)
        .group_by(groups.c.id)
    )
    async with store.read() as connection:
        return sorted((await connection.execute(query)).scalars())


async def cuts(store: Database) -> dict[str, int]:
    """Where the bookmark of each reader stands."""
    query = (
        select(subscribers.c.address, bookmarks.c.cut)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .join(groups, groups.c.id == subscriptions.c.group_id)
        .join(bookmarks, bookmarks.c.id == groups.c.bookmark_id)
    )
    async with store.read() as connection:
        return {row.address: row.cut for row in await connection.execute(query)}


async def test_readers_who_share_everything_are_one_row_that_an_issue_moves(store: Database) -> None:
    await join_many(store, 30, TUESDAY)
    assert await sizes(store) == [30]
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    assert await sizes(store) == [30]
    assert set((await cuts(store)).values()) == {1}


async def test_who_catches_up_with_the_others_stands_among_them_again(store: Database) -> None:
    await join_many(store, 5, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await join(store, ANN, at(24, 8))
    assert await sizes(store) == [1, 5]
    await publish_news(store, at(24, 9), item("Solar", "energy"))
    await plan_all(store, at(25, 7))
    assert await sizes(store) == [6]
    assert await carried(store, ANN) == [(1, 2)]


async def test_a_group_without_readers_is_not_kept(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    for topics in ("economy", "energy", "society"):
        await readers.edit(ANN, None, wishes(topics=topics), store=store, now=TUESDAY)
    assert await sizes(store) == [0, 0, 0, 1]
    await plan_all(store, at(24, 7))
    assert await sizes(store) == [1]


async def test_who_pauses_is_not_moved_with_the_others(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY)
    await readers.pause(ANN, None, until=at(30, 0).date(), catch_up=True, store=store, now=TUESDAY)
    assert (await sizes(store), await sizes(store, active=False)) == ([1], [1])
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    assert await cuts(store) == {ANN: 0, BOB: 1}


async def test_an_address_that_bounces_leaves_the_readers_who_are_planned(store: Database) -> None:
    ann = await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY)
    async with store.write() as connection:
        await shelf.mark_bouncing(connection, ann.id, "550 5.1.1 no such user", TUESDAY)
    assert (await reader(store, ANN)).standing is Standing.BOUNCING
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    assert [copy.address for copy in await copies(store)] == [BOB]


async def test_a_one_off_moves_those_addressed_out_of_the_group_of_the_others(store: Database) -> None:
    await publish_news(store, TUESDAY, item("One", "economy"), item("Two", "economy"))
    await join_many(store, 3, TUESDAY)
    await join(store, ANN, TUESDAY)
    only_ann = OneOff("daily", to=(ANN,), briefing_ids=(1,))
    await plan_by_hand(only_ann, store=store, now=at(24, 6))
    assert await sizes(store) == [1, 3]
    assert (await reader(store, ANN)).bookmark == Bookmark(0, (), (1,))
    await plan_all(store, at(24, 7))
    assert await carried(store, ANN) == [(1,), (2,)]
    assert await sizes(store) == [4]


async def test_a_change_between_two_slots_of_a_run_is_not_overlooked(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY, at="07:30")
    memory = Memory()
    first, second = await due_slots(store=store, now=at(24, 8))
    await publish(first, store=store, now=at(24, 8), memory=memory)
    async with store.write() as connection:
        await connection.execute(text("UPDATE briefings SET status = 'retracted'"))
    await publish(second, store=store, now=at(24, 8), memory=memory)
    assert await carried(store, ANN) == [(1,)]
    assert await carried(store, BOB) == []


async def test_who_joins_a_group_while_it_is_planned_is_not_carried_past_the_news(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, ANN, TUESDAY)
    (due,) = await due_slots(store=postgres_store, now=at(24, 7))

    async def move_the_group(connection: AsyncConnection) -> None:
        await hold_alone(connection, due.cadence_id)
        await connection.execute(update(groups).values(served_day=due.slot.day))

    # Bob is about to stand where Ann stood: while he waits her group goes on, and he must not
    await one_after_the_other(postgres_store, move_the_group, join(second_postgres_store, BOB, TUESDAY))
    assert await sizes(postgres_store) == [1, 1]
    await plan_all(postgres_store, at(24, 7))
    assert await carried(postgres_store, BOB) == [(1,)]


async def test_readers_who_change_places_at_once_wait_for_nobody_in_a_circle(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    addresses = await join_many(postgres_store, 8, TUESDAY)
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))

    async def wander(store: Database, who: str, hours: tuple[int, ...]) -> None:
        for hour in hours:
            await readers.edit(who, None, wishes(at=f"{hour:02}:00"), store=store, now=TUESDAY)

    async def plan_meanwhile(store: Database) -> None:
        for _ in range(3):
            await plan_all(store, at(24, 12))

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(wander(postgres_store, who, (8, 9, 10)) for who in addresses[:4]),
            *(wander(second_postgres_store, who, (10, 9, 8)) for who in addresses[4:]),
            plan_meanwhile(postgres_store),
            plan_meanwhile(second_postgres_store),
        )
    await plan_all(postgres_store, at(25, 12))
    had = Counter((copy.address, n) for copy in await copies(postgres_store) for n in copy.numbers)
    assert had == {(who, 1): 1 for who in addresses}


async def test_a_store_of_before_groups_keeps_every_reader_where_they_stood(blank_store: Database) -> None:
    await migrate(blank_store, upto="0001")
    async with blank_store.rebuild() as connection:
        for statement in _BEFORE_GROUPS:
            await connection.execute(text(statement))
    await migrate(blank_store)
    assert await sizes(blank_store) == [2]
    assert await sizes(blank_store, active=False) == [1]
    assert await cuts(blank_store) == {"a@example.org": 7, "b@example.org": 7, "c@example.org": 7}
    found = await reader(blank_store, "c@example.org")
    assert (found.standing, str(found.served_day)) == (Standing.PAUSED, "2026-11-23")
    async with blank_store.read() as connection:
        kept = await connection.execute(text("SELECT count(*) FROM standing_changes"))
        assert kept.scalar_one() == 1
    (copy,) = await copies(blank_store)
    assert (copy.id, copy.address, copy.status, copy.attempts) == (9, "a@example.org", "sent", 2)


_BEFORE_GROUPS = (
    """
    INSERT INTO newsletters (id, slug, title, description, sender_name, sender_address, theme, sections,
                             postal_address, reach_back_days, give_up_minutes)
    VALUES (1, 'daily', 'Daily', '', 'Desk', 'desk@example.org', 'plain', '[]', '', 7, 600)
    """,
    """
    INSERT INTO cadences (id, key, days, at, zone, at_once)
    VALUES (1, 'c', 'mon,tue,wed,thu,fri,sat,sun', '07:00', 'UTC', '0')
    """,
    "INSERT INTO profiles (id, key, format, language) VALUES (1, 'p', 'html', 'en')",
    "INSERT INTO bookmarks (id, key, cut, deferred, ahead, waiting) VALUES (1, 'b', 7, '[]', '[]', 0)",
    """
    INSERT INTO subscribers (id, address, address_key, name, created_at)
    VALUES (1, 'a@example.org', 'a@example.org', '', '2026-11-01 00:00:00'),
           (2, 'b@example.org', 'b@example.org', '', '2026-11-01 00:00:00'),
           (3, 'c@example.org', 'c@example.org', '', '2026-11-01 00:00:00')
    """,
    """
    INSERT INTO subscriptions (id, subscriber_id, newsletter_id, standing, cadence_id, profile_id,
                               bookmark_id, served_day, began_after, began_at, paused_until)
    VALUES (1, 1, 1, 'active', 1, 1, 1, '2026-11-23', 0, '2026-11-01 00:00:00', NULL),
           (2, 2, 1, 'active', 1, 1, 1, '2026-11-23', 0, '2026-11-01 00:00:00', NULL),
           (3, 3, 1, 'paused', 1, 1, 1, '2026-11-23', 0, '2026-11-01 00:00:00', '2026-12-01 00:00:00')
    """,
    """
    INSERT INTO issues (id, newsletter_id, cadence_id, slot, day, zone, due_at, planned_at, rounds, status,
                        ignores_bookmarks, domain)
    VALUES (4, 1, 1, '2026-11-23', '2026-11-23', 'UTC', '2026-11-23 07:00:00', '2026-11-23 07:00:00', 1,
            'done', '0', 'example.org')
    """,
    """
    INSERT INTO cohorts (id, issue_id, round, profile_id, bookmark_id, next_bookmark_id, size, groups,
                         deferred, left_out, covers_from)
    VALUES (5, 4, 1, 1, 1, 1, 1, '[]', '[]', '{}', '2026-11-23')
    """,
    """
    INSERT INTO deliveries (id, issue_id, cohort_id, subscription_id, status, reason, detail, attempts,
                            claims, doubts, sent_at)
    VALUES (9, 4, 5, 1, 'sent', '', '', 2, 1, 0, '2026-11-23 07:01:00')
    """,
    """
    INSERT INTO standing_changes (id, subscription_id, at, after, reason)
    VALUES (1, 3, '2026-11-20 00:00:00', 'paused', 'by the reader')
    """,
)
