"""Envelopes that travel ahead: a round trip less for each letter, and no promise less."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from digest.core.model import DeliveryStatus
from digest.flows.recorder import Recorder
from digest.store.database import Database
from digest.store.tables import deliveries as table
from tests.flows.newsroom import TUESDAY, at, copies, item, join_many, publish_news
from tests.jobs.office import jobs_for, run
from tests.mail.smtpd import Smtpd, smtpd

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)


async def readers_and_news(store: Database, count: int) -> list[str]:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    return await join_many(store, count, TUESDAY)


class Onlooker(Smtpd):
    """Looks into the store at each message that arrives, and at who is on the wire beside it."""

    path = ""
    looks = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        with closing(sqlite3.connect(self.path)) as connection:
            rows = connection.execute(
                "SELECT a.address, d.status, d.started_at IS NOT NULL FROM deliveries d"
                " JOIN subscriptions s ON s.id = d.subscription_id"
                " JOIN subscribers a ON a.id = s.subscriber_id"
            ).fetchall()
        begun = {address for address, status, is_begun in rows if status == "sending" and is_begun}
        sent = {address for address, status, _ in rows if status == "sent"}
        assert begun == {recipient}, "content came before its row, or beside another"
        assert sent == {taken.recipient for taken in self.taken}, "a result was not durable yet"
        self.looks += 1
        return await super().handle_DATA(server, session, envelope)


async def test_the_next_envelope_travels_with_the_content_and_its_content_waits_for_the_rows(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(sqlite_store, 30)
    async with smtpd(record=Onlooker({}, pipelining=True)) as server:
        assert isinstance(server, Onlooker)
        server.path = sqlite_store.url.database or ""
        report = await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=1), SEVEN)
    assert (report.totals.sent, server.looks, server.connections) == (30, 30, 1)
    # one write for the first envelope, and then one for each letter that holds the next envelope too
    ahead = [sent for sent in server.arrivals if b"\r\n.\r\nMAIL FROM:" in sent]
    assert len(ahead) == 29


async def test_many_lanes_send_each_copy_once(sqlite_store: Database, tmp_path: Path) -> None:
    addresses = await readers_and_news(sqlite_store, 120)
    async with smtpd(pipelining=True) as server:
        report = await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=7), SEVEN)
    assert report.totals.sent == 120
    assert sorted(taken.recipient for taken in server.taken) == sorted(addresses)
    assert server.connections == 7


@pytest.mark.parametrize("after", [1, 5])
async def test_at_a_stop_what_was_begun_ahead_is_dropped_and_stays_planned(
    sqlite_store: Database, tmp_path: Path, after: int
) -> None:
    await readers_and_news(sqlite_store, 10)
    stop = asyncio.Event()

    class Stops(Smtpd):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            if len(self.taken) + 1 >= after:
                stop.set()
            return await super().handle_DATA(server, session, envelope)

    async with smtpd(record=Stops({}, pipelining=True)) as server:
        jobs = jobs_for(sqlite_store, tmp_path, server.server(), lanes=1)
        report = await jobs.run(SEVEN, stop)
        assert (report.totals.sent, len(server.taken)) == (after, after)
        assert server.verbs.count("MAIL") == after + 1
        rows = await copies(sqlite_store)
        assert {copy.status for copy in rows} == {DeliveryStatus.SENT, DeliveryStatus.PLANNED}
        assert all(copy.attempts == (copy.status is DeliveryStatus.SENT) for copy in rows)
        assert (await run(jobs, SEVEN)).totals.sent == 10 - after
    recipients = [taken.recipient for taken in server.taken]
    assert len(set(recipients)) == len(recipients) == 10
    assert all(taken.content.strip() for taken in server.taken)


async def test_a_letter_that_is_no_longer_ours_costs_a_connection_and_no_copy(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readers_and_news(sqlite_store, 6)
    write = Recorder._write

    async def lose_the_third(recorder: Recorder, group: Any) -> set[int]:
        if any(note.starting == 3 for note in group):
            async with sqlite_store.write() as connection:
                theirs = update(table).where(table.c.id == 3).values(owner="somebody else")
                await connection.execute(theirs)
        return await write(recorder, group)

    monkeypatch.setattr(Recorder, "_write", lose_the_third)
    async with smtpd(pipelining=True) as server:
        report = await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=1), SEVEN)
    assert (report.totals.sent, len(server.taken), server.connections) == (5, 5, 2)
    assert [copy.status.value for copy in await copies(sqlite_store)] == [
        *("sent", "sent", "sending", "sent", "sent", "sent")
    ]


async def test_after_a_word_for_patience_the_next_letter_waits_though_its_envelope_is_out(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(sqlite_store, 5)
    async with smtpd({"DOT": [None, "451 4.7.1 Slow down"]}, pipelining=True) as server:
        jobs = jobs_for(sqlite_store, tmp_path, server.server(), lanes=1, longest_wait=0.5)
        report = await run(jobs, SEVEN)
    # the family has half a connection left: the next copy may begin in two seconds
    assert (report.totals.sent, report.totals.deferred) == (1, 4)
    assert (server.verbs.count("MAIL"), len(server.taken)) == (3, 1)
    assert {copy.attempts for copy in (await copies(sqlite_store))[2:]} == {0}


async def test_a_bad_address_ahead_is_refused_and_the_others_go_on(
    sqlite_store: Database, tmp_path: Path
) -> None:
    from subscribers.tables import subscribers

    await readers_and_news(sqlite_store, 6)
    async with sqlite_store.write() as connection:
        for broken in (1, 3, 4, 6):
            spoil = update(subscribers).where(subscribers.c.id == broken)
            await connection.execute(spoil.values(address=f"no at sign {broken}\r\n"))
    async with smtpd(pipelining=True) as server:
        jobs = jobs_for(sqlite_store, tmp_path, server.server(), lanes=1)
        report = await run(jobs, SEVEN)
    assert (report.totals.sent, report.totals.refused, server.connections) == (2, 4, 1)
    assert (jobs._here._pace._server._under_way, jobs._here._pace._server._inherited) == (0, 0)
