"""What comes back while sending: a family that had too much of us rests, others go on, nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from digest.core.access import PROGRAM, Actor, Via
from digest.core.model import DeliveryStatus, IssueStatus
from digest.flows import issue_acts
from digest.flows.family_acts import Rest, families, pause_family, resume_family
from digest.store import family_pauses, issues
from digest.store.database import Database
from digest.store.return_tables import returns
from tests.flows.newsroom import TUESDAY, at, carried, change_newsletter, copies, item, publish_news
from tests.flows.post_office import all_notices
from tests.jobs.office import jobs_for, run
from tests.walk.recording import Accepted, recording
from tests.walk.test_sending_paced import OTHER, SLOW, readers_at, statuses, under_way

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADMIN = "desk@newsroom.example"
ANNA = Actor("Anna", Via.DESK, None)
Judge = Callable[[Accepted], Awaitable[str | None]]
SENT, DEFERRED, REFUSED = DeliveryStatus.SENT, DeliveryStatus.DEFERRED, DeliveryStatus.REFUSED


def turned_away(*domains: str, words: str = "550 5.7.1 Blocked for its reputation") -> Judge:
    async def answer(message: Accepted) -> str | None:
        return words if message.recipient.endswith(domains) else None

    return answer


async def paused(store: Database, now: datetime = SEVEN) -> list[str]:
    async with store.read() as connection:
        return [one.family for one in await family_pauses.under_way(connection, now)]


async def complain(store: Database, count: int, now: datetime) -> None:
    """So many readers of copies that were sent call them spam."""
    found = [one for one in await copies(store, status=SENT) if (one.address or "").endswith(SLOW)]
    rows = [
        {
            "key": copy.id.to_bytes(16, "big"),
            "at": now,
            "origin": "mail",
            "kind": "complaint",
            "effect": "complained",
            "permanent": False,
            "proof": "link",
            "delivery_id": copy.id,
            "subscription_id": copy.subscription_id,
            "issue_id": copy.issue_id,
            "family": SLOW,
        }
        | dict.fromkeys(("reply", "enhanced", "text", "rule", "recipient"), "")
        for copy in found[:count]
    ]
    assert len(rows) == count
    async with store.write() as connection:
        await connection.execute(insert(returns), rows)


async def test_a_family_that_turns_us_away_rests_while_others_go_on(store: Database, tmp_path: Path) -> None:
    await readers_at(store, *([SLOW, OTHER] * 150))
    async with recording() as record:
        record.at_data = turned_away(SLOW)
        jobs = jobs_for(store, tmp_path, record.server, clock=_seconds(10.0), alerts_to=[ADMIN])
        report = await run(jobs, SEVEN)
    assert await statuses(store, OTHER) == {SENT: 150}
    slow = await statuses(store, SLOW)
    # those that were at hand when it was noticed are refused, the others were never tried
    assert 20 <= slow[REFUSED] < 150
    assert slow[REFUSED] + slow[DEFERRED] == 150
    waits = await copies(store, status=DEFERRED)
    assert {one.reason for one in waits} == {"family-paused"}
    assert {one.attempts for one in waits} == {0}
    assert {one.retry_at for one in waits} == {SEVEN + DAY + timedelta(seconds=10)}
    assert f"copies to families that are paused: {SLOW} {slow[DEFERRED]}" in report.waiting
    assert await paused(store) == [SLOW]
    (alert,) = [one for one in await all_notices(store, kind="alert") if one.data["alert"] == "paused"]
    assert "were turned away within a day" in alert.data["because"]
    assert not under_way(jobs, SLOW, OTHER)


async def test_what_waits_goes_once_when_the_pause_is_over(sqlite_store: Database, tmp_path: Path) -> None:
    addresses = await readers_at(sqlite_store, *[SLOW] * 60)
    await change_newsletter(sqlite_store, give_up_minutes=5 * 24 * 60)
    await pause_family(Rest(SLOW), by=ANNA, store=sqlite_store, now=SEVEN)
    async with recording() as record:
        jobs = jobs_for(sqlite_store, tmp_path, record.server)
        await run(jobs, SEVEN)
        await run(jobs, SEVEN + 23 * HOUR)
        assert record.accepted == []
        # another process
        report = await run(jobs_for(sqlite_store, tmp_path, record.server), SEVEN + DAY + HOUR / 60)
    assert report.totals.sent == len(record.accepted) == 60
    assert {one.recipient for one in record.accepted} == set(addresses)
    assert set(record.times_accepted().values()) == {1}


async def test_a_person_lets_a_family_go_on_and_its_copies_go_with_the_next_run(
    store: Database, tmp_path: Path
) -> None:
    await readers_at(store, *[SLOW, OTHER] * 30)
    async with recording() as record:
        jobs = jobs_for(store, tmp_path, record.server)
        wish = Rest(f"anybody@{SLOW}", hours=72, because="they asked us to")
        await pause_family(wish, by=ANNA, store=store, now=TUESDAY)
        await run(jobs, SEVEN)
        assert await statuses(store, SLOW) == {DEFERRED: 30}
        assert await resume_family(SLOW.upper(), by=ANNA, store=store, now=SEVEN + HOUR) == SLOW
        assert (await run(jobs, SEVEN + HOUR)).totals.sent == 30
    assert set(record.times_accepted().values()) == {1}
    assert await paused(store) == []


async def test_what_waits_too_long_expires_by_the_usual_rule_and_comes_with_a_later_issue(
    sqlite_store: Database, tmp_path: Path
) -> None:
    (address,) = await readers_at(sqlite_store, SLOW)
    await change_newsletter(sqlite_store, give_up_minutes=120)
    await pause_family(Rest(SLOW), by=ANNA, store=sqlite_store, now=SEVEN)
    async with recording() as record:
        jobs = jobs_for(sqlite_store, tmp_path, record.server)
        assert (await run(jobs, SEVEN)).totals.deferred == 1
        assert (await run(jobs, SEVEN + 3 * HOUR)).totals.expired == 1
        await publish_news(sqlite_store, SEVEN + 4 * HOUR, item("More", "economy"))
        await run(jobs, SEVEN + DAY + HOUR)
    assert len(record.accepted) == 1
    numbers = await carried(sqlite_store, address)
    assert sorted(numbers[-1]) == [1, 2]


async def test_complaints_pause_a_family_and_not_again_for_the_same_copies(
    store: Database, tmp_path: Path
) -> None:
    await readers_at(store, *[SLOW] * 200, *[OTHER] * 40)
    async with recording() as record:
        jobs = jobs_for(store, tmp_path, record.server, alerts_to=[ADMIN], clock=_seconds(61.0))
        await run(jobs, SEVEN)
        await complain(store, 6, SEVEN + HOUR)
        await publish_news(store, SEVEN + HOUR, item("More", "economy"))
        await run(jobs, SEVEN + DAY)
        assert await paused(store, SEVEN + DAY) == [SLOW]
        assert len(record.accepted) == 240 + 40 + len(await all_notices(store, kind="alert"))
        told = {one.data["alert"] for one in await all_notices(store, kind="alert")}
        assert told == {"complaints", "paused"}
        await resume_family(SLOW, by=ANNA, store=store, now=SEVEN + DAY + HOUR)
        report = await run(jobs, SEVEN + DAY + HOUR)
        assert report.totals.sent == 200
        await run(jobs, SEVEN + DAY + 2 * HOUR)
    assert await paused(store, SEVEN + DAY + 2 * HOUR) == []


async def test_with_the_setting_off_admins_are_told_and_nothing_is_paused(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *[SLOW] * 200)
    async with recording() as record:
        rules: dict[str, Any] = {"alerts_to": [ADMIN], "pause_families": False, "clock": _seconds(61.0)}
        jobs = jobs_for(sqlite_store, tmp_path, record.server, **rules)
        await run(jobs, SEVEN)
        await complain(sqlite_store, 6, SEVEN + HOUR)
        for hour in (1, 2, 3):
            await run(jobs, SEVEN + hour * HOUR)
    assert await paused(sqlite_store) == []
    told = await all_notices(sqlite_store, kind="alert")
    # once a day, of the family and of all
    assert Counter(one.data["family"] for one in told) == {SLOW: 1, "all providers": 1}


async def test_two_processes_send_nothing_to_a_family_that_a_third_has_paused(
    postgres_store: Database, second_postgres_store: Database, tmp_path: Path
) -> None:
    await readers_at(postgres_store, *([SLOW] * 400 + [OTHER] * 400))
    async with recording() as record:
        record.slowness = 0.005
        first = jobs_for(postgres_store, tmp_path / "a", record.server, lanes=2)
        second = jobs_for(second_postgres_store, tmp_path / "b", record.server, lanes=2)
        running = [asyncio.create_task(run(one, SEVEN)) for one in (first, second)]
        async with asyncio.timeout(20):
            while len(record.accepted) < 40:  # noqa: ASYNC110 - the record tells nobody
                await asyncio.sleep(0.005)
        await pause_family(Rest(SLOW), by=ANNA, store=postgres_store, now=SEVEN)
        await asyncio.gather(*running)
        slow = await statuses(postgres_store, SLOW)
        # what was at hand went
        assert slow[DEFERRED] > 150
        assert await statuses(postgres_store, OTHER) == {SENT: 400}
        await resume_family(SLOW, by=ANNA, store=postgres_store, now=SEVEN + HOUR)
        await asyncio.gather(*(run(one, SEVEN + HOUR) for one in (first, second)))
    assert await statuses(postgres_store) == {SENT: 800}
    assert set(record.times_accepted().values()) == {1}


async def test_an_issue_to_a_bad_list_is_held_once_and_says_why(store: Database, tmp_path: Path) -> None:
    await readers_at(store, *[SLOW, OTHER] * 150)
    async with recording() as record:
        record.at_data = turned_away(SLOW, words="550 5.1.1 No such user")
        rules: dict[str, Any] = {"alerts_to": [ADMIN], "clock": _seconds(10.0)}
        jobs = jobs_for(store, tmp_path, record.server, lanes=2, **rules)
        await run(jobs, SEVEN)
        async with store.read() as connection:
            issue = await issues.by_id(connection, 1)
            assert issue is not None
            assert issue.status is IssueStatus.HELD
            assert "went to addresses that do not exist" in await issue_acts.why_held(connection, 1)
        assert (await statuses(store))[DeliveryStatus.PLANNED] > 0
        told = [one.data["alert"] for one in await all_notices(store, kind="alert")]
        assert told.count("bad-list") == 1
        # whoever lets it go has seen why
        await issue_acts.release(1, by=ANNA, store=store, now=SEVEN + HOUR)
        await run(jobs, SEVEN + HOUR)
    assert await statuses(store) == {SENT: 150, REFUSED: 150}


async def test_rates_are_seen_by_family_and_few_copies_are_one(store: Database, tmp_path: Path) -> None:
    few = [f"d{number}.example" for number in range(15)]
    await readers_at(store, *[SLOW] * 40, *[OTHER] * 25, *few)
    async with recording() as record:
        record.at_data = turned_away("d3.example", words="550 5.1.1 No such user")
        await run(jobs_for(store, tmp_path, record.server), SEVEN)
    await complain(store, 2, SEVEN + HOUR)
    await pause_family(Rest("quiet.example"), by=PROGRAM, store=store, now=SEVEN)
    found = await families(store=store, now=SEVEN + 2 * HOUR)
    assert [(one.family, one.week.tried) for one in found.each] == [
        ("quiet.example", 0),
        (SLOW, 40),
        (OTHER, 25),
        ("others", 15),
    ]
    assert (found.all.week.tried, found.all.week.accepted, found.all.week.hard) == (80, 79, 1)
    assert found.each[1].week.complaints == 2
    assert found.each[3].week.hard == 1


def _seconds(step: float) -> Callable[[], float]:
    """A clock that goes on by so many seconds whenever it is asked."""
    told = [0.0]

    def clock() -> float:
        told[0] += step
        return told[0]

    return clock
