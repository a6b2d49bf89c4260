"""Rows before acts, watched from the far end: what the store says at the moment a message arrives."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.core.model import Claimed, DeliveryStatus, IssueStatus
from digest.flows import patience
from digest.flows.press import Press
from digest.flows.tally import Tally
from digest.mail.lane import Letter
from digest.render.printer import Printer
from digest.store import issues
from digest.store.database import Database
from subscribers.model import Format
from tests.flows.newsroom import TUESDAY, at, copies, item, join, join_many, publish_news, reader
from tests.jobs.office import jobs_for, run
from tests.mail.smtpd import smtpd
from tests.walk.recording import Accepted, Record, recording

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)


async def readers_and_news(store: Database, count: int) -> list[str]:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    return await join_many(store, count, TUESDAY)


class Onlooker:
    """Looks into the store, as another process does, at each message that arrives."""

    def __init__(self, store: Database, record: Record) -> None:
        self._path = store.url.database or ""
        self._record = record
        self._last: dict[int, int] = {}
        self.seen = 0
        record.at_data = self

    async def __call__(self, message: Accepted) -> None:
        with closing(sqlite3.connect(self._path)) as connection:
            status, started_at, owner = self._row(connection, message.delivery_id)
            assert (status, bool(started_at), bool(owner)) == ("sending", True, True)
            before = self._last.get(message.connection)
            if before is not None:
                assert self._row(connection, before)[0] != "sending", "two unrecorded on one connection"
            begun = connection.execute(
                "SELECT count(*) FROM deliveries WHERE status = 'sending' AND started_at IS NOT NULL"
            )
            assert begun.fetchone()[0] <= self._record.open_now
        self._last[message.connection] = message.delivery_id
        self.seen += 1
        # other lanes go on meanwhile
        await asyncio.sleep(0.001)

    @staticmethod
    def _row(connection: sqlite3.Connection, delivery_id: int) -> tuple[str, str | None, str | None]:
        query = "SELECT status, started_at, owner FROM deliveries WHERE id = ?"
        row: tuple[str, str | None, str | None] = connection.execute(query, (delivery_id,)).fetchone()
        return row


@pytest.mark.parametrize("lanes", [1, 4])
async def test_a_connection_carries_at_most_one_unrecorded_message(
    sqlite_store: Database, tmp_path: Path, lanes: int
) -> None:
    await readers_and_news(sqlite_store, 60)
    async with recording() as record:
        onlooker = Onlooker(sqlite_store, record)
        report = await run(jobs_for(sqlite_store, tmp_path, record.server, lanes=lanes), SEVEN)
    assert (report.totals.sent, onlooker.seen) == (60, 60)
    assert (record.connections, record.most_open) == (lanes, lanes)


async def test_no_more_connections_are_opened_than_there_are_copies(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(sqlite_store, 2)
    async with recording() as record:
        await run(jobs_for(sqlite_store, tmp_path, record.server, lanes=20), SEVEN)
        await run(jobs_for(sqlite_store, tmp_path, record.server, lanes=20), SEVEN)
    assert record.connections == 2


@pytest.mark.parametrize("after", [1, 7, 29])
async def test_a_stop_lets_messages_on_the_wire_end_and_begins_no_other(
    store: Database, tmp_path: Path, after: int
) -> None:
    await readers_and_news(store, 30)
    stop, lanes = asyncio.Event(), 3
    async with recording() as record:

        async def stop_after_some(message: Accepted) -> None:
            if len(record.accepted) + 1 >= after:
                stop.set()
            await asyncio.sleep(0.01)

        record.at_data = stop_after_some
        report = await jobs_for(store, tmp_path, record.server, lanes=lanes).run(SEVEN, stop)
        accepted = len(record.accepted)
        # those of the other lanes may end before it is seen, and then each lane has one more begun
        assert after <= accepted <= after - 1 + (lanes - 1) + lanes
        assert (report.totals.sent, report.trouble) == (accepted, "")
        counts = dict.fromkeys(("sent", "planned"), 0) | {
            status.value: len(await copies(store, status=status))
            for status in (DeliveryStatus.SENT, DeliveryStatus.PLANNED)
        }
        assert counts == {"sent": accepted, "planned": 30 - accepted}
        record.at_data = None
        assert (await run(jobs_for(store, tmp_path, record.server), SEVEN)).totals.sent == 30 - accepted
    assert set(record.times_accepted().values()) == {1}


async def test_two_processes_at_one_issue_send_each_copy_once(
    store: Database, second_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(store, 60)
    async with recording() as record:
        record.slowness = 0.005
        first, second = await asyncio.gather(
            run(jobs_for(store, tmp_path, record.server, lanes=2), SEVEN),
            run(jobs_for(second_store, tmp_path, record.server, lanes=2), SEVEN),
        )
    assert first.totals.sent + second.totals.sent == 60
    assert first.totals.planned + second.totals.planned == 60
    assert set(record.times_accepted().values()) == {1}
    async with store.read() as connection:
        (issue,) = await issues.page(connection)
    assert issue.status is IssueStatus.DONE


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ZeroDivisionError("the press is jammed"), "ZeroDivisionError: the press is jammed"),
        # of a kind by which addresses are refused, too
        (ValueError("a mark makes no sense"), "ValueError: a mark makes no sense"),
    ],
)
async def test_a_cohort_that_cannot_be_printed_costs_no_one_else_a_mail(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, words: str
) -> None:
    await readers_and_news(store, 20)
    await join(store, "odd@example.org", TUESDAY, topics="energy", at="06:59")
    print_letter = Press.letter_at_once

    def jam(press: Press, copy: Claimed) -> Letter | None:
        if copy.delivery_id in {15, 16}:
            raise fault
        return print_letter(press, copy)

    monkeypatch.setattr(Press, "letter_at_once", jam)
    async with recording() as record:
        report = await run(jobs_for(store, tmp_path, record.server, lanes=3), SEVEN)
        assert report.trouble == f"copies of issue 2 cannot be printed, and wait: {words}"
        assert (report.totals.sent, report.totals.deferred) == (len(record.accepted), 2) == (19, 2)
        left = {copy.id: (copy.status, copy.reason, copy.attempts) for copy in await copies(store)}
        assert {left.pop(15), left.pop(16)} == {(DeliveryStatus.DEFERRED, "unprintable", 0)}
        assert {status for status, _, _ in left.values()} == {DeliveryStatus.SENT}
        # nothing is mended: they wait again, however often that is
        for minutes in range(11, 77, 11):
            again = await run(jobs_for(store, tmp_path, record.server), SEVEN + timedelta(minutes=minutes))
            assert (again.totals.sent, again.totals.deferred, again.trouble) == (0, 2, report.trouble)
        monkeypatch.setattr(Press, "letter_at_once", print_letter)
        await run(jobs_for(store, tmp_path, record.server, lanes=3), SEVEN + timedelta(minutes=77))
    assert len(record.accepted) == 21
    assert set(record.times_accepted().values()) == {1}


async def test_a_sheet_that_cannot_be_printed_keeps_only_those_of_its_language(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readers_and_news(store, 2)
    for number in range(3):
        await join(store, f"ar{number}@example.org", TUESDAY, language="ar")
    make_sheet, tried = Printer.prepare, list[str]()

    def jam(printer: Printer, language: str, format_: Format) -> None:
        if language == "ar":
            tried.append(language)
            raise ZeroDivisionError("a theme that cannot count")
        make_sheet(printer, language, format_)

    monkeypatch.setattr(Printer, "prepare", jam)
    words = "cannot be printed, and wait: ZeroDivisionError: a theme that cannot count"
    async with recording() as record:
        for minutes in (0, 11, 22):
            report = await run(jobs_for(store, tmp_path, record.server), SEVEN + timedelta(minutes=minutes))
            assert report.trouble == f"copies of issue 1 {words}"
            # once a claim, and not once a letter
            assert len(tried) == 1 + minutes // 11
        assert len(record.accepted) == 2
        left = [(copy.status, copy.reason) for copy in await copies(store) if copy.status != "sent"]
        assert left == [(DeliveryStatus.DEFERRED, "unprintable")] * 3
        monkeypatch.setattr(Printer, "prepare", make_sheet)
        await run(jobs_for(store, tmp_path, record.server), SEVEN + timedelta(minutes=33))
    assert len(record.accepted) == 5
    assert set(record.times_accepted().values()) == {1}


async def test_a_letter_that_can_never_be_printed_gives_its_items_back(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readers_and_news(store, 3)
    print_letter = Press.letter_at_once

    def jam(press: Press, copy: Claimed) -> Letter | None:
        if copy.delivery_id == 2:
            raise KeyError("a mark")
        return print_letter(press, copy)

    monkeypatch.setattr(Press, "letter_at_once", jam)
    async with recording() as record:
        await run(jobs_for(store, tmp_path, record.server), SEVEN)
        await run(jobs_for(store, tmp_path, record.server), SEVEN + timedelta(days=5))
    first, unlucky, last = (await copies(store))[:3]
    assert [copy.status for copy in (first, unlucky, last)] == ["sent", "expired", "sent"]
    owed = [(await reader(store, copy.address or "")).bookmark.is_new(1) for copy in (first, unlucky, last)]
    assert owed == [False, True, False]


async def test_what_fails_between_two_letters_ends_the_issue_in_this_run_and_costs_no_copy(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readers_and_news(sqlite_store, 20)
    count, counted = Tally.count, iter(range(100))

    def jam(tally: Tally, status: DeliveryStatus, copies: int = 1) -> None:
        if next(counted) == 7:
            raise ZeroDivisionError("the counter is jammed")
        count(tally, status, copies)

    monkeypatch.setattr(Tally, "count", jam)
    async with smtpd(pipelining=True) as server:
        report = await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=3), SEVEN)
        assert report.trouble == "issue 1 cannot be sent: ZeroDivisionError: the counter is jammed"
        assert {copy.status for copy in await copies(sqlite_store)} == {
            DeliveryStatus.SENT,
            DeliveryStatus.PLANNED,
        }
        await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=3), SEVEN)
    recipients = [taken.recipient for taken in server.taken]
    assert len(recipients) == len(set(recipients)) == 20


async def test_a_store_that_fails_while_sending_leaves_one_doubt_a_connection_at_most(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", timedelta(0))
    await readers_and_news(sqlite_store, 40)
    broken = False

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if broken and statement.startswith("UPDATE deliveries"):
            raise sqlite3.OperationalError("disk I/O error")

    event.listen(sqlite_store.engine.sync_engine, "before_cursor_execute", refuse)
    async with recording() as record:

        async def break_at_ten(message: Accepted) -> None:
            nonlocal broken
            broken = broken or len(record.accepted) >= 10

        record.at_data = break_at_ten
        jobs = jobs_for(sqlite_store, tmp_path, record.server, lanes=4)
        report = await run(jobs, SEVEN)
        assert "disk I/O error" in report.trouble
        broken = False
        taken = len(record.accepted)
        sent = len(await copies(sqlite_store, status=DeliveryStatus.SENT))
        assert 0 <= taken - sent <= 4
        record.at_data = None
        # the names of the failed run count as dead at once: nobody waits for a lease
        report = await run(jobs, SEVEN)
    assert report.totals.sent == 40 - sent
    assert sum(record.times_accepted().values()) == 40 + taken - sent
    assert len(record.times_accepted()) == 40
    record.assert_no_second_copy_differs()
