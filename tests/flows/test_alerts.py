"""Admins are told what they should look at: once an occasion, and as soon as mail can go out at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.flows import alerts, edit_briefing
from digest.flows.read_mailbox import MailboxReader
from digest.flows.settle import Mail, Settled
from digest.mail.mailbox.address import parse_mailbox
from digest.mail.servers import Server
from digest.store import issues
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, plan_all, publish_news
from tests.flows.post_office import all_notices
from tests.jobs.office import jobs_for, run
from tests.walk.recording import Accepted, recording
from tests.wire.transmission import fields_of, head_of, texts_of, value_of

pytestmark = pytest.mark.anyio

ADMINS = ("desk@newsroom.example", "night@newsroom.example")
NOBODY = Server("127.0.0.1", 9)


def words_of(letter: bytes) -> str:
    return " ".join(texts_of(letter)["text/plain"].split())


async def news_for(store: Database, *addresses: str) -> None:
    for address in addresses:
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))


async def test_a_run_that_stopped_is_told_once_a_day_when_a_server_is_back(
    store: Database, tmp_path: Path
) -> None:
    await news_for(store, "ana@example.org")
    down = jobs_for(store, tmp_path, NOBODY, alerts_to=ADMINS)
    for minute in (0, 10, 20):
        report = await run(down, at(24, 7, minute))
        assert "no mail server can be used" in report.trouble
    assert [one.address for one in await all_notices(store, kind="alert")] == list(ADMINS)
    async with recording() as record:
        report = await run(jobs_for(store, tmp_path, record.server, alerts_to=ADMINS), at(24, 7, 30))
    assert report.totals.notices == {"sent": 2}
    to_admins = [one for one in record.accepted if one.recipient in ADMINS]
    assert {one.recipient for one in to_admins} == set(ADMINS)
    letter = to_admins[0].content
    assert value_of(fields_of(head_of(letter)), "Subject") == "Please look: The Daily Digest"
    assert "A run stopped before its work was done. No mail server can be used" in words_of(letter)
    assert "ana@example.org" not in letter.decode()


async def test_nobody_is_told_where_nobody_is_named_or_nothing_is_wrong(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await news_for(sqlite_store, "ana@example.org")
    await run(jobs_for(sqlite_store, tmp_path, NOBODY), at(24, 7))
    async with recording() as record:
        await run(jobs_for(sqlite_store, tmp_path, record.server, alerts_to=ADMINS), at(24, 7))
    assert [one.recipient for one in record.accepted] == ["ana@example.org"]
    assert await all_notices(sqlite_store) == ()


async def test_a_mailbox_that_cannot_be_read_again_and_again_is_told(
    sqlite_store: Database, tmp_path: Path
) -> None:
    class Nobody:
        """Nothing comes as far as this."""

        async def take_in(self, mails: Sequence[Mail]) -> list[tuple[Settled, ...] | None]:
            raise AssertionError(mails)

    clock = [at(24, 7)]
    address = parse_mailbox("imap://returns%40news.example:word@127.0.0.1:9")
    mailbox = MailboxReader(address=address, intake=Nobody(), wall=lambda: clock[0])
    async with recording() as record:
        jobs = jobs_for(sqlite_store, tmp_path, record.server, alerts_to=ADMINS[:1], mailbox=mailbox)
        for read in range(4):
            clock[0] += timedelta(hours=1)
            await jobs.read_mailbox(asyncio.Event())
            await run(jobs, clock[0])
            assert len(record.accepted) == (read >= 2), read
    words = words_of(record.accepted[0].content)
    assert (
        "The mailbox of returned mail cannot be read. The mailbox of … at 127.0.0.1 cannot be reached"
        in words
    )
    assert "word" not in words.replace("DIGEST", "")


async def test_mails_in_doubt_that_are_held_are_told(sqlite_store: Database, tmp_path: Path) -> None:
    await news_for(sqlite_store, "ana@example.org", "bob@example.org")
    async with recording() as record:

        async def say_neither_yes_nor_no(message: Accepted) -> str | None:
            return "354 and what now" if message.recipient == "bob@example.org" else None

        record.at_data = say_neither_yes_nor_no
        jobs = jobs_for(sqlite_store, tmp_path, record.server, alerts_to=ADMINS[:1], resend_uncertain=False)
        for minute in (0, 10):
            await run(jobs, at(24, 7, minute))
    (letter,) = [one.content for one in record.accepted if one.recipient in ADMINS]
    assert "Of 1 mail it is not known whether they arrived." in words_of(letter)
    assert "digest deliveries list --status uncertain" in words_of(letter)


async def test_mails_that_stay_in_doubt_however_often_they_are_sent_again_are_told(
    store: Database, tmp_path: Path
) -> None:
    await news_for(store, "ana@example.org", "bob@example.org")
    async with recording() as record:

        async def say_neither_yes_nor_no(message: Accepted) -> str | None:
            return "354 and what now" if message.recipient == "bob@example.org" else None

        record.at_data = say_neither_yes_nor_no
        jobs = jobs_for(store, tmp_path, record.server, alerts_to=ADMINS[:1])
        for hour in (7, 8, 9):
            await run(jobs, at(24, hour))
        assert not [one for one in record.accepted if one.recipient in ADMINS]
        for hour in (10, 12, 14):
            await run(jobs, at(24, hour))
    (letter,) = [one.content for one in record.accepted if one.recipient in ADMINS]
    assert "Of 1 mail it is not known whether they arrived." in words_of(letter)
    assert "nothing more is tried" in words_of(letter)


@pytest.mark.parametrize(("minutes", "told"), [(59, False), (195, True)])
async def test_an_issue_that_was_made_long_after_its_time_is_told(
    sqlite_store: Database, tmp_path: Path, minutes: int, told: bool
) -> None:
    await news_for(sqlite_store, "ana@example.org")
    async with recording() as record:
        jobs = jobs_for(sqlite_store, tmp_path, record.server, alerts_to=ADMINS[:1])
        for more in (0, 5):
            await run(jobs, at(24, 7) + timedelta(minutes=minutes + more))
    letters = [one.content for one in record.accepted if one.recipient in ADMINS]
    assert len(letters) == told
    if told:
        words = words_of(letters[0])
        assert (
            "Issue 1 of The Daily Digest, slot 2026-11-24T07:00, was made 3 h 15 min after its time." in words
        )
        assert [one.status for one in await all_notices(sqlite_store)] == [DeliveryStatus.SENT]


async def test_an_issue_that_was_late_is_told_though_it_was_corrected_since(sqlite_store: Database) -> None:
    await news_for(sqlite_store, "ana@example.org")
    late = await plan_all(sqlite_store, at(24, 10, 15))
    wish = edit_briefing.Edit(title="Tariffs of 16 percent")
    await edit_briefing.edit(1, wish, store=sqlite_store, now=at(24, 10, 15))
    async with sqlite_store.read() as connection:
        issue = await issues.by_id(connection, late[0].issue_id)
    assert issue is not None
    assert issue.rounds == 2
    told = alerts.Told("", 0, late)
    assert await alerts.tell(told, ADMINS[:1], store=sqlite_store, now=at(24, 10, 16))
    # who comes to the slot afterwards is no alarm
    await join(sqlite_store, "bob@example.org", at(23, 9))
    later = alerts.Told("", 0, await plan_all(sqlite_store, at(24, 11)))
    assert [one.issue_id for one in later.late] == [late[0].issue_id]
    assert not await alerts.tell(later, ("night@newsroom.example",), store=sqlite_store, now=at(24, 11))


async def test_what_a_server_said_of_a_reader_is_not_repeated(sqlite_store: Database, tmp_path: Path) -> None:
    await news_for(sqlite_store, *(f"reader{number}@host{number}.example" for number in range(30)))
    async with recording() as record:

        async def refuse(message: Accepted) -> str | None:
            return f"554 5.7.1 <{message.recipient}> relaying denied"

        record.at_data = refuse
        await run(jobs_for(sqlite_store, tmp_path, record.server, alerts_to=ADMINS[:1]), at(24, 7))
    (alert,) = await all_notices(sqlite_store)
    assert "the server refuses every copy" in alert.data["words"]
    assert "@" not in alert.data["words"]
