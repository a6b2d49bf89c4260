"""What a server answers decides what becomes of a copy: sent, later, never, or in doubt."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus, RunTotals
from digest.flows import readers
from digest.jobs.local import RunReport
from digest.store import issues, ledger
from digest.store.database import Database
from digest.store.ledger import Entry
from subscribers.model import Bookmark, Standing
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    change_newsletter,
    copies,
    item,
    join,
    join_many,
    publish_news,
    reader,
)
from tests.jobs.office import jobs_for, run
from tests.mail.smtpd import (
    DROPS_AFTER_THE_FINAL_DOT,
    GREYLISTS,
    HANGS_UP_AFTER_ONE,
    REFUSES_THE_FIRST_READER,
    Smtpd,
    smtpd,
)
from tests.walk.recording import recording

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"
SEVEN = at(24, 7)


async def ann_and_news(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))


async def send(store: Database, folder: Path, server: Smtpd, now: datetime, **options: bool) -> RunTotals:
    report = await run(jobs_for(store, folder, server.server(), **options), now)
    assert report.trouble == ""
    return report.totals


async def only_copy(store: Database) -> Entry:
    (found,) = await copies(store)
    return found


# --- Later --------------------------------------------------------------------------------------------------


async def test_a_greylisted_copy_is_sent_when_its_time_has_come(store: Database, tmp_path: Path) -> None:
    await ann_and_news(store)
    async with smtpd(GREYLISTS) as server:
        first = await send(store, tmp_path, server, SEVEN)
        assert (first.planned, first.sent, first.deferred) == (1, 0, 1)
        copy = await only_copy(store)
        assert (copy.status, copy.reason, copy.attempts) == (DeliveryStatus.DEFERRED, "greylisted", 1)
        assert copy.detail == "451 4.7.1 Greylisted, come back in five minutes (at rcpt)"
        assert copy.retry_at is not None
        assert timedelta(minutes=5) <= copy.retry_at - SEVEN <= timedelta(minutes=6.25)

        too_soon = await send(store, tmp_path, server, SEVEN + timedelta(minutes=4))
        assert (too_soon.sent, too_soon.deferred, too_soon.issues) == (0, 0, (1,))
        later = await send(store, tmp_path, server, SEVEN + timedelta(minutes=7))
        assert later.sent == 1
    assert (await only_copy(store)).attempts == 2
    assert [message.recipient for message in server.taken] == [ANN]
    async with store.read() as connection:
        assert await issues.still_sending(connection) == ()


async def test_a_copy_that_is_put_off_too_long_expires_and_its_briefings_come_with_the_next_issue(
    store: Database, tmp_path: Path
) -> None:
    await change_newsletter(store, give_up_minutes=60)
    await ann_and_news(store)
    async with smtpd({"RCPT": "451 4.3.0 Try again later"}) as server:
        now, tries = SEVEN, 0
        while (await send(store, tmp_path, server, now)).expired == 0:
            tries += 1
            now += timedelta(minutes=5)
        assert 2 <= (await only_copy(store)).attempts <= tries
        assert now <= SEVEN + timedelta(minutes=65)
        server.misbehaviour = {}
        assert (await reader(store, ANN)).bookmark == Bookmark(1, (1,))
        assert (await send(store, tmp_path, server, at(25, 7))).sent == 1
    assert [(copy.status, copy.numbers) for copy in await copies(store)] == [
        (DeliveryStatus.EXPIRED, (1,)),
        (DeliveryStatus.SENT, (1,)),
    ]


# --- Never --------------------------------------------------------------------------------------------------


async def test_an_address_that_does_not_exist_gets_no_more_mail(store: Database, tmp_path: Path) -> None:
    await ann_and_news(store)
    async with smtpd(REFUSES_THE_FIRST_READER) as server:
        assert (await send(store, tmp_path, server, SEVEN)).refused == 1
        await publish_news(store, at(24, 9), item("Solar"))
        assert await send(store, tmp_path, server, at(25, 7)) == RunTotals()
    copy = await only_copy(store)
    assert (copy.status, copy.reason) == (DeliveryStatus.REFUSED, "no-such-address")
    assert (await reader(store, ANN)).standing is Standing.BOUNCING
    assert server.taken == []


@pytest.mark.parametrize(
    ("step", "reply", "reason"),
    [
        ("DOT", "554 5.7.1 Message looks like spam", "spam"),
        ("DOT", "552 5.2.2 Mailbox is full", "mailbox-full"),
        ("DOT", "550 5.7.26 Unauthenticated mail is refused", "policy"),
    ],
)
async def test_a_copy_that_is_refused_for_what_it_is_says_nothing_against_the_address(
    sqlite_store: Database, tmp_path: Path, step: str, reply: str, reason: str
) -> None:
    await ann_and_news(sqlite_store)
    async with smtpd({step: [reply]}) as server:
        totals = await send(sqlite_store, tmp_path, server, SEVEN)
        await publish_news(sqlite_store, at(24, 9), item("Solar"))
        later = await send(sqlite_store, tmp_path, server, at(25, 7))
    first = (await copies(sqlite_store))[0]
    assert (totals.refused, first.status, first.reason) == (1, DeliveryStatus.REFUSED, reason)
    assert (await reader(sqlite_store, ANN)).standing is Standing.ACTIVE
    assert later.sent == 1


# --- In doubt -----------------------------------------------------------------------------------------------


async def test_a_copy_whose_answer_was_lost_is_sent_again_to_the_letter(
    store: Database, tmp_path: Path
) -> None:
    await ann_and_news(store)
    async with smtpd(DROPS_AFTER_THE_FINAL_DOT) as server:
        first = await send(store, tmp_path, server, SEVEN)
        assert (first.uncertain, first.sent) == (1, 0)
        assert (await only_copy(store)).reason == "no-reply-to-final-dot"
        assert (await send(store, tmp_path, server, SEVEN + timedelta(minutes=10))).sent == 1
    once, again = server.taken
    assert once == again
    assert (await only_copy(store)).attempts == 2
    assert await carried(store, ANN) == [(1,)]


@pytest.mark.parametrize("was_sent", [True, False])
async def test_a_copy_whose_answer_was_lost_is_held_for_a_person_when_the_setting_says_so(
    store: Database, tmp_path: Path, was_sent: bool
) -> None:
    await ann_and_news(store)
    async with smtpd(DROPS_AFTER_THE_FINAL_DOT) as server:
        for minutes in (0, 10, 600):
            now = SEVEN + timedelta(minutes=minutes)
            totals = await send(store, tmp_path, server, now, resend_uncertain=False)
            assert (totals.sent, totals.uncertain) == (0, minutes == 0)
        assert len(server.taken) == 1
        async with store.write() as connection:
            assert await ledger.resolve(connection, 1, was_sent=was_sent, now=SEVEN)
        now = SEVEN + timedelta(minutes=700)
        assert (await send(store, tmp_path, server, now, resend_uncertain=False)).sent == (not was_sent)
    assert (await only_copy(store)).status is DeliveryStatus.SENT
    assert len({message.content for message in server.taken}) == 1


async def test_a_server_that_never_answers_the_final_dot_is_asked_a_few_times_and_no_more(
    store: Database, tmp_path: Path
) -> None:
    await change_newsletter(store, give_up_minutes=30)
    await ann_and_news(store)
    async with smtpd({"DOT": "hang up"}) as server:
        for hour in range(8):
            await send(store, tmp_path, server, SEVEN + timedelta(hours=hour))
    assert len(server.taken) == 4
    copy = await only_copy(store)
    assert (copy.status, copy.attempts) == (DeliveryStatus.UNCERTAIN, 4)


# --- Nobody there -------------------------------------------------------------------------------------------


async def test_while_the_server_is_down_nothing_is_burnt_and_the_rest_stays_planned(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 12, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    async with recording() as record:
        down = record.server
    for hour in range(3):
        report: RunReport = await run(jobs_for(store, tmp_path, down), SEVEN + timedelta(hours=hour))
        assert report.trouble.startswith(f"no mail server can be used: smtp://127.0.0.1:{down.port} failed")
        assert (report.totals.planned, report.totals.sent) == (12 if hour == 0 else 0, 0)
    assert {(copy.status, copy.attempts) for copy in await copies(store)} == {(DeliveryStatus.PLANNED, 0)}
    async with recording(port=down.port) as record:
        report = await run(jobs_for(store, tmp_path, down), SEVEN + timedelta(hours=4))
    assert (report.trouble, report.totals.sent, len(record.accepted)) == ("", 12, 12)


async def test_a_server_that_dies_in_the_middle_leaves_the_rest_planned(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 30, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    async with smtpd({"MAIL": [None] * 9 + ["421 4.3.2 Going down"] * 100}) as server:
        report = await run(jobs_for(store, tmp_path, server.server(), lanes=3, longest_wait=1.0), SEVEN)
        taken = len(server.taken)
    assert report.trouble.startswith("the mail server asks for patience, for ")
    assert report.totals.sent == taken == 9
    # those that were on their way when it began are tried later, and few others knocked in vain
    assert 1 <= report.totals.deferred <= 6
    planned = await copies(store, status=DeliveryStatus.PLANNED)
    assert {copy.attempts for copy in planned} == {0}
    again = {copy.address for copy in await copies(store, status=DeliveryStatus.DEFERRED)}
    again |= {copy.address for copy in planned}
    assert len(again) == 21
    async with smtpd() as server:
        assert (await send(store, tmp_path, server, SEVEN + timedelta(minutes=10))).sent == 21
    assert {message.recipient for message in server.taken} == again


async def test_a_login_that_is_refused_stops_the_run_and_counts_no_attempt(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 5, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    async with smtpd({"MAIL": "530 5.7.0 Authentication required"}) as server:
        report = await run(jobs_for(store, tmp_path, server.server(), lanes=2), SEVEN)
    assert "530" in report.trouble
    assert {(copy.status, copy.attempts) for copy in await copies(store)} == {(DeliveryStatus.PLANNED, 0)}


async def test_the_second_server_is_used_while_the_first_is_down(store: Database, tmp_path: Path) -> None:
    await join_many(store, 6, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    async with recording() as gone:
        pass
    async with recording() as record:
        report = await run(jobs_for(store, tmp_path, gone.server, record.server), SEVEN)
    assert (report.totals.sent, report.trouble) == (6, "")
    assert len(record.accepted) == 6


async def test_a_connection_that_is_closed_between_two_messages_is_made_again(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 3, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    async with smtpd(HANGS_UP_AFTER_ONE) as server:
        report = await run(jobs_for(store, tmp_path, server.server(), lanes=1), SEVEN)
    assert (report.totals.sent, server.connections) == (3, 2)


# --- The last word before sending ---------------------------------------------------------------------------


async def test_who_left_after_planning_gets_nothing_more(store: Database, tmp_path: Path) -> None:
    await ann_and_news(store)
    await join(store, "bob@example.org", TUESDAY)
    async with recording() as record:
        down = record.server
    await run(jobs_for(store, tmp_path, down), SEVEN)
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=SEVEN)
    async with recording(port=down.port) as record:
        report = await run(jobs_for(store, tmp_path, down), SEVEN + timedelta(minutes=1))
    assert report.totals.skipped == {"left": 1}
    assert [message.recipient for message in record.accepted] == ["bob@example.org"]
