"""The scheduler has everything done that is due, again and again, and ends well when it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from digest.core.model import RunTotals
from digest.core.overdue import Graces
from digest.flows.notify import Notified
from digest.flows.overdue import Lookout
from digest.flows.poll import Polls
from digest.flows.read_mailbox import MailboxRead
from digest.flows.watch import Looked, Watcher
from digest.ingest.folder import Folder
from digest.jobs.local import RunReport
from digest.jobs.on_watch import OnWatch
from digest.store.database import Database
from scheduler import Pulse, keep_time, keep_watch
from tests.flows.inbox import Inbox, news
from tests.flows.newsroom import TUESDAY, at, carried, item, join, publish_news
from tests.jobs.office import jobs_for
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio


@dataclass
class Diary:
    """Work that only notes when it was asked for; `script` says what becomes of each time."""

    script: list[Callable[[asyncio.Event], Awaitable[RunReport]]] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    notified: int = 0
    notices_fail: bool = False
    under_way: int = 0
    most_at_once: int = 0
    noted: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self, now: datetime, stop: asyncio.Event) -> RunReport:
        self.asked.append(now)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        async with self.noted:
            self.noted.notify_all()
        try:
            turn = len(self.asked) - 1
            if turn < len(self.script):
                return await self.script[turn](stop)
            return RunReport(RunTotals())
        finally:
            self.under_way -= 1

    async def take_in(self, now: datetime, stop: asyncio.Event) -> int:
        return 0

    async def hand_over(self, stop: asyncio.Event) -> None:
        """Nobody is told."""

    async def end(self) -> None:
        """Nothing goes on."""

    async def poll(self, now: datetime, stop: asyncio.Event) -> Polls:
        return Polls()

    async def look(self, now: datetime, stop: asyncio.Event) -> Looked:
        return Looked()

    async def read_mailbox(self, stop: asyncio.Event) -> MailboxRead:
        return MailboxRead()

    async def record_leavings(self, now: datetime) -> None:
        """Nobody leaves."""

    async def notify(self, now: datetime, stop: asyncio.Event) -> Notified:
        self.notified += 1
        if self.notified == 1 and self.notices_fail:
            raise ConnectionError("the post is on strike")
        async with self.noted:
            self.noted.notify_all()
        return Notified()

    async def times(self, count: int) -> None:
        """Wait until it was asked so often."""
        async with asyncio.timeout(20), self.noted:
            await self.noted.wait_for(lambda: len(self.asked) >= count)


@asynccontextmanager
async def ticking(
    diary: Diary, pulse: Pulse | None = None, watch: OnWatch | None = None
) -> AsyncIterator[asyncio.Event]:
    """A scheduler that ticks every second; it has ended when the block has."""
    stop, pulse = asyncio.Event(), pulse or Pulse()
    task = asyncio.create_task(keep_time(diary, tick_seconds=1, stop=stop, pulse=pulse, watch=watch))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task


async def test_the_first_tick_comes_at_once_and_others_follow() -> None:
    began = datetime.now(UTC)
    diary = Diary()
    async with ticking(diary):
        await diary.times(1)
        assert datetime.now(UTC) - began < timedelta(seconds=0.9)
        await diary.times(3)
    gaps = [after - before for before, after in zip(diary.asked, diary.asked[1:], strict=False)]
    assert all(timedelta(seconds=0.5) < gap < timedelta(seconds=5) for gap in gaps)


async def test_a_tick_that_fails_is_told_and_the_next_one_goes_on() -> None:
    async def fail(_stop: asyncio.Event) -> RunReport:
        raise ConnectionError("the store is on strike")

    pulse = Pulse()
    diary = Diary([fail])
    with capture_logs() as told:
        async with ticking(diary, pulse):
            await diary.times(1)
            await asyncio.sleep(0)
            assert pulse == Pulse(None, "ConnectionError: the store is on strike")
            await diary.times(2)
    assert pulse == Pulse(diary.asked[-1], "")
    assert [line["error"] for line in told if line["log_level"] == "error"] == [
        "ConnectionError: the store is on strike"
    ]


async def test_trouble_with_the_server_is_felt_in_the_pulse_until_it_is_over() -> None:
    async def no_server(_stop: asyncio.Event) -> RunReport:
        return RunReport(RunTotals(), "no mail server can be used")

    pulse = Pulse()
    diary = Diary([no_server])
    async with ticking(diary, pulse):
        await diary.times(1)
        await asyncio.sleep(0)
        assert pulse == Pulse(diary.asked[0], "no mail server can be used")
        await diary.times(2)
    assert pulse.trouble == ""


async def test_a_tick_that_takes_long_is_not_overtaken_and_missed_ones_are_one() -> None:
    async def long(_stop: asyncio.Event) -> RunReport:
        await asyncio.sleep(2.5)
        return RunReport(RunTotals())

    diary = Diary([long])
    async with ticking(diary):
        await diary.times(2)
    assert diary.most_at_once == 1
    assert len(diary.asked) == 2


async def test_notices_go_out_while_a_long_tick_is_under_way_and_after_a_failure() -> None:
    async def until_stopped(stop: asyncio.Event) -> RunReport:
        await stop.wait()
        return RunReport(RunTotals())

    diary = Diary([until_stopped], notices_fail=True)
    async with ticking(diary):
        await diary.times(1)
        async with asyncio.timeout(20), diary.noted:
            await diary.noted.wait_for(lambda: diary.notified >= 3)
        assert diary.under_way == 1


async def test_who_has_to_confirm_is_asked_within_seconds_while_an_issue_takes_its_time(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, "ann@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    stop, pulse = asyncio.Event(), Pulse()
    async with recording() as record:

        async def join_meanwhile(message: Accepted) -> str | None:
            if message.recipient == "ann@example.org":
                await join(sqlite_store, "bob@example.org", at(24, 8), confirmed=False)
                # the copy is not answered before the question has gone out
                await asked.wait()
            else:
                asked.set()
                stop.set()
            return None

        asked = asyncio.Event()
        record.at_data = join_meanwhile
        jobs = jobs_for(sqlite_store, tmp_path, record.server)
        async with asyncio.timeout(20):
            await keep_time(jobs, tick_seconds=30, stop=stop, pulse=pulse, clock=lambda: at(24, 8))
    assert {one.recipient for one in record.accepted} == {"ann@example.org", "bob@example.org"}


async def test_a_file_is_taken_in_within_seconds_while_an_issue_takes_its_time(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, "ann@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    stop, inbox = asyncio.Event(), Inbox(sqlite_store, tmp_path)
    inbox.put("news.json", news("Ferries"))
    async with recording() as record:

        async def wait_for_the_file(_message: Accepted) -> str | None:
            for _ in range(400):
                await asyncio.sleep(0.05)
                if "taken/news.json" in inbox.lying():
                    break
            stop.set()
            return None

        record.at_data = wait_for_the_file
        watcher = Watcher(store=sqlite_store, folder=Folder(tmp_path), settles=timedelta(seconds=1))
        jobs = jobs_for(sqlite_store, tmp_path / "var", record.server, watcher=watcher)
        (tmp_path / "var").mkdir()
        async with asyncio.timeout(30):
            await keep_time(jobs, tick_seconds=1, stop=stop, pulse=Pulse(), clock=lambda: at(24, 8))
    assert await inbox.titles() == ["Tariffs", "Ferries"]
    assert await carried(sqlite_store, "ann@example.org") == [(1,)]


async def test_a_stop_waits_for_the_tick_under_way_and_begins_no_other() -> None:
    ended = asyncio.Event()

    async def until_stopped(stop: asyncio.Event) -> RunReport:
        await stop.wait()
        await asyncio.sleep(0.2)
        ended.set()
        return RunReport(RunTotals())

    diary = Diary([until_stopped])
    async with ticking(diary) as stop:
        await diary.times(1)
        stop.set()
        assert not ended.is_set()
    assert ended.is_set()
    await asyncio.sleep(1.1)
    assert len(diary.asked) == 1


async def test_what_was_missed_while_nothing_ran_is_one_mail_at_the_start(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, "ann@example.org", TUESDAY)
    for day in (24, 25, 26):
        await publish_news(sqlite_store, at(day, 6), item(f"Story {day}"))
    stop, pulse = asyncio.Event(), Pulse()
    async with recording() as record:

        async def stop_soon(_message: object) -> None:
            stop.set()

        record.at_data = stop_soon
        jobs = jobs_for(sqlite_store, tmp_path, record.server)
        async with asyncio.timeout(20):
            await keep_time(jobs, tick_seconds=1, stop=stop, pulse=pulse, clock=lambda: at(26, 12))
    assert [message.recipient for message in record.accepted] == ["ann@example.org"]
    assert await carried(sqlite_store, "ann@example.org") == [(3, 2, 1)]
    assert pulse == Pulse(at(26, 12), "")


# --- who looks whether all of this happens ------------------------------------------------------------------


def lookout(store: Database) -> Lookout:
    """Who tells at the second look that a slot is without an issue."""
    graces = Graces(timedelta(seconds=0.5), None)
    return Lookout(store=store, graces=graces, alerts_to=["desk@newsroom.example"])


@pytest.mark.parametrize("fault", ["fails", "hangs"])
async def test_slot_that_a_broken_round_does_not_serve_is_told_all_the_same(
    fault: str, sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.WATCH_SECONDS", 1)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await join(sqlite_store, "ana@example.org", yesterday)
    await publish_news(sqlite_store, yesterday, item("Tariffs"))

    async def broken(stop: asyncio.Event) -> RunReport:
        if fault == "hangs":
            await stop.wait()
        raise RuntimeError("a fault of ours")

    told = asyncio.Event()
    async with recording() as record:

        async def arrived(message: Accepted) -> None:
            told.set()

        record.at_data = arrived
        watch = OnWatch(lookout=lookout(sqlite_store), jobs=jobs_for(sqlite_store, tmp_path, record.server))
        async with ticking(Diary([broken] * 100), watch=watch), asyncio.timeout(30):
            await told.wait()
    assert {one.recipient for one in record.accepted} == {"desk@newsroom.example"}


async def test_process_without_a_scheduler_looks_until_it_is_stopped_whatever_goes_wrong(
    blank_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.WATCH_SECONDS", 0.05)
    stop, looked = asyncio.Event(), 0

    def clock() -> datetime:
        nonlocal looked
        looked += 1
        if looked == 3:
            stop.set()
        return datetime.now(UTC)

    watch = OnWatch(lookout=lookout(blank_store), jobs=None)
    with capture_logs() as lines:
        async with asyncio.timeout(20):
            await keep_watch(watch, stop=stop, clock=clock)
    assert [line["event"] for line in lines] == ["nobody could look for what is late"] * 3
