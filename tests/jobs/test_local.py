"""A run does everything that is due, in order, and its totals say what was done."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from digest.core.model import DeliveryStatus, RunTotals
from digest.errors import DigestError
from digest.flows import readers
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.jobs.liveness import Liveness
from digest.store import deliveries
from digest.store.database import Database
from digest.store.tables import deliveries as table
from subscribers.model import Standing
from subscribers.tables import groups, subscriptions
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
)
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)


def mails(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "outbox").glob("*.eml"))


async def test_a_run_wakes_plans_sends_and_counts(store: Database, tmp_path: Path) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, topics="society")
    await join(store, "cat@example.org", TUESDAY - timedelta(days=2))
    await readers.pause(
        "cat@example.org", None, until=TUESDAY.date(), catch_up=True, store=store, now=at(23, 8)
    )
    report = await run(jobs_for(store, tmp_path), SEVEN)
    assert report.trouble == ""
    assert report.totals == RunTotals(issues=(1,), planned=2, sent=2, skipped={"nothing-wanted": 1})
    assert (await reader(store, "cat@example.org")).standing is Standing.ACTIVE
    assert [name.split("-")[2] for name in mails(tmp_path)] == ["ann@example.org.eml", "cat@example.org.eml"]
    assert await run(jobs_for(store, tmp_path), SEVEN) == type(report)(RunTotals())


async def test_a_slot_that_cannot_be_planned_does_not_hold_up_the_others(
    store: Database, tmp_path: Path
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, at="07:30")
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, SEVEN)).totals.sent == 1
    async with store.write() as connection:
        # as no program of ours does: she is owed a day again of which she has a copy
        hers = (await connection.execute(select(subscriptions.c.group_id).limit(1))).scalar_one()
        await connection.execute(
            update(groups).where(groups.c.id == hers).values(served_day=at(23, 0).date())
        )
    report = await run(jobs, at(24, 7, 30))
    assert report.totals.sent == 1
    assert report.trouble.startswith(
        "daily, 2026-11-24T07:00 (daily at 07:00 UTC) cannot be planned: IntegrityError: "
    )
    assert len(report.trouble.splitlines()) == 1
    assert len(mails(tmp_path)) == 2
    with pytest.raises(DigestError, match="cannot be planned"):
        await jobs.plan(at(24, 7, 31), asyncio.Event())


async def test_a_run_decides_by_the_instant_it_is_given_alone(store: Database, tmp_path: Path) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    assert (await run(jobs_for(store, tmp_path), at(24, 6, 59))).totals == RunTotals()
    assert (await run(jobs_for(store, tmp_path), SEVEN)).totals.sent == 1
    (copy,) = await copies(store)
    assert copy.sent_at == SEVEN


async def test_the_earliest_slot_is_served_first(store: Database, tmp_path: Path) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "late@example.org", TUESDAY, at="06:50")
    await join(store, "early@example.org", TUESDAY, at="06:10")
    await run(jobs_for(store, tmp_path), SEVEN)
    assert [copy.address for copy in await copies(store)] == ["early@example.org", "late@example.org"]


async def test_what_a_dead_sender_left_is_taken_up_at_once(store: Database, tmp_path: Path) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join_many(store, 3, TUESDAY)
    await plan_all(store, SEVEN)
    dead = Liveness(tmp_path / "senders")
    owner = dead.sign_on()
    wall = datetime.now(UTC)
    async with store.write() as connection:
        await deliveries.claim(connection, 1, owner, now=SEVEN, wall=wall, limit=3, resend_uncertain=True)
        await deliveries.begin(connection, owner, [1], wall)
    jobs = jobs_for(store, tmp_path, resend_uncertain=False)
    assert (await run(jobs, SEVEN)).totals == RunTotals(issues=(1,))
    dead.sign_off(owner)
    report = await run(jobs, SEVEN)
    assert (report.totals.sent, report.totals.uncertain) == (2, 1)
    assert [copy.status for copy in await copies(store)] == [
        DeliveryStatus.UNCERTAIN,
        DeliveryStatus.SENT,
        DeliveryStatus.SENT,
    ]
    assert (await run(jobs_for(store, tmp_path), SEVEN)).totals.sent == 1


async def test_a_run_that_went_well_leaves_no_claim_and_one_name_to_bury(
    store: Database, tmp_path: Path
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join_many(store, 3, TUESDAY)
    for _ in range(3):
        await run(jobs_for(store, tmp_path), SEVEN)
        assert len(list((tmp_path / "senders").iterdir())) == 1
    async with store.read() as connection:
        assert await deliveries.owners_at_work(connection) == set()


async def test_a_stop_before_the_run_plans_and_sends_nothing(store: Database, tmp_path: Path) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    stop = asyncio.Event()
    stop.set()
    report = await jobs_for(store, tmp_path).run(SEVEN, stop)
    assert report.totals == RunTotals()
    assert await copies(store) == ()


async def test_a_one_off_is_sent_alone(store: Database, tmp_path: Path) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, SEVEN)
    planned = await plan_by_hand(
        OneOff("daily", briefing_ids=(1,), ignore_bookmarks=True), store=store, now=SEVEN
    )
    tally = await jobs_for(store, tmp_path).send(planned.issue_id, SEVEN, asyncio.Event())
    assert (tally.by_status[DeliveryStatus.SENT], tally.trouble) == (1, "")
    assert [copy.status for copy in await copies(store)] == [DeliveryStatus.PLANNED, DeliveryStatus.SENT]


async def test_an_address_that_fits_no_envelope_is_refused_and_the_others_get_their_mail(
    store: Database, tmp_path: Path
) -> None:
    from subscribers.tables import subscribers

    await publish_news(store, TUESDAY, item("Tariffs"))
    await join_many(store, 3, TUESDAY)
    async with store.write() as connection:
        broken = update(subscribers).where(subscribers.c.id == 2).values(address="no at sign\r\nand a break")
        await connection.execute(broken)
    report = await run(jobs_for(store, tmp_path), SEVEN)
    assert (report.totals.sent, report.totals.refused) == (2, 1)
    assert [copy.reason for copy in await copies(store)] == ["", "bad-address", ""]


async def test_a_missed_week_is_one_mail(store: Database, tmp_path: Path) -> None:
    await join(store, "ann@example.org", TUESDAY)
    for day in (24, 25, 26):
        await publish_news(store, at(day, 6), item(f"Story {day}"))
    report = await run(jobs_for(store, tmp_path), at(30, 12))
    assert report.totals.sent == len(mails(tmp_path)) == 1
    assert await carried(store, "ann@example.org") == [(3, 2, 1)]


async def test_an_issue_whose_last_copy_was_recorded_before_a_crash_is_closed_by_the_next_run(
    store: Database, tmp_path: Path
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, SEVEN)
    async with store.write() as connection:
        await connection.execute(update(table).values(status="sent", sent_at=SEVEN))
    assert (await run(jobs_for(store, tmp_path), SEVEN)).totals == RunTotals(issues=(1,))
    assert (await run(jobs_for(store, tmp_path), SEVEN)).totals == RunTotals()
