"""Who comes after the time of a slot has that day written off, for that time alone: a later one is owed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from digest.flows import by_hand, readers
from digest.flows.rosters import import_roster
from digest.store.database import Database
from subscribers import store as shelf
from tests.flows.newsroom import (
    TUESDAY,
    at,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
    wishes,
)
from tests.tiers import first_of

pytestmark = pytest.mark.anyio

ANN: Final = "ann@example.org"
#: Something that happens to Ann.
Deed = Callable[[Database], Awaitable[object]]


async def join_on_monday(store: Database) -> None:
    """Ann's mail of Monday is planned, and none of Tuesday."""
    await join(store, ANN, at(23, 6))
    await plan_all(store, at(23, 7))


# --- How Tuesday comes to be written off: seven o'clock has gone by without an issue ------------------------


async def begun(store: Database) -> None:
    await join(store, ANN, at(24, 8))


async def begun_and_written_to_by_hand(store: Database) -> None:
    await begun(store)
    await by_hand.plan_by_hand(by_hand.OneOff("daily"), store=store, now=at(24, 8))


async def resumed(store: Database) -> None:
    await join_on_monday(store)
    await readers.pause(ANN, None, until=None, catch_up=True, store=store, now=at(23, 8))
    await readers.resume(ANN, None, store=store, now=at(24, 8))


async def returned(store: Database) -> None:
    await join_on_monday(store)
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=at(23, 8))
    await join(store, ANN, at(24, 8))


async def returned_after_bouncing(store: Database) -> None:
    await join_on_monday(store)
    ann = await reader(store, ANN)
    async with store.write() as connection:
        await shelf.mark_bouncing(connection, ann.id, "550 5.1.1 no such user", at(23, 8))
    await join(store, ANN, at(24, 8))


async def read_on_mondays(store: Database) -> None:
    await join(store, ANN, at(23, 6), days="mon")
    await plan_all(store, at(23, 7))
    await readers.edit(ANN, None, wishes(days="daily"), store=store, now=at(24, 8))


async def read_at_once(store: Database) -> None:
    await join(store, ANN, at(23, 6), at_once="yes")
    (planned,) = await plan_all(store, at(24, 8))
    assert planned.copies == 1
    await readers.edit(ANN, None, wishes(at_once="no"), store=store, now=at(24, 8))


# --- How another time is chosen -----------------------------------------------------------------------------


async def by_editing(store: Database) -> None:
    await readers.edit(ANN, None, wishes(at="18:00"), store=store, now=at(24, 9))


async def by_a_roster(store: Database) -> None:
    roster = f"email,at\n{ANN},18:00\n"
    found = await import_roster(roster, store=store, now=at(24, 9), raw=False, dry_run=False)
    assert found.updated == 1


async def by_leaving_and_returning(store: Database) -> None:
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=at(24, 9))
    await join(store, ANN, at(24, 9), at="18:00")


async def by_leaving_and_confirming_anew(store: Database) -> None:
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=at(24, 9))
    await join(store, ANN, at(24, 9), confirmed=False)
    await join(store, ANN, at(24, 9), at="18:00")


async def while_paused(store: Database) -> None:
    await readers.pause(ANN, None, until=None, catch_up=True, store=store, now=at(24, 9))
    await by_editing(store)
    await readers.resume(ANN, None, store=store, now=at(24, 9))


CHOICES: Final = [
    by_editing,
    by_a_roster,
    by_leaving_and_returning,
    by_leaving_and_confirming_anew,
    while_paused,
]


@pytest.mark.parametrize("choose_eighteen", first_of(CHOICES, 2))
@pytest.mark.parametrize(
    "so_far",
    [
        begun,
        begun_and_written_to_by_hand,
        resumed,
        returned,
        returned_after_bouncing,
        read_on_mondays,
        read_at_once,
    ],
)
async def test_a_later_time_chosen_on_a_day_without_an_issue_is_owed(
    sqlite_store: Database, so_far: Deed, choose_eighteen: Deed
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    await so_far(sqlite_store)
    await choose_eighteen(sqlite_store)
    await publish_news(sqlite_store, at(24, 10), item("Solar"))
    assert await plan_all(sqlite_store, at(24, 17, 59)) == []
    (planned,) = await plan_all(sqlite_store, at(24, 18))
    assert planned.copies == 1


@pytest.mark.parametrize("choose_eighteen", CHOICES)
async def test_a_later_time_chosen_on_a_day_with_an_issue_waits_for_the_next_day(
    store: Database, choose_eighteen: Deed
) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    await choose_eighteen(store)
    await publish_news(store, at(24, 10), item("Solar"))
    assert await plan_all(store, at(25, 17, 59)) == []
    await plan_all(store, at(25, 18))
    assert [copy.numbers for copy in await copies(store)] == [(1,), (2,)]


async def test_who_confirms_with_a_later_time_is_owed_the_slot_of_that_day(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, ANN, at(24, 8), confirmed=False)
    await join(store, ANN, at(24, 9), at="18:00")
    (planned,) = await plan_all(store, at(24, 18))
    assert planned.copies == 1
