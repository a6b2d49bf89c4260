"""A due slot becomes one issue in which every due reader has a row: a copy, or why there is none."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select

from digest.core.model import DeliveryStatus, IssueStatus
from digest.flows import edit_briefing, readers
from digest.flows.publish import due_slots, publish
from digest.store import issues
from digest.store.database import Database
from digest.store.tables import cohorts
from subscribers.model import WEEKDAYS, Cadence, Section
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    carried,
    change_newsletter,
    copies,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
    wishes,
)

pytestmark = pytest.mark.anyio


async def first_days(store: Database, issue_id: int) -> list[date]:
    async with store.read() as connection:
        query = select(cohorts.c.covers_from).where(cohorts.c.issue_id == issue_id).order_by(cohorts.c.id)
        return list((await connection.execute(query)).scalars())


# --- What is due --------------------------------------------------------------------------------------------


async def test_slots_are_due_from_their_minute_until_everybody_is_served(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, at="08:00", timezone="Europe/Paris")
    await join(store, "bob@example.org", TUESDAY, at="06:30")
    assert await due_slots(store=store, now=at(24, 6, 29)) == ()
    due = await due_slots(store=store, now=at(24, 7))
    assert [one.slot.label for one in due] == ["2026-11-24T06:30", "2026-11-24T08:00"]
    assert [one.slot.due_at for one in due] == [at(24, 6, 30), at(24, 7)]
    assert due[1].cadence == Cadence(WEEKDAYS, time(8), "Europe/Paris")
    await plan_all(store, at(24, 7))
    assert await due_slots(store=store, now=at(24, 23)) == ()


async def test_a_newsroom_without_active_readers_has_nothing_due(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, confirmed=False)
    await publish_news(store, TUESDAY, item("Tariffs"))
    assert await due_slots(store=store, now=at(26, 7)) == ()


async def test_nobody_is_due_on_a_day_that_is_not_theirs(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, days="mon,thu")
    assert await due_slots(store=store, now=at(25, 23)) == ()
    assert [one.slot.day for one in await due_slots(store=store, now=at(26, 7))] == [date(2026, 11, 26)]


# --- Who gets what ------------------------------------------------------------------------------------------


async def test_each_reader_gets_the_topics_and_sections_asked_for(store: Database) -> None:
    await publish_news(
        store,
        TUESDAY,
        item("Tariffs", "economy"),
        item("Solar", "energy", "economy"),
        item("Grids", "energy", section=Section.ANALYSIS),
    )
    await join(store, "all@example.org", TUESDAY)
    await join(store, "economy@example.org", TUESDAY, topics="economy")
    await join(store, "analyses@example.org", TUESDAY, sections="analyses")
    await join(store, "society@example.org", TUESDAY, topics="society")
    (planned,) = await plan_all(store, at(24, 7))
    assert (planned.copies, planned.skipped) == (3, {"nothing-wanted": 1})
    told = {copy.address: (copy.numbers, copy.status, copy.reason) for copy in await copies(store)}
    assert told == {
        "all@example.org": ((1, 2, 3), DeliveryStatus.PLANNED, ""),
        "economy@example.org": ((1, 2), DeliveryStatus.PLANNED, ""),
        "analyses@example.org": ((3,), DeliveryStatus.PLANNED, ""),
        "society@example.org": ((), DeliveryStatus.SKIPPED, "nothing-wanted"),
    }


async def test_what_is_left_out_is_kept_with_its_reason(store: Database) -> None:
    await change_newsletter(store, sections=frozenset({Section.BRIEFING, Section.ANALYSIS}))
    found = await publish_news(
        store,
        TUESDAY,
        item("Tariffs", "economy"),
        item("Grids", "energy", section=Section.ANALYSIS),
        item("Views", "energy", section=Section.PERSPECTIVE),
        item("Schools", "society"),
        item("Mistake", "energy"),
    )
    await edit_briefing.retract(found.added[4], store=store, now=TUESDAY)
    await join(store, "ann@example.org", TUESDAY, topics="economy,energy", sections="briefings,perspectives")
    await plan_all(store, at(24, 7))
    (copy,) = await copies(store)
    assert copy.numbers == (1,)
    assert copy.left_out == {
        "section-not-chosen": [2],
        "section-not-carried": [3],
        "topic-not-followed": [4],
        "retracted": [5],
    }


async def test_readers_with_equal_wishes_share_a_copy(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    for name in ("ann", "bob", "cat"):
        await join(store, f"{name}@example.org", TUESDAY, topics="economy,energy")
    await join(store, "dan@example.org", TUESDAY, format="text")
    (planned,) = await plan_all(store, at(24, 7))
    async with store.read() as connection:
        assert [row.size for row in await issues.cohorts_of(connection, planned.issue_id)] == [3, 1]


async def test_a_new_reader_gets_a_week_of_news_and_no_more(store: Database) -> None:
    await publish_news(store, at(16, 6), item("Long ago"))
    await publish_news(store, at(18, 6), item("Last week"))
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    assert await carried(store, "ann@example.org") == [(2,)]
    assert (await reader(store, "ann@example.org")).began_after == 1


async def test_a_reader_for_whom_nothing_is_new_has_a_row_that_says_so(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    (planned,) = await plan_all(store, at(24, 7))
    assert (planned.copies, planned.skipped) == (0, {"nothing-new": 1})
    (copy,) = await copies(store)
    assert (copy.status, copy.reason) == (DeliveryStatus.SKIPPED, "nothing-new")
    async with store.read() as connection:
        issue = await issues.by_id(connection, planned.issue_id)
    assert issue is not None
    assert issue.status is IssueStatus.DONE


async def test_what_does_not_fit_under_a_cap_comes_first_in_the_next_issue(store: Database) -> None:
    await publish_news(store, TUESDAY, item("First"), item("Second"), item("Third"))
    await join(store, "ann@example.org", TUESDAY, max_items="2")
    await plan_all(store, at(24, 7))
    await publish_news(store, at(25, 6), item("Fourth"), item("Fifth"))
    for day in (25, 26, 27):
        await plan_all(store, at(day, 7))
    assert await carried(store, "ann@example.org") == [(1, 2), (3, 4), (5,)]
    assert [copy.deferred for copy in await copies(store)] == [(3,), (5,), (), ()]


async def test_the_newsletters_cap_holds_for_readers_without_one(store: Database) -> None:
    await change_newsletter(store, max_items=1)
    await publish_news(store, TUESDAY, item("First"), item("Second"))
    await join(store, "ann@example.org", TUESDAY, max_items="5")
    await plan_all(store, at(24, 7))
    assert await carried(store, "ann@example.org") == [(1,)]


async def test_an_issue_carries_the_revision_it_was_planned_with(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"), item("Solar"))
    await join(store, "ann@example.org", TUESDAY, max_items="1")
    (planned,) = await plan_all(store, at(24, 7))
    await publish_news(store, at(24, 8), item("Tariffs", paragraphs=("Corrected.",)))
    async with store.read() as connection:
        assert await issues.pinned_revisions(connection, planned.issue_id, 1) == {1: 1, 2: 1}


async def test_two_newsletters_keep_their_readers_and_their_rules_apart(store: Database) -> None:
    await add_newsletter(store, "views", sections=frozenset({Section.PERSPECTIVE}))
    await publish_news(store, TUESDAY, item("Tariffs"), item("Opinion", section=Section.PERSPECTIVE))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "ann@example.org", TUESDAY, newsletter="views")
    assert len(await plan_all(store, at(24, 7))) == 2
    assert {copy.newsletter: copy.numbers for copy in await copies(store)} == {"daily": (1, 2), "views": (2,)}


# --- Late ---------------------------------------------------------------------------------------------------


async def test_missed_slots_become_one_issue_that_says_which_days_it_covers(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await publish_news(store, at(25, 6), item("Solar", "energy"))
    await publish_news(store, at(26, 6), item("Schools", "society"))
    (planned,) = await plan_all(store, at(27, 12))
    assert await first_days(store, planned.issue_id) == [date(2026, 11, 25)] * 2
    async with store.read() as connection:
        issue = await issues.by_id(connection, planned.issue_id)
    assert issue is not None
    assert (issue.day, issue.due_at) == (date(2026, 11, 27), at(27, 7))
    assert await carried(store, "ann@example.org") == [(1,), (2, 3)]
    assert await carried(store, "bob@example.org") == [(2,)]


async def test_days_without_a_slot_are_not_missed(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, days="weekdays")
    await publish_news(store, TUESDAY, item("Tariffs"))
    for day in (24, 25, 26, 27):
        await plan_all(store, at(day, 7))
    (planned,) = await plan_all(store, at(30, 7))
    assert await first_days(store, planned.issue_id) == [date(2026, 11, 30)]


async def test_a_latecomer_gets_another_round_of_the_same_issue(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, at="18:00")
    (first,) = await plan_all(store, at(24, 7))
    await mark_sent(store, "ann@example.org", at(24, 7))
    await publish_news(store, at(24, 8), item("Tariffs", paragraphs=("Corrected.",)), item("Solar"))
    await readers.edit("bob@example.org", None, wishes(at="07:00"), store=store, now=at(24, 9))
    (second,) = await plan_all(store, at(24, 9))
    assert second.issue_id == first.issue_id
    assert await carried(store, "ann@example.org") == [(1,)]
    assert await carried(store, "bob@example.org") == [(1, 3)]
    async with store.read() as connection:
        issue = await issues.by_id(connection, first.issue_id)
        assert issue is not None
        assert (issue.rounds, issue.planned_at, issue.due_at) == (2, at(24, 9), at(24, 7))
        assert await issues.pinned_revisions(connection, issue.id, 1) == {1: 1}
        assert await issues.pinned_revisions(connection, issue.id, 2) == {1: 2, 3: 1}
    await plan_all(store, at(25, 7))
    assert await carried(store, "ann@example.org") == [(1,), (3, 2)], "and who had the first text is told"


async def test_another_round_reopens_an_issue_that_was_done(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    await publish_news(store, at(24, 8), item("Tariffs"))
    await join(store, "bob@example.org", TUESDAY)
    (planned,) = await plan_all(store, at(24, 9))
    async with store.read() as connection:
        assert [issue.id for issue in await issues.still_sending(connection)] == [planned.issue_id]


async def test_an_issue_that_is_too_late_waits_for_the_next_slot_and_its_briefings_too(
    store: Database,
) -> None:
    await change_newsletter(store, latest_start_minutes=60)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    (planned,) = await plan_all(store, at(24, 8, 1))
    assert (planned.copies, planned.skipped) == (0, {"too-late": 1})
    assert await plan_all(store, at(24, 8, 2)) == []
    await plan_all(store, at(25, 8))
    assert await carried(store, "ann@example.org") == [(1,)]


# --- At once ------------------------------------------------------------------------------------------------


async def test_news_at_once_comes_with_every_publication(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, at_once="yes")
    assert await plan_all(store, TUESDAY) == []
    await publish_news(store, TUESDAY, item("Tariffs"), item("Solar"))
    await plan_all(store, at(24, 6, 1))
    assert await plan_all(store, at(24, 6, 2)) == []
    await publish_news(store, at(24, 9), item("Schools"))
    await plan_all(store, at(24, 9))
    assert await carried(store, "ann@example.org") == [(1, 2), (3,)]
    async with store.read() as connection:
        assert [issue.slot for issue in await issues.page(connection)] == ["#2", "#3"]


async def test_what_a_cap_left_over_of_news_at_once_comes_at_the_daily_time(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, at_once="yes", max_items="2", at="18:00")
    await publish_news(store, TUESDAY, *(item(f"Story {number}") for number in range(1, 6)))
    await plan_all(store, at(24, 6, 1))
    assert await plan_all(store, at(24, 17, 59)) == []
    await plan_all(store, at(24, 18))
    assert await plan_all(store, at(25, 17)) == []
    await plan_all(store, at(25, 18))
    assert await plan_all(store, at(27, 18)) == []
    assert await carried(store, "ann@example.org") == [(1, 2), (3, 4), (5,)]


async def test_news_at_once_that_nobody_wants_is_noted_once(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, at_once="yes", topics="society")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    (planned,) = await plan_all(store, TUESDAY)
    assert (planned.copies, planned.skipped) == (0, {"nothing-wanted": 1})
    assert await plan_all(store, at(24, 7)) == []


async def test_news_at_once_is_never_too_late(store: Database) -> None:
    await change_newsletter(store, latest_start_minutes=1)
    await join(store, "ann@example.org", TUESDAY, at_once="yes")
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(25, 6))
    assert planned.copies == 1


async def test_one_who_changes_to_news_at_once_and_back_gets_everything_once(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("First"))
    await plan_all(store, at(24, 7))
    await readers.edit("ann@example.org", None, wishes(at_once="yes"), store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Second"))
    await plan_all(store, at(24, 9))
    await readers.edit("ann@example.org", None, wishes(at_once="no"), store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Third"))
    await plan_all(store, at(24, 11))
    await plan_all(store, at(25, 7))
    assert await carried(store, "ann@example.org") == [(1,), (2,), (3,)]


# --- Again --------------------------------------------------------------------------------------------------


async def test_planning_a_slot_again_plans_nothing(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    (due,) = await due_slots(store=store, now=at(24, 7))
    assert await publish(due, store=store, now=at(24, 7)) is not None
    assert await publish(due, store=store, now=at(24, 7)) is None
    assert await publish(due, store=store, now=at(24, 8)) is None
    assert len(await copies(store)) == 1


async def test_a_clock_that_goes_back_serves_nobody_twice(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, at(26, 7))
    assert await plan_all(store, at(24, 7)) == []
    assert await plan_all(store, at(25, 7)) == []
    await publish_news(store, at(25, 8), item("Solar"))
    await plan_all(store, at(27, 7))
    assert await carried(store, "ann@example.org") == [(1,), (2,)]
