"""What is late is told to admins by mail and to webhooks, once, and again when it is over."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from digest.core.access import PROGRAM
from digest.core.overdue import Graces
from digest.core.quiet import QuietDay
from digest.core.warmup import WarmingUp, WarmUp
from digest.core.webhooks import EventKind
from digest.flows import issue_acts
from digest.flows.heartbeat import Heartbeat
from digest.flows.overdue import Lookout, Seen
from digest.flows.overview import overview
from digest.jobs.local import LocalJobs
from digest.jobs.on_watch import OnWatch
from digest.mail.servers import Server
from digest.reach.client import Reach
from digest.store.database import Database
from digest.store.tables import deliveries
from subscribers import store as readers
from tests.flows.newsroom import (
    TUESDAY,
    at,
    change_newsletter,
    claim_all,
    item,
    join,
    join_many,
    plan_all,
    publish_news,
)
from tests.flows.post_office import all_notices
from tests.flows.telling import HERE, Clock, hooked, is_signed, listening, messenger
from tests.jobs.office import jobs_for, run
from tests.reach.httpd import Reply, httpd
from tests.walk.recording import recording
from tests.wire.transmission import texts_of

pytestmark = pytest.mark.anyio

ADMINS: Final = ("desk@newsroom.example", "night@newsroom.example")
NEVER: Final = asyncio.Event()


def lookout(store: Database, minutes: tuple[int, int] = (15, 60), **more: Any) -> Lookout:
    return Lookout(store=store, graces=Graces.of_minutes(*minutes), alerts_to=ADMINS, **more)


async def looks(
    store: Database, start: datetime, minutes: range, seen_by: Lookout | None = None
) -> list[tuple[int, Seen]]:
    """Look minute by minute; those looks of which something came."""
    watch, found = seen_by or lookout(store), []
    for minute in minutes:
        seen = await watch.look(start + timedelta(minutes=minute))
        if seen.raised or seen.cleared:
            found.append((minute, seen))
    return found


async def news_for(store: Database, *addresses: str) -> None:
    for address in addresses:
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))


def words_of(letter: bytes) -> str:
    return " ".join(texts_of(letter)["text/plain"].split())


# --- the whole way ------------------------------------------------------------------------------------------


async def test_slot_that_nobody_serves_is_told_by_mail_and_webhook_once_and_when_it_was_served(
    store: Database, tmp_path: Path
) -> None:
    await news_for(store, "ana@example.org")
    clock = Clock()
    async with recording() as record, listening() as receiver:
        hook = await hooked(store, receiver.url, [EventKind.ALARM_RAISED, EventKind.ALARM_CLEARED])
        jobs = jobs_for(store, tmp_path, record.server, messenger=messenger(store, clock))
        # two processes that show pages, and no scheduler anywhere
        watches = [OnWatch(lookout=lookout(store), jobs=jobs) for _ in range(2)]
        for minute in range(40):
            clock.now = at(24, 7, minute)
            for watch in watches:
                await watch.look(clock.now, NEVER)
        await receiver.times(1)
        assert {one.recipient for one in record.accepted} == set(ADMINS)
        assert len(record.accepted) == 2
        words = words_of(record.accepted[0].content)
        assert "1 slot is without an issue." in words
        assert "daily, 2026-11-24, 07:00" in words
        assert "ana@example.org" not in words

        clock.now = at(24, 7, 45)
        await run(jobs, clock.now)
        await asyncio.gather(*(watch.look(clock.now, NEVER) for watch in watches))
        await receiver.times(2)
        await jobs.end()
    assert [one.recipient for one in record.accepted[2:]].count("ana@example.org") == 1
    over = [one for one in record.accepted[2:] if one.recipient in ADMINS]
    assert len(over) == 2
    assert (
        "What was late is not any more. daily, 2026-11-24, 07:00 (daily at 07:00 UTC): issue 1."
        in words_of(over[0].content)
    )
    raised, cleared = (one.told for one in receiver.posted)
    assert (raised["type"], cleared["type"]) == ("alarm.raised", "alarm.cleared")
    slot = {
        "kind": "slot",
        "slot": "2026-11-24T07:00",
        "newsletter": "daily",
        "cadence": "daily at 07:00 UTC",
        "due_at": "2026-11-24T07:00:00Z",
    }
    assert raised["data"] == {"count": 1, "late": [slot]}
    assert cleared["data"] == {"count": 1, "late": [slot | {"issue": 1}]}
    assert all(is_signed(one, hook.secret) for one in receiver.posted)
    assert len(await all_notices(store, kind="alert")) == 4


async def test_issue_that_does_not_move_is_told_and_told_again_when_it_does(store: Database) -> None:
    await news_for(store, "ana@example.org", "bob@example.org")
    await plan_all(store, at(24, 7))
    assert await looks(store, at(24, 7), range(0, 180, 5)) == [(60, Seen(1, 1, 0))]
    (alert, _other) = await all_notices(store, kind="alert")
    assert alert.data["late"] == [
        {
            "kind": "issue",
            "slot": "2026-11-24T07:00",
            "newsletter": "daily",
            "due_at": "2026-11-24T07:00:00Z",
            "issue": 1,
            "left": 2,
        }
    ]
    await claim_all(store, at(24, 10))
    assert await looks(store, at(24, 10), range(5)) == [(0, Seen(0, 0, 1))]


async def test_status_names_what_admins_were_told(sqlite_store: Database) -> None:
    await news_for(sqlite_store, "ana@example.org")
    await looks(sqlite_store, at(24, 7), range(20))
    (late,) = (await overview(store=sqlite_store, now=at(24, 8))).overdue
    assert (late["newsletter"], late["slot"]) == ("daily", "2026-11-24T07:00")
    await plan_all(sqlite_store, at(24, 8))
    await lookout(sqlite_store).look(at(24, 8))
    assert (await overview(store=sqlite_store, now=at(24, 8))).overdue == ()


async def test_mail_that_cannot_go_out_is_tried_again_as_long_as_something_is_late(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await news_for(sqlite_store, "ana@example.org")
    down = jobs_for(sqlite_store, tmp_path, Server("127.0.0.1", 9))
    watch = OnWatch(lookout=lookout(sqlite_store), jobs=down)
    for minute in (0, 15):
        await watch.look(at(24, 7, minute), NEVER)
    async with recording() as record:
        jobs = jobs_for(sqlite_store, tmp_path, record.server)
        watch = OnWatch(lookout=lookout(sqlite_store), jobs=jobs)
        await watch.look(at(24, 7, 30), NEVER)
    assert {one.recipient for one in record.accepted} == set(ADMINS)


async def test_news_at_once_that_nobody_sends_is_told_once_however_much_comes(store: Database) -> None:
    await join(store, "ana@example.org", TUESDAY, at_once="yes")
    watch, told = lookout(store), []
    for minute in range(45):
        now = at(24, 7, minute)
        if minute % 10 == 0:
            # a steady stream: the newest piece is never old
            await publish_news(store, now, item(f"News of minute {minute}"))
        seen = await watch.look(now)
        told += [minute] * seen.raised
    assert told == [15]
    await plan_all(store, at(24, 8))
    assert (await watch.look(at(24, 8))).cleared == 1


# --- what is no alarm ---------------------------------------------------------------------------------------


async def quiet_day(store: Database) -> None:
    await change_newsletter(store, quiet_days=(QuietDay(date(2026, 11, 25), "a holiday"),))


async def late_limit(store: Database) -> None:
    await change_newsletter(store, latest_start_minutes=10)


async def nothing_special(store: Database) -> None:
    return


CALENDARS: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "daily": (nothing_special, {}),
    "kathmandu": (nothing_special, {"timezone": "Asia/Kathmandu", "at": "05:45"}),
    "some-days": (nothing_special, {"days": "mon,thu"}),
    "at-once": (nothing_special, {"at_once": "yes"}),
    "quiet-day": (quiet_day, {}),
    "quiet-at-once": (quiet_day, {"at_once": "yes"}),
    "late-limit": (late_limit, {}),
}


@pytest.mark.parametrize(
    ("special", "words"),
    [
        pytest.param(*calendar, id=name, marks=[] if name in {"daily", "quiet-at-once"} else pytest.mark.wide)
        for name, calendar in CALENDARS.items()
    ],
)
async def test_days_on_which_all_is_planned_raise_nothing(
    special: Any, words: dict[str, Any], sqlite_store: Database
) -> None:
    await special(sqlite_store)
    await join(sqlite_store, "ana@example.org", TUESDAY, **words)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    watch, planned = lookout(sqlite_store, (1, 0)), 0
    for hour in range(72):
        for second in (0, 120):
            now = TUESDAY + timedelta(hours=hour, seconds=second)
            # others look a moment before the round comes
            assert await watch.look(now) == Seen()
            planned += len(await plan_all(sqlite_store, now))
    assert planned > 0


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["spring", "autumn"])
async def test_day_on_which_clocks_change_raises_nothing(day: date, sqlite_store: Database) -> None:
    start = datetime.combine(day, datetime.min.time(), TUESDAY.tzinfo) - timedelta(hours=6)
    await join(sqlite_store, "ana@example.org", start, timezone="Europe/Berlin", at="02:30")
    await publish_news(sqlite_store, start, item("Tariffs"))
    watch, planned = lookout(sqlite_store, (15, 0)), 0
    for minute in range(0, 24 * 60, 15):
        now = start + timedelta(minutes=minute)
        assert await watch.look(now) == Seen()
        planned += len(await plan_all(sqlite_store, now))
    assert planned == 1


async def test_reader_who_chooses_a_time_that_is_past_wakes_nobody(sqlite_store: Database) -> None:
    await news_for(sqlite_store, "ana@example.org")
    await plan_all(sqlite_store, at(24, 7))
    await join(sqlite_store, "bob@example.org", at(24, 6, 30))
    watch = lookout(sqlite_store)
    assert await watch.look(at(24, 12)) == Seen()
    await plan_all(sqlite_store, at(24, 12))
    assert await watch.look(at(24, 12, 20)) == Seen()


@pytest.mark.parametrize("where", ["held", "waiting", "cancelled"])
async def test_issue_that_a_person_stopped_is_not_late(where: str, sqlite_store: Database) -> None:
    if where == "waiting":
        await change_newsletter(sqlite_store, approval=True, approval_lead_minutes=60)
    await news_for(sqlite_store, "ana@example.org")
    await plan_all(sqlite_store, at(24, 7))
    if where == "held":
        await issue_acts.hold(1, by=PROGRAM, store=sqlite_store, now=at(24, 7))
    elif where == "cancelled":
        await issue_acts.cancel(1, by=PROGRAM, store=sqlite_store, now=at(24, 7))
    assert await looks(sqlite_store, at(24, 7), range(0, 24 * 60, 20)) == []


async def test_issue_that_is_to_be_approved_is_planned_ahead_and_not_late_before_its_time(
    sqlite_store: Database,
) -> None:
    await change_newsletter(sqlite_store, approval=True, approval_lead_minutes=120)
    await news_for(sqlite_store, "ana@example.org")
    # nobody plans: it is late when its time has come, not when it should have been there to look at
    assert await looks(sqlite_store, at(24, 5), range(0, 240, 5)) == [(135, Seen(1, 1, 0))]


async def test_readers_who_are_away_are_owed_nothing(sqlite_store: Database) -> None:
    await news_for(sqlite_store, "ana@example.org")
    async with sqlite_store.write() as connection:
        (ana,) = await readers.subscriptions_of(connection, "ana@example.org")
        await readers.mark_bouncing(connection, ana.id, "no such address", at(24, 6))
    assert await looks(sqlite_store, at(24, 7), range(0, 600, 10)) == []


async def test_slots_that_wait_behind_a_slow_issue_are_not_late_while_copies_go_out(
    sqlite_store: Database,
) -> None:
    await join_many(sqlite_store, 5, TUESDAY)
    await join(sqlite_store, "ana@example.org", TUESDAY, at="08:00")
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    await plan_all(sqlite_store, at(24, 7))
    await claim_all(sqlite_store, at(24, 7))
    watch = lookout(sqlite_store)
    for minute in range(0, 150, 5):
        now = at(24, 7) + timedelta(minutes=minute)
        # who has them in hand is alive: a rate of few copies an hour
        async with sqlite_store.write() as connection:
            await connection.execute(update(deliveries).values(lease_until=now + timedelta(minutes=10)))
        assert await watch.look(now) == Seen()
    # then nothing is heard of any more, and the slot has its grace
    (told,) = await looks(sqlite_store, at(24, 9, 45), range(0, 60, 5), watch)
    assert told == (15, Seen(1, 1, 0))


async def test_rest_that_a_warm_up_leaves_for_tomorrow_is_not_late(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join_many(sqlite_store, 6, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    plan = WarmingUp(WarmUp(first=2, growth=1.5, goal=1000), date(2026, 11, 24))
    async with recording() as record:
        await run(jobs_for(sqlite_store, tmp_path, record.server, warm_up=plan), at(24, 7))
        assert len(record.accepted) == 2
    told = await looks(sqlite_store, at(24, 7), range(0, 16 * 60, 30), lookout(sqlite_store, warm_up=plan))
    assert told == []
    # without the plan it is an issue that does not move
    assert len(await looks(sqlite_store, at(24, 7), range(0, 16 * 60, 30))) == 1


# --- signs of life ------------------------------------------------------------------------------------------


async def test_sign_of_life_is_given_as_long_as_all_is_well_and_never_while_it_is_not(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await news_for(sqlite_store, "ana@example.org")
    jobs: LocalJobs = jobs_for(sqlite_store, tmp_path)
    trouble = [""]
    async with httpd() as server:
        server.pages["/beat/secret"] = Reply()
        reach = Reach(agent="tests", own=HERE)
        beat = Heartbeat(url=f"{server.url}/beat/secret", reach=reach)
        watch = OnWatch(lookout=lookout(sqlite_store), jobs=jobs, heartbeat=beat, trouble=lambda: trouble[0])
        await watch.look(at(24, 6), NEVER)
        assert [one.path for one in server.asked] == ["/beat/secret"]
        trouble[0] = "no mail server can be used"
        await watch.look(at(24, 6, 1), NEVER)
        assert len(server.asked) == 1
        trouble[0] = ""
        # a slot is late: silence
        for minute in (0, 15, 16):
            await watch.look(at(24, 7, minute), NEVER)
        assert len(server.asked) == 2
        await run(jobs, at(24, 7, 20))
        await watch.look(at(24, 7, 21), NEVER)
        assert len(server.asked) == 3
        await reach.close()


@pytest.mark.parametrize("status", [500, 404])
async def test_sign_of_life_that_is_not_heard_is_logged_without_its_address_and_stops_nothing(
    status: int, sqlite_store: Database
) -> None:
    async with httpd() as server:
        server.pages["/beat/secret"] = Reply(b"", status)
        reach = Reach(agent="tests", own=HERE)
        beat = Heartbeat(url=f"{server.url}/beat/secret", reach=reach)
        gone = Heartbeat(url="http://127.0.0.1:9/beat/secret", reach=reach)
        kept_out = Heartbeat(url="http://169.254.169.254/beat/secret", reach=reach)
        with capture_logs() as lines:
            for one in (beat, beat, gone, kept_out):
                assert not await one.beat()
            server.pages["/beat/secret"] = Reply()
            assert await beat.beat()
        await reach.close()
    assert [line["log_level"] for line in lines] == ["warning"] * 4
    assert lines[0]["error"] == f"it answers with {status}"
    assert lines[-1]["event"] == "the sign of life is heard again"
    assert "secret" not in str(lines)
