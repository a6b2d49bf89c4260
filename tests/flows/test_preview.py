"""What a preview shows is what is sent, to the letter, but for the names that only a sent copy has."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from digest.core.model import Skip
from digest.errors import NotFoundError
from digest.flows.preview import preview
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, copies, item, join, plan_all, publish_news, reader
from tests.flows.test_forgetting import everything_in
from tests.jobs.office import jobs_for, press_for, run

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"
#: Issue, cohort and delivery get their numbers when they are planned.
_NUMBERED = [
    (rb"(?m)^Message-ID: <\d+\.\d+\.[0-9a-f]+@", b"Message-ID: <@"),
    (rb"=_digest_\d+_\d+_=", b"=_digest_="),
    (rb"bounces\+\d+\.[0-9a-f]+@", b"bounces+@"),
    (rb"(?m)^Feedback-ID: \d+:", b"Feedback-ID: :"),
]


#: A cohort has its number when it is planned: the same number of characters, so lines end in the same places.
_VIEWED = re.compile(rb"/issues/(?:[\w-]|=\r\n){32}")


def nameless(content: bytes) -> bytes:
    content = _VIEWED.sub(b"/issues/", content.replace(b"\r\n ", b""))
    for pattern, replacement in _NUMBERED:
        content, times = re.subn(pattern, replacement, content)
        assert times or b"digest_" in pattern, pattern
    return content


def unseen(text: str) -> str:
    text, times = re.subn(r"/issues/[\w-]{32}", "/issues/", text.replace("\r\n", "\n"))
    assert times == 1
    return text


@pytest.mark.parametrize("format_", ["html", "text"])
@pytest.mark.parametrize(
    "words", [{}, {"topics": "economy", "max_items": "1"}, {"language": "fr"}, {"at_once": "yes"}]
)
async def test_a_preview_is_what_is_sent(
    sqlite_store: Database, tmp_path: Path, format_: str, words: dict[str, Any]
) -> None:
    store = sqlite_store
    await join(store, ANN, TUESDAY - timedelta(days=2), name="Ann Müller", format=format_, **words)
    await publish_news(store, TUESDAY, item("Tariffs “rise”", "economy"), item("Ports", "economy"))
    found = await preview(ANN, "daily", store=store, press=press_for(store), now=at(24, 7))
    assert found.letter is not None
    report = await run(jobs_for(store, tmp_path), at(24, 7))
    assert report.totals.sent == 1
    (sent,) = (tmp_path / "outbox").glob("*.eml")
    assert nameless(sent.read_bytes()) == nameless(found.letter.content)
    assert found.letter.recipient == ANN
    message = message_from_bytes(sent.read_bytes(), policy=policy.default)
    assert message["Subject"] == found.subject
    plain = message.get_body(("plain",))
    assert plain is not None
    assert unseen(plain.get_content()) == unseen(found.text)
    if format_ == "html":
        rich = message.get_body(("html",))
        assert rich is not None
        assert unseen(rich.get_content()) == unseen(found.html or "")


async def test_a_preview_changes_nothing(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    before = await everything_in(store)
    await preview(ANN, "daily", store=store, press=press_for(store), now=at(24, 7))
    assert await everything_in(store) == before


async def test_a_preview_shows_the_issue_that_is_due_else_the_next_one(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    press = press_for(store)
    for now, due in ((at(24, 6, 59), at(24, 7)), (at(24, 12), at(24, 7)), (at(26, 12), at(26, 7))):
        assert (await preview(ANN, "daily", store=store, press=press, now=now)).slot.due_at == due
    await plan_all(store, at(24, 7))
    assert (await preview(ANN, "daily", store=store, press=press, now=at(24, 12))).slot.due_at == at(25, 7)


async def test_a_preview_of_nothing_says_why(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    press = press_for(store)
    found = await preview(ANN, "daily", store=store, press=press, now=at(24, 7))
    assert (found.letter, found.selection.skip) == (None, Skip.NOTHING_NEW)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    found = await preview(ANN, "daily", store=store, press=press, now=at(24, 7))
    assert (found.letter, found.selection.skip) == (None, Skip.NOTHING_WANTED)


async def test_a_preview_for_nobody_is_refused(store: Database) -> None:
    press = press_for(store)
    with pytest.raises(NotFoundError, match="newsletter 'weekly' does not exist"):
        await preview(ANN, "weekly", store=store, press=press, now=TUESDAY)
    with pytest.raises(NotFoundError, match=r"subscriber 'ann@example\.org' does not read daily"):
        await preview(ANN, "daily", store=store, press=press, now=TUESDAY)
    assert await copies(store) == ()


async def test_the_span_of_missed_days_is_in_the_preview_as_in_the_mail(
    store: Database, tmp_path: Path
) -> None:
    await join(store, ANN, TUESDAY - timedelta(days=4))
    await publish_news(store, TUESDAY, item("Tariffs"))
    found = await preview(ANN, "daily", store=store, press=press_for(store), now=at(24, 7))
    await run(jobs_for(store, tmp_path), at(24, 7))
    (sent,) = (tmp_path / "outbox").glob("*.eml")
    assert found.letter is not None
    assert nameless(sent.read_bytes()) == nameless(found.letter.content)
    assert (await reader(store, ANN)).served_day.day == 24
    plain = message_from_bytes(sent.read_bytes(), policy=policy.default).get_body(("plain",))
    assert plain is not None
    assert "Nov 20\u2009–\u200924" in plain.get_content()


async def test_when_the_next_issue_is_due_is_told_by_the_slot_however_late_it_is_printed(
    store: Database, tmp_path: Path
) -> None:
    await join(store, ANN, TUESDAY, days="tue,wed,fri")
    await publish_news(store, TUESDAY, item("Tariffs"))
    found = await preview(ANN, "daily", store=store, press=press_for(store), now=at(24, 7))
    assert "due on Wednesday, Nov 25, at 07:00." in " ".join(found.text.split())
    await plan_all(store, at(24, 7))
    # planned, and not sent before the next slot was nearly there
    await run(jobs_for(store, tmp_path), at(25, 6, 59))
    (sent,) = (tmp_path / "outbox").glob("*.eml")
    assert found.letter is not None
    assert nameless(sent.read_bytes()) == nameless(found.letter.content)


async def test_readers_at_once_are_promised_no_day(store: Database) -> None:
    await join(store, ANN, TUESDAY, at_once="yes")
    await publish_news(store, TUESDAY, item("Tariffs"))
    found = await preview(ANN, "daily", store=store, press=press_for(store), now=at(24, 7))
    assert "It comes as soon as there is something new." in " ".join(found.text.split())
    assert "next one" not in found.text
