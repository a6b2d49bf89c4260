"""Notices are sent as issues are: exactly once, or with a reason why not, whatever the server says."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.core.model import DeliveryStatus
from digest.core.notices import ASKED_TODAY
from digest.flows import readers
from digest.flows.recover import recover
from digest.mail.servers import Server
from digest.store import notices, tables
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, add_newsletter, at, item, join, publish_news, reader, wishes
from tests.flows.post_office import all_notices, send_notices
from tests.jobs.office import jobs_for, run
from tests.walk.recording import Accepted, recording
from tests.wire.transmission import fields_of, head_of, value_of

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def states(store: Database) -> list[tuple[str, str, str]]:
    return [(one.address, one.status.value, one.reason) for one in await all_notices(store)]


async def test_who_has_to_confirm_is_asked_once_and_nobody_else_is(store: Database, tmp_path: Path) -> None:
    await join(store, ANA, TUESDAY, confirmed=False)
    await join(store, "bob@example.org", TUESDAY)
    async with recording() as record:
        jobs = jobs_for(store, tmp_path, record.server)
        reports = [await run(jobs, TUESDAY) for _ in range(3)]
    assert [one.recipient for one in record.accepted] == [ANA]
    assert [report.totals.notices for report in reports] == [{"sent": 1}, {}, {}]
    assert await states(store) == [(ANA, "sent", "")]


async def test_asking_again_the_same_day_is_kept_with_the_reason_and_not_sent(
    sqlite_store: Database, tmp_path: Path
) -> None:
    for minute in range(5):
        await join(sqlite_store, ANA, at(24, 6, minute), confirmed=False)
    async with recording() as record:
        for day in range(24, 29):
            await send_notices(sqlite_store, tmp_path, record.server, now=at(day, 12))
    assert len(record.accepted) == 1
    assert await states(sqlite_store) == [(ANA, "sent", ""), (ANA, "skipped", ASKED_TODAY)]


async def test_many_sign_ups_for_one_address_make_three_mails_on_three_days(
    store: Database, tmp_path: Path
) -> None:
    await add_newsletter(store, "weekly")
    async with recording() as record:
        for hour in range(0, 24 * 8, 5):
            now = TUESDAY + timedelta(hours=hour)
            for newsletter in ("daily", "weekly"):
                await join(store, "Ana@Example.ORG", now, newsletter=newsletter, confirmed=False)
            await send_notices(store, tmp_path, record.server, now=now)
    dates = [value_of(fields_of(head_of(one.content)), "Date") for one in record.accepted]
    assert len(record.accepted) == len({date[:16] for date in dates}) == 3


@pytest.mark.parametrize(
    ("what", "reason"),
    [("left", "left"), ("erased", "erased"), ("added", "active"), ("moved", "address-changed")],
)
async def test_what_happened_before_its_turn_is_asked_last(
    sqlite_store: Database, tmp_path: Path, what: str, reason: str
) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    match what:
        case "left":
            await readers.unsubscribe(ANA, None, reason="no", store=sqlite_store, now=TUESDAY)
        case "erased":
            await readers.erase(ANA, store=sqlite_store, now=TUESDAY)
        case "added":
            await join(sqlite_store, ANA, TUESDAY)
        case _:
            await readers.edit(
                ANA, None, wishes(), store=sqlite_store, now=TUESDAY, new_address="ana@new.example"
            )
    async with recording() as record:
        await send_notices(sqlite_store, tmp_path, record.server, now=TUESDAY)
    assert [one.recipient for one in record.accepted] == (["ana@new.example"] if what == "moved" else [])
    (address, status, why), *_new = await states(sqlite_store)
    assert (status, why) == ("skipped", reason)
    assert address == ("" if what == "erased" else ANA)


async def test_who_is_put_off_is_tried_again_with_the_same_letter(store: Database, tmp_path: Path) -> None:
    await join(store, ANA, TUESDAY, confirmed=False)
    letters = []
    async with recording() as record:

        async def greylist(message: Accepted) -> str | None:
            letters.append(message.content)
            return "451 4.7.1 greylisted" if len(letters) == 1 else None

        record.at_data = greylist
        first = await send_notices(store, tmp_path, record.server, now=TUESDAY)
        early = await send_notices(store, tmp_path, record.server, now=TUESDAY + timedelta(minutes=4))
        again = await send_notices(store, tmp_path, record.server, now=TUESDAY + timedelta(minutes=10))
    assert [dict(one.by_status) for one in (first, early, again)] == [
        {DeliveryStatus.EXPIRED: 0, DeliveryStatus.DEFERRED: 1},
        {},
        {DeliveryStatus.EXPIRED: 0, DeliveryStatus.SENT: 1},
    ]
    assert letters[0] == letters[1]
    (notice,) = await all_notices(store)
    assert (notice.attempts, notice.sent_at) == (2, TUESDAY + timedelta(minutes=10))


async def test_what_may_have_arrived_is_settled_under_the_same_id_or_held(
    store: Database, tmp_path: Path
) -> None:
    await join(store, ANA, TUESDAY, confirmed=False)
    later = TUESDAY + timedelta(hours=1)
    async with recording() as record:

        async def take_it_and_say_neither_yes_nor_no(message: Accepted) -> str | None:
            record.at_data = None
            record.accepted.append(message)
            return "354 and what now"

        record.at_data = take_it_and_say_neither_yes_nor_no
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
        (doubtful,) = await all_notices(store)
        held = await send_notices(store, tmp_path, record.server, now=later, resend_uncertain=False)
        assert held.by_status.total() == 0
        await send_notices(store, tmp_path, record.server, now=later)
    assert (doubtful.status, doubtful.doubts) == (DeliveryStatus.UNCERTAIN, 1)
    assert len(record.accepted) == 2
    record.assert_no_second_copy_differs()
    assert await states(store) == [(ANA, "sent", "")]


@pytest.mark.parametrize("was_sent", [True, False])
async def test_a_person_settles_what_is_held_in_doubt(
    store: Database, tmp_path: Path, was_sent: bool
) -> None:
    await join(store, ANA, TUESDAY, confirmed=False)
    later = TUESDAY + timedelta(days=9)
    async with recording() as record:

        async def take_it_and_say_neither_yes_nor_no(message: Accepted) -> str | None:
            record.at_data = None
            record.accepted.append(message)
            return "354 and what now"

        record.at_data = take_it_and_say_neither_yes_nor_no
        await send_notices(store, tmp_path, record.server, now=TUESDAY, resend_uncertain=False)
        (doubtful,) = await all_notices(store)
        async with store.write() as connection:
            assert await notices.resolve(connection, doubtful, was_sent=was_sent, now=later)
            assert not await notices.resolve(connection, doubtful, was_sent=was_sent, now=later)
        await send_notices(store, tmp_path, record.server, now=later, resend_uncertain=False)
    assert len(record.accepted) == (1 if was_sent else 2)
    record.assert_no_second_copy_differs()
    (settled,) = await all_notices(store)
    assert (settled.status, settled.doubts, settled.sent_at) == (DeliveryStatus.SENT, 0, later)


async def test_an_address_that_does_not_exist_is_refused_and_its_reader_stays_pending(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    async with recording() as record:

        async def refuse(_message: Accepted) -> str | None:
            return "550 5.1.1 no such user"

        record.at_data = refuse
        report = await run(jobs_for(sqlite_store, tmp_path, record.server), TUESDAY)
    assert report.totals.notices == {"refused": 1}
    assert await states(sqlite_store) == [(ANA, "refused", "no-such-address")]
    assert (await reader(sqlite_store, ANA)).standing == "pending"


async def test_without_a_server_a_notice_waits_and_no_attempt_is_counted_until_it_is_given_up(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    nobody = Server("127.0.0.1", 9)
    told = await send_notices(sqlite_store, tmp_path, nobody, now=TUESDAY)
    assert "no mail server can be used" in told.trouble
    (notice,) = await all_notices(sqlite_store)
    assert (notice.status, notice.attempts) == (DeliveryStatus.PLANNED, 0)
    await send_notices(sqlite_store, tmp_path, nobody, now=TUESDAY + timedelta(days=3))
    assert await states(sqlite_store) == [(ANA, "expired", "gave-up")]


@pytest.mark.parametrize("begun", [False, True])
async def test_what_a_dead_sender_held_is_sent_by_the_next_one(
    store: Database, tmp_path: Path, begun: bool
) -> None:
    await join(store, ANA, TUESDAY, confirmed=False)
    async with store.write() as connection:
        (notice,) = await notices.claim(
            connection, "dead", now=TUESDAY, wall=TUESDAY, limit=9, resend_uncertain=True
        )
        if begun:
            assert await notices.begin(connection, "dead", notice, TUESDAY) == ""
    async with recording() as record:
        alive = await send_notices(store, tmp_path, record.server, now=TUESDAY)
        assert alive.by_status.total() == 0
        await recover(store=store, is_dead="dead".__eq__, now=TUESDAY, wall=TUESDAY)
        (found,) = await all_notices(store)
        assert found.status is (DeliveryStatus.UNCERTAIN if begun else DeliveryStatus.PLANNED)
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    (notice,) = await all_notices(store)
    assert (notice.status, notice.attempts) == (DeliveryStatus.SENT, 1 + begun)


async def test_a_result_that_comes_too_late_changes_nothing(sqlite_store: Database, tmp_path: Path) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    async with sqlite_store.write() as connection:
        (notice,) = await notices.claim(
            connection, "slow", now=TUESDAY, wall=TUESDAY, limit=9, resend_uncertain=True
        )
        await connection.execute(update(tables.notices).values(owner="quick"))
        assert await notices.begin(connection, "slow", notice, TUESDAY) is None


async def test_two_senders_at_once_send_each_notice_once(store: Database, tmp_path: Path) -> None:
    for number in range(30):
        await join(store, f"reader{number}@example.org", TUESDAY, confirmed=False)
    async with recording() as record:
        await asyncio.gather(
            *(send_notices(store, tmp_path / str(one), record.server, now=TUESDAY) for one in range(3))
        )
    assert len(record.accepted) == len({one.recipient for one in record.accepted}) == 30
    assert {one.status for one in await all_notices(store)} == {DeliveryStatus.SENT}


async def test_a_notice_that_cannot_be_printed_does_not_hold_up_the_others(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await join(sqlite_store, "bob@example.org", TUESDAY, confirmed=False)
    async with sqlite_store.write() as connection:
        await connection.execute(update(tables.notices).where(tables.notices.c.id == 1).values(data={}))
    async with recording() as record:
        await send_notices(sqlite_store, tmp_path, record.server, now=TUESDAY)
    assert [one.recipient for one in record.accepted] == ["bob@example.org"]
    assert (await states(sqlite_store))[0] == (ANA, "refused", "unprintable")


async def test_a_notice_goes_out_beside_the_issues_of_a_run(sqlite_store: Database, tmp_path: Path) -> None:
    await join(sqlite_store, "bob@example.org", TUESDAY)
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    async with recording() as record:
        report = await run(jobs_for(sqlite_store, tmp_path, record.server), at(24, 7))
    assert [one.recipient for one in record.accepted] == [ANA, "bob@example.org"]
    assert (report.totals.sent, report.totals.notices) == (1, {"sent": 1})
