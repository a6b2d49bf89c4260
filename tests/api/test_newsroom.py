"""A newsroom in a program: all verbs, on a real store, into a real outbox."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from digest import (
    InputError,
    Newsroom,
)
from digest.store.database import Database
from tests.api.conftest import ANA, BOB, DAY_ONE, NOON, is_there, write
from tests.cli.shell import Shell
from tests.mail.smtpd import smtpd

pytestmark = pytest.mark.anyio


def mails(folder: str = "var/outbox") -> list[Any]:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(Path(folder).glob("*.eml"))
    ]


def words_in(mail: Any) -> str:
    """Its plain text, with all links alike: a copy that is not in the store has a page of its own."""
    return re.sub(r"https?://\S+", "LINK", mail.get_body(("plain",)).get_content())


# --- the whole way ------------------------------------------------------------------------------------------


async def test_news_are_planned_then_sent_and_nothing_is_sent_twice(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, topics=["finance", "economy"], at_once=True, now=NOON)
    await newsroom.subscribe(BOB, days=["mon", "thu"], at=time(13), timezone="UTC", format="text", now=NOON)
    (due,) = await newsroom.due(NOON)
    assert (due.newsletter, due.due_at) == ("daily", NOON)
    (planned,) = await newsroom.plan(NOON)
    assert planned.copies == 1
    assert mails() == []
    assert await newsroom.plan(NOON) == ()
    report = await newsroom.deliver(NOON)
    assert (report.issues, report.sent, report.is_well) == ((planned.issue,), 1, True)
    assert [mail["To"] for mail in mails()] == [ANA]
    assert (await newsroom.deliver(NOON)).sent == 0
    later = await newsroom.run(NOON + timedelta(hours=2))
    assert (later.planned, later.sent) == (1, 1)
    assert {mail["To"] for mail in mails()} == {ANA, BOB}


async def test_preview_is_the_mail_that_is_sent(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, at_once=True, now=NOON)
    seen = await newsroom.preview(ANA, now=NOON)
    assert (seen.email, seen.newsletter, seen.skip) == (ANA, "daily", None)
    assert seen.html is not None
    assert seen.html.startswith("<!DOCTYPE html>")
    assert len(seen.briefings) == 8
    assert (await newsroom.run(NOON)).sent == 1
    (mail,) = mails()
    printed = email.message_from_bytes(seen.message, policy=email.policy.default)
    assert mail["Subject"] == printed["Subject"] == seen.subject
    assert words_in(mail) == words_in(printed)


async def test_reader_without_news_has_no_preview_but_a_reason(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, sections=["perspective"], at_once=True, now=NOON)
    seen = await newsroom.preview(ANA, now=NOON)
    assert (seen.skip, seen.subject, seen.message) == ("nothing-wanted", "", b"")


async def test_one_off_goes_to_whom_it_was_rehearsed_for(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, at="08:00", now=NOON)
    await newsroom.subscribe(BOB, at="08:00", now=NOON)
    seen = await newsroom.rehearse(to=ANA, briefings=[2], subject="Look", intro="At once.")
    assert seen.copies == 1
    assert [(copy.emails, copy.briefings) for copy in seen.who if copy.emails] == [((ANA,), (2,))]
    assert mails() == []
    report = await newsroom.send(to=ANA, briefings=[2], subject="Look", intro="At once.", now=NOON)
    assert (report.planned, report.sent) == (1, 1)
    (mail,) = mails()
    assert (mail["To"], mail["Subject"]) == (ANA, "Look")
    with pytest.raises(InputError, match="nothing would be sent"):
        await newsroom.send(to=[ANA], briefings=[2], now=NOON)


async def test_what_became_of_it_is_listed_and_explained(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, topics="all", max_items=3, at_once=True, now=NOON)
    await newsroom.run(NOON)
    (delivery,) = [one async for one in newsroom.deliveries(email=ANA)]
    assert (delivery.status, delivery.attempts, len(delivery.briefings)) == ("sent", 1, 3)
    assert [one async for one in newsroom.deliveries(status="refused")] == []
    (mail,) = mails()
    assert mail["Message-ID"] == delivery.message_id
    (sent,) = await newsroom.why(ANA, delivery.briefings[0], now=NOON)
    assert sent.answer == "sent"
    left = next(number for number in range(1, 9) if number not in delivery.briefings)
    (waits,) = await newsroom.why(ANA, left, now=NOON)
    assert waits.answer == "waiting"
    assert any("deferred to the next issue" in reason for reason in waits.reasons)


async def test_mail_server_that_is_away_is_trouble_and_costs_no_attempt() -> None:
    async with smtpd() as gone:
        port = gone.port
    async with Newsroom(create=True, smtp_url=f"smtp://127.0.0.1:{port}", smtp_connections=1) as newsroom:
        await newsroom.ingest(DAY_ONE, now=NOON)
        await newsroom.subscribe(ANA, at_once=True, now=NOON)
        report = await newsroom.run(NOON)
        assert not report.is_well
        assert "no mail server can be used" in report.trouble
        (delivery,) = [one async for one in newsroom.deliveries()]
        assert (delivery.status, delivery.attempts) == ("planned", 0)


async def test_run_that_is_told_to_stop_begins_nothing(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, at_once=True, now=NOON)
    stop = asyncio.Event()
    stop.set()
    assert (await newsroom.run(NOON, stop=stop)).sent == 0
    assert (await newsroom.run(NOON)).sent == 1


async def test_whole_way_goes_on_postgresql_too(postgres_store: Database) -> None:
    url = postgres_store.url.render_as_string(hide_password=False)
    async with Newsroom(database_url=url, create=True) as newsroom:
        await newsroom.ingest(DAY_ONE, now=NOON)
        await newsroom.subscribe(ANA, at_once=True, now=NOON)
        assert (await newsroom.preview(ANA, now=NOON)).skip is None
        (planned,) = await newsroom.plan(NOON)
        report = await newsroom.deliver(NOON)
        assert (report.issues, report.sent) == ((planned.issue,), 1)
        (delivery,) = [one async for one in newsroom.deliveries()]
    assert mails()[0]["Message-ID"] == delivery.message_id


async def test_tasks_that_run_at_a_time_send_once(newsroom: Newsroom) -> None:
    await newsroom.subscribe(ANA, at_once=True, now=NOON)
    reports = await asyncio.gather(*(newsroom.run(NOON) for _ in range(3)))
    assert sum(one.sent for one in reports) == 1
    assert len(mails()) == 1


# --- what comes in ------------------------------------------------------------------------------------------


async def test_bytes_texts_and_files_are_taken_and_refusals_are_told() -> None:
    async with Newsroom(create=True) as newsroom:
        table = b"title,body,section\nFog,Much of it.,analysis\n,No title.,analysis\n"
        done = await newsroom.ingest(table, name="news.csv", topics="economy", draft=True)
        assert (len(done.added), done.unchanged) == (1, 0)
        (refused,) = done.rejected
        assert (refused.source, refused.line) == ("news.csv", 3)
        fog = await newsroom.briefing(done.added[0])
        assert (fog.title, fog.section, fog.topics, fog.status) == ("Fog", "analysis", ("economy",), "draft")
        assert (fog.number, fog.published_at) == (None, None)
        page = await newsroom.ingest(DAY_ONE.read_text(encoding="utf-8"))
        assert len(page.added) == 8
        assert (await newsroom.ingest(DAY_ONE)).unchanged == 8
        assert len([one async for one in newsroom.briefings()]) == 9
        assert [one.id async for one in newsroom.briefings(status="draft")] == list(done.added)


# --- readers and newsletters --------------------------------------------------------------------------------


async def test_reader_changes_pauses_leaves_and_is_listed(newsroom: Newsroom) -> None:
    reader = await newsroom.subscribe(
        ANA, name="Ana", topics=["finance"], days="weekdays", at=time(7, 30), timezone="Europe/Paris"
    )
    assert (reader.status, reader.topics, reader.days, reader.at) == (
        *("active", ("finance",), "weekdays", "07:30"),
    )
    (reader,) = await newsroom.change(ANA, topics="all", max_items=3, name="")
    assert (reader.topics, reader.max_items, reader.name) == (None, 3, "")
    (reader,) = await newsroom.change(ANA, max_items=None, at_once=True)
    assert (reader.max_items, reader.at_once) == (None, True)
    (reader,) = await newsroom.pause(ANA, until=date(2999, 1, 1))
    assert reader.status == "paused"
    assert reader.paused_until is not None
    assert [one.email async for one in newsroom.readers(status="paused")] == [ANA]
    assert [one.email async for one in newsroom.readers("daily", status="active")] == []
    (reader,) = await newsroom.resume(ANA)
    assert reader.status == "active"
    (reader,) = await newsroom.change(ANA, new_email=BOB)
    assert reader.email == BOB
    (reader,) = await newsroom.unsubscribe(BOB, reason="moved to the moon")
    assert reader.status == "left"
    assert (await newsroom.reader(BOB))[0].status == "left"


async def test_reader_who_is_not_confirmed_is_asked_by_mail(newsroom: Newsroom) -> None:
    reader = await newsroom.subscribe(ANA, confirmed=False, at_once=True, now=NOON)
    assert reader.status == "pending"
    report = await newsroom.run(NOON)
    assert (report.sent, report.notices) == (0, {"sent": 1})


async def test_newsletter_is_added_and_changed(newsroom: Newsroom) -> None:
    made = await newsroom.add_newsletter("evening", title="Evening", sender_address="e@news.example")
    assert (made.slug, made.title, made.theme) == ("evening", "Evening", "classic")
    changed = await newsroom.edit_newsletter("evening", theme="quiet")
    assert (changed.title, changed.theme) == ("Evening", "quiet")
    assert [one.slug for one in await newsroom.newsletters()] == ["daily", "evening"]
    assert (await newsroom.subscribe(ANA, "evening")).newsletter == "evening"


# --- opening ------------------------------------------------------------------------------------------------


async def test_command_and_program_share_a_folder(tmp_path: Path) -> None:
    await asyncio.to_thread(Shell(tmp_path).process, "init")
    async with Newsroom() as newsroom:
        await newsroom.subscribe(ANA)
    answer = await asyncio.to_thread(Shell(tmp_path).process, "subscribers", "list", "--json")
    assert [one["email"] for one in answer.document["items"]] == [ANA]


async def test_what_is_given_goes_before_environment_and_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("own.toml", 'smtp_url = "file:of-the-file"\nvar_dir = "kept"\n')
    monkeypatch.setenv("DIGEST_SMTP_URL", "file:of-the-environment")
    async with Newsroom("own.toml", create=True, smtp_url="file:of-the-program") as newsroom:
        await newsroom.ingest(DAY_ONE, now=NOON)
        await newsroom.subscribe(ANA, at_once=True, now=NOON)
        await newsroom.run(NOON)
    assert len(mails("of-the-program")) == 1
    assert is_there("kept/digest.sqlite3")
    assert not is_there("of-the-environment")


async def test_environment_goes_before_the_file_where_nothing_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("digest.toml", 'var_dir = "of-the-file"\n')
    monkeypatch.setenv("DIGEST_VAR_DIR", "of-the-environment")
    async with Newsroom(create=True, base_url="https://news.example"):
        assert is_there("of-the-environment/digest.sqlite3")


async def test_newsroom_is_opened_again_after_its_end_and_not_before(newsroom: Newsroom) -> None:
    with pytest.raises(InputError, match="is open already"):
        await newsroom.__aenter__()
    other = Newsroom()
    with pytest.raises(InputError, match="is not open: use it within async with"):
        await other.due()
    for _ in range(2):
        async with other:
            assert await other.due(NOON) == ()


async def test_log_of_a_program_is_left_as_it_was(newsroom: Newsroom) -> None:
    heard: list[Any] = []

    def note(_logger: object, _name: str, event: Any) -> Any:
        heard.append(event["event"])
        raise structlog.DropEvent

    structlog.configure(processors=[note])
    try:
        await newsroom.subscribe(ANA, at_once=True, now=NOON)
        await newsroom.run(NOON)
        assert structlog.get_config()["processors"] == [note]
    finally:
        structlog.reset_defaults()
