"""Issues that wait for approval: planned ahead, sent at their time as approved, compared, planned anew."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.core.access import Actor, Via
from digest.core.model import IssueStatus
from digest.core.quiet import QuietDay
from digest.errors import InputError
from digest.flows import readers as reading
from digest.flows.anew import Difference, differences, plan_anew
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.by_link import leave
from digest.flows.deep_look import deep_look
from digest.flows.explain import explain
from digest.flows.issue_acts import approve, cancel, settle_stopped
from digest.flows.publish import due_slots
from digest.store import changes, issues, newsletters
from digest.store.database import Database
from digest.store.tables import issues as issue_table
from tests.flows.newsroom import (
    at,
    carried,
    change_newsletter,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
    wishes,
)
from tests.flows.test_publish import first_days
from tests.jobs.office import jobs_for, run
from tests.waiting import until_someone_waits

pytestmark = pytest.mark.anyio
ANN, BOB = "ann@example.org", "bob@example.org"
EDITOR = Actor("Anna", Via.DESK, None)


async def planned_ahead(store: Database, **more: Any) -> int:
    """An issue of Tuesday, 07:00, planned at six; ann follows everything, bob energy alone."""
    await change_newsletter(store, approval=True, approval_lead_minutes=60, **more)
    await join(store, ANN, at(24, 5))
    await join(store, BOB, at(24, 5), topics="energy")
    await publish_news(store, at(24, 5), item("Tariffs", "economy"))
    (planned,) = await plan_all(store, at(24, 6))
    return planned.issue_id


async def status_of(store: Database, issue_id: int) -> IssueStatus:
    async with store.read() as connection:
        found = await issues.by_id(connection, issue_id)
    assert found is not None
    return found.status


async def told(store: Database, issue_id: int) -> list[Difference]:
    async with store.read() as connection:
        newsletter = await newsletters.by_slug(connection, "daily")
        assert newsletter is not None
        rows = await issues.cohorts_of(connection, issue_id)
        found = await differences(connection, rows, newsletter)
    return [found[row.id] for row in sorted(rows, key=lambda row: row.topics is not None)]


async def test_an_issue_is_planned_ahead_and_sent_at_its_time_as_it_was_approved(
    store: Database, tmp_path: Path
) -> None:
    await change_newsletter(store, approval=True, approval_lead_minutes=60)
    await join(store, ANN, at(24, 5))
    await publish_news(store, at(24, 5), item("Tariffs", "economy"))
    assert await due_slots(store=store, now=at(24, 5, 59)) == ()
    jobs = jobs_for(store, tmp_path)
    await run(jobs, at(24, 6))
    await publish_news(store, at(24, 6, 10), item("Boats", "economy"))
    await approve(1, by=EDITOR, store=store, now=at(24, 6, 15))
    # approved, and not yet its time
    assert (await run(jobs, at(24, 6, 59))).totals.sent == 0
    assert (await run(jobs, at(24, 7))).totals.sent == 1
    await run(jobs, at(25, 6))
    await approve(2, by=EDITOR, store=store, now=at(25, 6, 15))
    assert (await run(jobs, at(25, 7))).totals.sent == 1
    assert await carried(store, ANN) == [(1,), (2,)]


async def test_its_copies_get_their_whole_time_though_it_was_approved_early(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await planned_ahead(store, give_up_minutes=30)
    await approve(issue_id, by=EDITOR, store=store, now=at(24, 6, 5))
    report = await run(jobs_for(store, tmp_path), at(24, 7, 1))
    assert (report.totals.sent, report.totals.expired) == (1, 0)


async def test_what_nobody_approves_by_its_time_and_a_while_is_owed_again(store: Database) -> None:
    issue_id = await planned_ahead(store, latest_start_minutes=30)
    await settle_stopped(store=store, now=at(24, 7, 29))
    assert await status_of(store, issue_id) is IssueStatus.WAITING
    await settle_stopped(store=store, now=at(24, 7, 30))
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    await plan_all(store, at(25, 6))
    assert await carried(store, ANN) == [(1,), (1,)]


async def test_who_comes_after_the_planning_is_in_another_round_of_it(store: Database) -> None:
    issue_id = await planned_ahead(store)
    await join(store, "cat@example.org", at(24, 6, 30))
    (again,) = await plan_all(store, at(24, 6, 31))
    assert again.issue_id == issue_id
    assert await status_of(store, issue_id) is IssueStatus.WAITING
    assert len(await copies(store)) == 3


async def test_what_would_go_now_is_told_by_cohort(store: Database) -> None:
    issue_id = await planned_ahead(store)
    assert await told(store, issue_id) == [Difference(), Difference()]
    await publish_news(store, at(24, 6, 10), item("Boats", "economy"), item("Solar", "energy"))
    assert await told(store, issue_id) == [Difference(more=(2, 3)), Difference(more=(3,))]


async def test_planned_anew_it_holds_what_is_there_now_and_each_item_comes_once(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await planned_ahead(store, max_items=2)
    await publish_news(store, at(24, 6, 10), item("Boats", "economy"), item("Solar", "energy"))
    assert await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 20)) == 2
    assert await status_of(store, issue_id) is IssueStatus.WAITING
    assert await told(store, issue_id) == [Difference(), Difference()]
    assert await due_slots(store=store, now=at(24, 6, 30)) == ()
    assert await first_days(store, issue_id) == [date(2026, 11, 24)] * 4
    await approve(issue_id, by=EDITOR, store=store, now=at(24, 6, 40))
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, at(24, 7))).totals.sent == 2
    (tomorrow,) = await plan_all(store, at(25, 6))
    await approve(tomorrow.issue_id, by=EDITOR, store=store, now=at(25, 6, 40))
    await run(jobs, at(25, 7))
    # the newest, and what the cap put off with the next one
    assert [set(one) for one in await carried(store, ANN)] == [{2, 3}, {1}]
    assert [one for one in await carried(store, BOB) if one] == [(3,)]
    async with store.read() as connection:
        acts = [one.act for one in await changes.page(connection)]
    assert "issue.plan-anew" in acts


async def test_planned_anew_without_news_it_is_as_it_was(store: Database) -> None:
    issue_id = await planned_ahead(store)
    before = [(await reader(store, who)) for who in (ANN, BOB)]
    was = [(one.address, one.numbers, one.status, one.reason) for one in await copies(store)]
    await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 20))
    assert [(await reader(store, who)) for who in (ANN, BOB)] == before
    assert [(one.address, one.numbers, one.status, one.reason) for one in await copies(store)] == was


async def test_the_days_that_it_makes_up_for_stay_those(store: Database) -> None:
    quiet = (QuietDay(date(2026, 11, 25), "Harbour Day"),)
    await planned_ahead(store, quiet_days=quiet)
    await cancel(1, by=EDITOR, store=store, now=at(24, 6, 30))
    await publish_news(store, at(25, 12), item("Boats", "economy"))
    (planned,) = await plan_all(store, at(26, 6))
    days = await first_days(store, planned.issue_id)
    await plan_anew(planned.issue_id, by=EDITOR, store=store, now=at(26, 6, 20))
    assert (await first_days(store, planned.issue_id))[-len(days) :] == days


async def test_who_has_changed_or_left_since_is_not_in_the_new_plan_and_loses_nothing(
    store: Database,
) -> None:
    issue_id = await planned_ahead(store)
    await reading.edit(ANN, None, wishes(at="18:00"), store=store, now=at(24, 6, 10))
    await reading.unsubscribe(BOB, None, reason="enough", store=store, now=at(24, 6, 10))
    assert await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 20)) == 0
    assert await status_of(store, issue_id) is IssueStatus.DONE
    await change_newsletter(store, approval=False)
    planned = [one for hour in (18, 23) for one in await plan_all(store, at(24, hour))]
    planned += await plan_all(store, at(25, 18))
    assert await carried(store, ANN) == [(1,)]


async def test_news_at_once_is_planned_anew_too(store: Database) -> None:
    await change_newsletter(store, approval=True)
    await join(store, ANN, at(24, 5), at_once="yes", max_items="1")
    await publish_news(store, at(24, 8), item("Tariffs", "economy"))
    (planned,) = await plan_all(store, at(24, 8, 1))
    await publish_news(store, at(24, 8, 10), item("Boats", "economy"))
    assert await told(store, planned.issue_id) == [Difference(more=(2,), less=(1,))]
    before = (await reader(store, ANN)).served_day
    assert await plan_anew(planned.issue_id, by=EDITOR, store=store, now=at(24, 8, 11)) == 1
    assert await carried(store, ANN) == [(2,)]
    assert (await reader(store, ANN)).served_day == before
    # nothing is due again, and what the cap put off comes with the leftovers of the next day
    assert await plan_all(store, at(24, 8, 12)) == []
    (rest,) = await plan_all(store, at(25, 7))
    await publish_news(store, at(25, 7, 1), item("Nets", "economy"))
    await plan_anew(rest.issue_id, by=EDITOR, store=store, now=at(25, 7, 2))
    await plan_all(store, at(25, 7, 3))
    assert sorted(number for one in await carried(store, ANN) for number in one)[:2] == [1, 2]
    assert (await reader(store, ANN)).bookmark.deferred in {(), (3,)}


async def test_what_was_approved_or_is_too_late_is_not_planned_anew(store: Database) -> None:
    issue_id = await planned_ahead(store, latest_start_minutes=10)
    with pytest.raises(InputError, match="too late by now"):
        await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 7, 11))
    await approve(issue_id, by=EDITOR, store=store, now=at(24, 6, 40))
    with pytest.raises(InputError, match="that wait for approval"):
        await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 41))
    assert len(await copies(store)) == 2


async def test_who_leaves_while_an_issue_is_planned_anew_waits_for_it_and_in_no_circle(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    store, other = postgres_store, second_postgres_store
    issue_id = await planned_ahead(store)
    ann = (await reader(store, ANN)).id
    async with store.write() as connection:
        # whoever opens another round of the issue holds its row: the planning has come so far, and waits
        await connection.execute(select(issue_table.c.id).with_for_update(key_share=True))
        planning = asyncio.create_task(plan_anew(issue_id, by=EDITOR, store=other, now=at(24, 6, 30)))
        await until_someone_waits(store)
        leaving = asyncio.create_task(leave(ann, reason="enough", store=other, now=at(24, 6, 30)))
        await until_someone_waits(store, many=2)
    async with asyncio.timeout(10):
        assert await planning == 2
        assert await leaving


async def test_what_was_left_out_stays_so_for_who_has_moved_on_since(store: Database) -> None:
    issue_id = await planned_ahead(store)
    await publish_news(store, at(24, 6, 10), item("Wind", "energy"))
    await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 20))
    assert await carried(store, BOB) == [(2,)]
    await publish_news(store, at(24, 6, 30), item("Ports", "economy"))
    await plan_by_hand(OneOff("daily", briefing_ids=(3,)), store=store, now=at(24, 6, 40))
    await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 50))
    assert sorted(await carried(store, BOB)) == [(2,), (3,)]
    (why,) = await explain(BOB, 1, store=store, now=at(24, 7))
    assert any("none of its topics is followed" in reason for reason in why.reasons)
    assert (await deep_look(store=store)).differences == ()


async def test_what_was_left_out_is_decided_anew_for_who_has_moved_on_and_chosen_another_time(
    store: Database,
) -> None:
    issue_id = await planned_ahead(store)
    await publish_news(store, at(24, 6, 10), item("Ports", "economy"), item("Roads", "economy"))
    await publish_news(store, at(24, 6, 10), item("Wind", "energy"))
    await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 20))
    assert await carried(store, BOB) == [(4,)]
    await publish_news(store, at(24, 6, 30), item("Rain", "society"))
    await plan_by_hand(OneOff("daily", briefing_ids=(5,)), store=store, now=at(24, 6, 40))
    await reading.edit(BOB, None, wishes(at="18:00"), store=store, now=at(24, 6, 45))
    await plan_anew(issue_id, by=EDITOR, store=store, now=at(24, 6, 50))
    assert (await deep_look(store=store)).differences == ()
    await change_newsletter(store, approval=False)
    await plan_all(store, at(25, 18))
    assert sorted(await carried(store, BOB)) == [(4,), (5,)]
    for left_out in (1, 2, 3):
        (why,) = await explain(BOB, left_out, store=store, now=at(25, 19))
        assert any("none of its topics is followed" in reason for reason in why.reasons)
    assert (await deep_look(store=store)).differences == ()


async def test_what_was_left_out_of_news_at_once_is_decided_anew_for_who_has_had_newer_ones(
    store: Database,
) -> None:
    await change_newsletter(store, approval=True)
    await join(store, BOB, at(24, 5), at_once="yes", topics="energy")
    await publish_news(store, at(24, 6), item("Tariffs", "economy"), item("Wind", "energy"))
    (planned,) = await plan_all(store, at(24, 6))
    await publish_news(store, at(24, 7), item("Solar", "energy"))
    await plan_all(store, at(24, 7))
    await plan_anew(planned.issue_id, by=EDITOR, store=store, now=at(24, 7, 10))
    assert (await deep_look(store=store)).differences == ()
    await publish_news(store, at(24, 8), item("Rain", "society"))
    await plan_all(store, at(24, 8))
    assert sorted(await carried(store, BOB)) == [(2,), (3,)]
    (why,) = await explain(BOB, 1, store=store, now=at(24, 9))
    assert any("none of its topics is followed" in reason for reason in why.reasons)
    assert (await deep_look(store=store)).differences == ()
