"""Two processes at the same rows: one waits for the other, and then sees what the other did."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DueSlot, IssueStatus
from digest.errors import InputError
from digest.flows import readers
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.by_link import leave, take_back
from digest.flows.publish import due_slots, publish
from digest.flows.recover import recover
from digest.store import deliveries, issues, planning
from digest.store.database import Database
from digest.store.tables import deliveries as delivery_table
from subscribers import store as shelf
from subscribers.groups import hold_all_alone, hold_alone
from subscribers.interning import Preferences, intern_bookmarks
from subscribers.model import Bookmark, Standing, interning_key
from tests.flows.newsroom import (
    TUESDAY,
    at,
    copies,
    item,
    join,
    join_many,
    plan_all,
    publish_news,
    reader,
    wishes,
)
from tests.waiting import until_someone_waits

pytestmark = pytest.mark.anyio

T = TypeVar("T")


async def one_after_the_other(
    store: Database,
    first: Callable[[AsyncConnection], Awaitable[object]],
    second: Coroutine[Any, Any, T],
) -> T:
    """The second begins while the first has not committed, runs into its locks and waits."""
    async with store.write() as connection:
        await first(connection)
        waiting = asyncio.create_task(second)
        await until_someone_waits(store)
    async with asyncio.timeout(10):
        return await waiting


async def only_slot(store: Database, day: int = 24, hour: int = 7) -> DueSlot:
    (due,) = await due_slots(store=store, now=at(day, hour))
    return due


async def move_bookmark(connection: AsyncConnection, address: str, to: Bookmark) -> None:
    (found,) = await shelf.subscriptions_of(connection, address)
    await shelf.save(connection, replace(found, bookmark=to))


# --- Planning -----------------------------------------------------------------------------------------------


async def test_two_planners_at_the_same_slot_make_one_delivery_for_each_reader(
    store: Database, second_store: Database
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    addresses = await join_many(store, 60, TUESDAY)
    due = await only_slot(store)
    planners = (store, second_store, store, second_store)
    done = await asyncio.gather(*(publish(due, store=one, now=at(24, 7)) for one in planners))
    assert Counter(plan.copies for plan in done if plan is not None) == {60: 1}
    assert Counter(copy.address for copy in await copies(store)) == dict.fromkeys(addresses, 1)


async def test_planners_of_many_slots_at_once_serve_every_reader_once(
    store: Database, second_store: Database
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    for hour in range(10):
        # wishes of several kinds, so that all slots make the same new bookmarks
        await join(store, f"all{hour}@example.org", TUESDAY, at=f"07:{hour:02}")
        await join(store, f"one{hour}@example.org", TUESDAY, at=f"07:{hour:02}", max_items="1")
        await join(store, f"few{hour}@example.org", TUESDAY, at=f"07:{hour:02}", topics="energy")
    slots = await due_slots(store=store, now=at(24, 8))
    assert len(slots) == 10
    for one in await asyncio.gather(
        *(publish(due, store=store, now=at(24, 8)) for due in slots),
        *(publish(due, store=second_store, now=at(24, 8)) for due in reversed(slots)),
    ):
        assert one is None or one.copies == 3
    assert set(Counter(copy.address for copy in await copies(store)).values()) == {1}
    assert len(await copies(store)) == 30


async def test_what_is_published_while_an_issue_is_planned_waits_for_the_next(
    store: Database, second_store: Database
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, "ann@example.org", TUESDAY)
    due = await only_slot(store)
    await asyncio.gather(
        publish(due, store=store, now=at(24, 7)),
        publish_news(second_store, at(24, 7), item("Solar", "energy")),
    )
    await plan_all(store, at(25, 7))
    assert [copy.numbers for copy in await copies(store) if copy.numbers] in (
        [(1,), (2,)],
        [(2, 1)],
        [(1, 2)],
    )


async def test_a_one_off_and_a_regular_issue_at_once_carry_each_briefing_once(
    store: Database, second_store: Database
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await join_many(store, 20, TUESDAY)
    due = await only_slot(store)
    await asyncio.gather(
        publish(due, store=store, now=at(24, 7)),
        plan_by_hand(OneOff("daily"), store=second_store, now=at(24, 7)),
        return_exceptions=True,
    )
    await plan_all(store, at(25, 7))
    carried = Counter((copy.address, number) for copy in await copies(store) for number in copy.numbers)
    assert len(carried) == 40
    assert set(carried.values()) == {1}


async def test_a_one_off_that_comes_while_readers_are_planned_finds_their_new_bookmarks(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, "ann@example.org", TUESDAY)
    due = await only_slot(postgres_store)

    async def lock_and_move(connection: AsyncConnection) -> None:
        await hold_alone(connection, due.cadence_id)
        await move_bookmark(connection, "ann@example.org", Bookmark(1))

    with pytest.raises(InputError, match="nothing would be sent"):
        await one_after_the_other(
            postgres_store,
            lock_and_move,
            plan_by_hand(OneOff("daily"), store=second_postgres_store, now=at(24, 7)),
        )
    assert (await reader(postgres_store, "ann@example.org")).bookmark == Bookmark(1)


# --- Readers ------------------------------------------------------------------------------------------------


async def test_a_reader_who_is_planned_while_changing_wishes_is_neither_lost_nor_set_back(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await join(postgres_store, "ann@example.org", TUESDAY)
    change = readers.edit(
        "ann@example.org", None, wishes(topics="energy"), store=second_postgres_store, now=at(24, 7)
    )
    (changed,) = await one_after_the_other(
        postgres_store, lambda c: move_bookmark(c, "ann@example.org", Bookmark(9, (3,))), change
    )
    assert changed.bookmark == Bookmark(9, (3,))
    assert changed.profile.topics == frozenset({"energy"})


async def test_a_pause_that_ends_while_the_reader_is_planned_ends_all_the_same(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await join(postgres_store, "ann@example.org", TUESDAY)
    await readers.pause(
        "ann@example.org", None, until=at(25, 0).date(), catch_up=True, store=postgres_store, now=TUESDAY
    )
    broom = recover(store=second_postgres_store, is_dead=lambda _: False, now=at(26, 0), wall=at(26, 0))
    found = await one_after_the_other(
        postgres_store, lambda c: move_bookmark(c, "ann@example.org", Bookmark(9)), broom
    )
    assert found.resumed == 1
    assert (await reader(postgres_store, "ann@example.org")).bookmark == Bookmark(9)


async def test_a_reader_who_leaves_while_the_address_bounces_stays_gone(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    ann = await join(postgres_store, "ann@example.org", TUESDAY)

    async def leave(connection: AsyncConnection) -> None:
        (found,) = await shelf.subscriptions_of(connection, "ann@example.org")
        await shelf.save(connection, replace(found, standing=Standing.LEFT))

    async def bounce() -> None:
        async with second_postgres_store.write() as connection:
            await shelf.mark_bouncing(connection, ann.id, "550 5.1.1 unknown", at(24, 7))

    await one_after_the_other(postgres_store, leave, bounce())
    assert (await reader(postgres_store, "ann@example.org")).standing is Standing.LEFT


async def test_two_who_make_the_same_new_preferences_never_wait_in_a_circle(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    low, middle, high = sorted((Bookmark(cut) for cut in (1, 2, 3)), key=interning_key)

    async def intern(store: Database, wanted: list[Bookmark]) -> dict[Bookmark, int]:
        async with store.write() as connection:
            return await intern_bookmarks(connection, wanted)

    async def both() -> tuple[dict[Bookmark, int], dict[Bookmark, int]]:
        forth = intern(postgres_store, [low, middle, high])
        back = intern(second_postgres_store, [high, middle, low])
        return await asyncio.gather(forth, back)

    # each makes its first row and then waits for the middle one, which a third holds
    found = await one_after_the_other(postgres_store, lambda c: intern_bookmarks(c, [middle]), both())
    assert found[0] == found[1]


async def test_who_changes_to_other_times_while_all_groups_are_held_waits_in_no_circle(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    bob = await join(postgres_store, "bob@example.org", TUESDAY, at="07:00")
    await join(postgres_store, "ann@example.org", TUESDAY, at="08:00")

    async def hold_all() -> None:
        # as who corrects what many have had
        async with second_postgres_store.write() as connection:
            await hold_all_alone(connection)

    async with postgres_store.write() as connection:
        (ann,) = await shelf.subscriptions_of(connection, "ann@example.org", to_change=True)
        holding = asyncio.create_task(hold_all())
        await until_someone_waits(postgres_store)
        await shelf.save(connection, replace(ann, cadence=bob.cadence))
    async with asyncio.timeout(10):
        await holding
    assert (await reader(postgres_store, "ann@example.org")).cadence == bob.cadence


# --- Deliveries ---------------------------------------------------------------------------------------------


async def test_two_owners_who_claim_at_once_never_share_a_copy(
    store: Database, second_store: Database
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join_many(store, 60, TUESDAY)
    (planned,) = await plan_all(store, at(24, 7))
    held: dict[str, list[int]] = {}

    async def claim_all(one: Database, owner: str) -> None:
        mine = held.setdefault(owner, [])
        while True:
            async with one.write() as connection:
                found = await deliveries.claim(
                    connection,
                    planned.issue_id,
                    owner,
                    now=at(24, 7),
                    wall=at(24, 7),
                    limit=7,
                    resend_uncertain=True,
                )
            assert len(found.copies) <= 7
            if not found.copies:
                return
            mine += [copy.delivery_id for copy in found.copies]

    await asyncio.gather(*(claim_all(one, f"owner{n}") for n, one in enumerate([store, second_store] * 2)))
    claimed = [id_ for ids in held.values() for id_ in ids]
    assert sorted(claimed) == sorted(copy.id for copy in await copies(store))


async def test_a_claim_takes_what_another_transaction_does_not_hold_without_waiting(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join_many(postgres_store, 10, TUESDAY)
    (planned,) = await plan_all(postgres_store, at(24, 7))

    async def claim(connection: AsyncConnection, owner: str) -> set[int]:
        found = await deliveries.claim(
            connection,
            planned.issue_id,
            owner,
            now=at(24, 7),
            wall=at(24, 7),
            limit=6,
            resend_uncertain=True,
        )
        return {copy.delivery_id for copy in found.copies}

    async with (
        asyncio.timeout(10),
        postgres_store.write() as mine,
        second_postgres_store.write() as theirs,
    ):
        first, second = await claim(mine, "first"), await claim(theirs, "second")
    assert (len(first), len(second)) == (6, 4)
    assert not first & second


async def test_who_takes_a_leaving_back_while_the_copy_is_skipped_for_it_is_owed_it_again(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, "ann@example.org", TUESDAY)
    await plan_all(postgres_store, at(24, 7))
    ann = (await reader(postgres_store, "ann@example.org")).id
    await leave(ann, reason="by mistake", store=postgres_store, now=at(24, 7))
    async with postgres_store.write() as connection:
        claimed = await deliveries.claim(
            connection, 1, "sender", now=at(24, 7), wall=at(24, 7), limit=1, resend_uncertain=True
        )
        back = asyncio.create_task(
            take_back(ann, reason="after all", store=second_postgres_store, now=at(24, 7))
        )
        await asyncio.wait({back}, timeout=0.5)
    assert await back
    assert claimed.skipped == {"left": 1}
    assert (await reader(postgres_store, "ann@example.org")).bookmark == Bookmark(1, (1,))


async def test_briefings_given_back_while_the_reader_is_planned_anew_are_not_lost(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, "ann@example.org", TUESDAY)
    await plan_all(postgres_store, at(24, 7))
    (copy,) = await copies(postgres_store)

    async def give_back() -> None:
        async with second_postgres_store.write() as connection:
            await deliveries.give_back(connection, [copy.id])

    await one_after_the_other(
        postgres_store, lambda c: move_bookmark(c, "ann@example.org", Bookmark(5)), give_back()
    )
    assert (await reader(postgres_store, "ann@example.org")).bookmark == Bookmark(5, (1,))


async def test_an_issue_that_gets_another_round_while_it_is_closed_stays_open(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, "ann@example.org", TUESDAY)
    (planned,) = await plan_all(postgres_store, at(24, 7))
    async with postgres_store.write() as connection:
        await connection.execute(update(delivery_table).values(status="sent"))
    await join(postgres_store, "bob@example.org", TUESDAY - timedelta(days=1))
    due = await only_slot(postgres_store)

    async def plan_bob(connection: AsyncConnection) -> None:
        # what `publish` does, up to its commit
        groups, _ = await planning.groups_due(connection, due, 1, Preferences())
        issue = await issues.by_id(connection, planned.issue_id)
        assert issue is not None
        assert len(groups) == 1
        _id, round_ = await issues.open_slot(connection, issue)
        assert round_ == 2
        copy = (await issues.cohorts_of(connection, issue.id))[0]
        await connection.execute(
            text(
                "INSERT INTO deliveries"
                " (issue_id, cohort_id, subscription_id, status, reason, detail, attempts, claims, doubts)"
                " SELECT :issue, :cohort, max(id), 'planned', '', '', 0, 0, 0 FROM subscriptions"
            ),
            {"issue": issue.id, "cohort": copy.id},
        )

    async def close() -> bool:
        async with second_postgres_store.write() as connection:
            return await issues.close_when_settled(connection, planned.issue_id)

    assert await one_after_the_other(postgres_store, plan_bob, close()) is False
    async with postgres_store.read() as connection:
        found = await issues.by_id(connection, planned.issue_id)
    assert found is not None
    assert found.status is IssueStatus.SENDING
