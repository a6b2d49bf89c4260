"""The pace while sending: who must wait holds up nobody, and who would wait long waits in the store."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.core.model import DeliveryStatus
from digest.core.pace import Limit, Limits, Pace
from digest.core.warmup import WarmingUp, WarmUp
from digest.flows.rosters import import_roster
from digest.jobs.local import LocalJobs
from digest.store import deliveries
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, change_newsletter, copies, item, publish_news
from tests.jobs.office import jobs_for, run
from tests.mail.smtpd import smtpd
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)
SLOW, OTHER = "slow.example", "news.example"


async def readers_at(store: Database, *domains: str) -> list[str]:
    """Readers, one at each domain that is named, in this order, and news for all."""
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    addresses = [f"reader{number:04}@{domain}" for number, domain in enumerate(domains)]
    roster = "\n".join(["email", *addresses])
    await import_roster(roster, store=store, now=TUESDAY, raw=True, dry_run=False)
    return addresses


async def statuses(store: Database, domain: str = "") -> Counter[DeliveryStatus]:
    found = await copies(store)
    return Counter(copy.status for copy in found if (copy.address or "").endswith(domain))


def under_way(jobs: LocalJobs, *families: str) -> bool:
    """Whether the pace still counts any copy as under way; it shows when all places are asked for."""
    pace: Pace = jobs._here._pace
    gates = [pace._server, *(pace._families[name] for name in families if name in pace._families)]
    return any(gate._under_way or gate._inherited for gate in gates)


def busy_at(domain: str) -> Any:
    """A relay that is asked by one domain to slow down, and passes that on."""

    async def answer(message: Accepted) -> str | None:
        return "451 4.7.1 Too many of you, slow down" if message.recipient.endswith(domain) else None

    return answer


async def test_a_family_that_asks_for_patience_holds_up_no_other(store: Database, tmp_path: Path) -> None:
    await readers_at(store, *([SLOW] * 60 + [OTHER] * 60))
    async with recording() as record:
        record.at_data = busy_at(SLOW)
        jobs = jobs_for(store, tmp_path, record.server, longest_wait=1.0)
        report = await run(jobs, SEVEN)
    assert await statuses(store, OTHER) == {DeliveryStatus.SENT: 60}
    assert await statuses(store, SLOW) == {DeliveryStatus.DEFERRED: 60}
    assert (report.totals.sent, report.totals.deferred, report.trouble) == (60, 60, "")
    assert report.waiting.startswith(f"copies put off until it is their turn: {SLOW} ")
    slow = [copy for copy in await copies(store) if copy.reason == "waits-its-turn"]
    # a few knocked in vain, for the others no try is counted
    assert len(slow) > 45
    assert {copy.attempts for copy in slow} == {0}
    assert all(copy.retry_at and SEVEN < copy.retry_at <= SEVEN + timedelta(minutes=10) for copy in slow)
    assert not under_way(jobs, SLOW, OTHER)


async def test_what_was_put_off_is_sent_when_its_turn_has_come(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *[SLOW] * 30)
    async with recording() as record:
        record.at_data = busy_at(SLOW)
        await run(jobs_for(sqlite_store, tmp_path, record.server, longest_wait=0.5), SEVEN)
        record.at_data = None
        # another process knows nothing of the trouble
        report = await run(jobs_for(sqlite_store, tmp_path, record.server), SEVEN + timedelta(hours=1))
    assert report.totals.sent == len(record.accepted) == 30


async def test_the_next_run_of_the_same_process_remembers_who_asked_for_patience(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *[SLOW] * 30)
    tried = 0

    async def refuse(message: Accepted) -> str | None:
        nonlocal tried
        tried += 1
        return "451 4.7.1 Slow down"

    async with recording() as record:
        record.at_data = refuse
        jobs = jobs_for(sqlite_store, tmp_path, record.server, longest_wait=0.5)
        await run(jobs, SEVEN)
        before = tried
        await run(jobs, SEVEN + timedelta(hours=1))
    assert before <= 12
    assert tried <= before + 1


async def test_a_family_never_has_more_under_way_than_its_limit(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *[SLOW, OTHER, SLOW] * 20)
    open_now, most = Counter[str](), Counter[str]()
    async with recording() as record:

        async def watch(message: Accepted) -> None:
            domain = message.recipient.partition("@")[2]
            open_now[domain] += 1
            most[domain] = max(most[domain], open_now[domain])
            await asyncio.sleep(0.01)
            open_now[domain] -= 1

        record.at_data = watch
        limits = Limits(Limit(6), Limit(6), {SLOW: Limit(2)})
        jobs = jobs_for(sqlite_store, tmp_path, record.server, lanes=6, limits=limits)
        report = await run(jobs, SEVEN)
    assert (report.totals.sent, report.waiting) == (60, "")
    assert most[SLOW] == 2
    assert 2 <= most[OTHER] <= 6
    assert not under_way(jobs, SLOW, OTHER)


async def test_the_rate_of_the_server_is_kept(sqlite_store: Database, tmp_path: Path) -> None:
    await readers_at(sqlite_store, *[OTHER] * 12)
    async with recording() as record:
        limits = Limits(Limit(4, rate=20), Limit(4))
        begun = time.monotonic()
        report = await run(jobs_for(sqlite_store, tmp_path, record.server, limits=limits), SEVEN)
        took = time.monotonic() - begun
    assert report.totals.sent == 12
    assert took >= 11 / 20


async def test_a_rate_that_is_too_low_for_all_keeps_few_and_puts_the_others_off(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *[SLOW] * 30, *[OTHER] * 5)
    async with recording() as record:
        limits = Limits(Limit(4), Limit(4), {SLOW: Limit(4, rate=2)})
        jobs = jobs_for(sqlite_store, tmp_path, record.server, limits=limits, longest_wait=2.0)
        report = await run(jobs, SEVEN)
    assert await statuses(sqlite_store, OTHER) == {DeliveryStatus.SENT: 5}
    slow = await statuses(sqlite_store, SLOW)
    assert 2 <= slow[DeliveryStatus.SENT] <= 8
    assert slow[DeliveryStatus.SENT] + slow[DeliveryStatus.DEFERRED] == 30
    assert report.totals.deferred == slow[DeliveryStatus.DEFERRED]
    waits = {copy.retry_at for copy in await copies(sqlite_store, status=DeliveryStatus.DEFERRED)}
    # one after the other, at two a second, in steps of ten seconds
    assert len(waits) >= 2
    assert not under_way(jobs, SLOW, OTHER)


async def test_the_last_copies_are_shared_among_the_lanes(sqlite_store: Database, tmp_path: Path) -> None:
    await readers_at(sqlite_store, *[OTHER] * 4)
    async with smtpd(pipelining=True) as server:
        await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=4), SEVEN)
    assert len(server.taken) == 4
    assert not [sent for sent in server.arrivals if b"\r\n.\r\nMAIL FROM:" in sent]


async def until_one_is_sent(store: Database) -> None:
    async with asyncio.timeout(15):
        while (await statuses(store))[DeliveryStatus.SENT] == 0:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)


async def test_a_result_is_written_down_before_its_lane_waits_for_its_turn(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *[OTHER] * 2)
    stop = asyncio.Event()
    limits = Limits(Limit(1, rate=0.05), Limit(1))
    async with recording() as record:
        jobs = jobs_for(sqlite_store, tmp_path, record.server, lanes=1, limits=limits)
        running = asyncio.create_task(jobs.run(SEVEN, stop))
        await until_one_is_sent(sqlite_store)
        assert not running.done()
        assert await statuses(sqlite_store) == {DeliveryStatus.SENT: 1, DeliveryStatus.SENDING: 1}
        # the stop does not wait for the turn, which is twenty seconds off
        stop.set()
        async with asyncio.timeout(10):
            report = await running
    assert (report.totals.sent, report.trouble) == (1, "")
    assert await statuses(sqlite_store) == {DeliveryStatus.SENT: 1, DeliveryStatus.PLANNED: 1}


async def test_lanes_that_die_leave_nothing_under_way(sqlite_store: Database, tmp_path: Path) -> None:
    await readers_at(sqlite_store, *[SLOW, OTHER] * 20)
    async with recording() as record:

        async def leave(message: Accepted) -> str | None:
            return "530 5.7.0 Authentication required" if len(record.accepted) > 10 else None

        record.at_data = leave
        jobs = jobs_for(sqlite_store, tmp_path, record.server)
        await run(jobs, SEVEN)
        assert not under_way(jobs, SLOW, OTHER)
        async with sqlite_store.read() as connection:
            assert await deliveries.owners_at_work(connection) == set()


# --- A sender whom nobody knows yet -------------------------------------------------------------------------


async def test_a_warm_up_sends_so_many_a_day_and_the_rest_on_the_next_days(
    store: Database, tmp_path: Path
) -> None:
    await readers_at(store, *[OTHER] * 20)
    # what waits for a later day must not be given up meanwhile
    await change_newsletter(store, give_up_minutes=5 * 24 * 60)
    plan = WarmingUp(WarmUp(first=4, growth=2.0, goal=1000), since=date(2026, 11, 24))
    async with recording() as record:
        jobs = jobs_for(store, tmp_path, record.server, warm_up=plan)
        first = await run(jobs, SEVEN)
        assert (first.totals.sent, first.trouble) == (4, "")
        assert first.waiting == "copies beyond today's ceiling of the warm-up: 16"
        assert await statuses(store) == {DeliveryStatus.SENT: 4, DeliveryStatus.PLANNED: 16}
        connections = record.connections
        again = await run(jobs, SEVEN + timedelta(hours=1))
        assert (again.totals.sent, record.connections) == (0, connections)
        assert (await run(jobs, SEVEN + timedelta(days=1))).totals.sent == 8
        last = await run(jobs, SEVEN + timedelta(days=2))
        assert (last.totals.sent, last.waiting) == (8, "")
    assert len(record.accepted) == 20
