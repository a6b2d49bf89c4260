"""Who confirms is welcomed once, with what would have come and what will; who leaves may be told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from digest.flows import by_link, confirming, readers
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, plan_all, publish_news, reader
from tests.flows.post_office import all_notices, link_in, send_notices
from tests.walk.recording import recording
from tests.wire.transmission import fields_of, head_of, texts_of, value_of

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def yes(store: Database, now: object = TUESDAY) -> None:
    put = await confirming.confirm(1, seen_from="192.0.2.7", store=store, now=TUESDAY)
    assert put is not None


async def arrived(store: Database, folder: Path) -> list[bytes]:
    async with recording() as record:
        for _ in range(2):
            await send_notices(store, folder, record.server, now=TUESDAY)
    return [one.content for one in record.accepted]


async def test_a_welcome_says_what_would_have_come_and_what_will(store: Database, tmp_path: Path) -> None:
    for day in range(1, 24):
        await publish_news(
            store, at(day, 12), item(f"Exports {day}", "economy"), item(f"Schools {day}", "society")
        )
    await join(store, ANA, TUESDAY, confirmed=False, name="Ana", topics="economy", days="mon", at="08:00")
    (_question,) = await arrived(store, tmp_path)
    await asyncio.gather(*(yes(store) for _ in range(5)))
    (letter,) = await arrived(store, tmp_path)
    text = " ".join(texts_of(letter)["text/plain"].split())
    assert "Hello Ana, Thank you: your subscription to The Daily Digest is confirmed." in text
    assert "It comes every Monday at 08:00 (UTC), with what is new on Economy and trade." in text
    tried = "In the last four weeks that would have been 4 issues; a typical one: 7 items, 1 min read."
    assert tried in text
    assert "Your first issue: Nov 30, 08:00 (UTC). 7 items are waiting for it already." in text
    html = " ".join(texts_of(letter)["text/html"].split())
    for sentence in (
        "7 items are waiting for it already.",
        "a typical one: 7 items, 1 min read.",
        "Unsubscribe",
    ):
        assert sentence in html
    fields = fields_of(head_of(letter))
    assert value_of(fields, "Subject") == "Welcome to The Daily Digest"
    assert link_in(letter, "unsubscribe") in value_of(fields, "List-Unsubscribe")
    assert value_of(fields, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"


async def test_the_first_issue_holds_what_the_welcome_said(sqlite_store: Database, tmp_path: Path) -> None:
    await publish_news(sqlite_store, TUESDAY, item("One", "economy"), item("Two", "society"))
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await yes(sqlite_store)
    (_question, welcome) = await all_notices(sqlite_store)
    (planned,) = await plan_all(sqlite_store, at(24, 7))
    assert (welcome.data["first"], welcome.data["waiting"]) == (at(24, 7).isoformat(), 2)
    assert planned.copies == 1


async def test_nothing_is_made_up_where_nothing_was_published(sqlite_store: Database, tmp_path: Path) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False, at_once="yes")
    await yes(sqlite_store)
    (letter,) = await arrived(sqlite_store, tmp_path)
    text = texts_of(letter)["text/plain"]
    assert "four weeks" not in text
    assert "Your first mail comes as soon as there is something new for you." in " ".join(text.split())


async def test_a_newsletter_may_leave_the_welcome_out(sqlite_store: Database, tmp_path: Path) -> None:
    await change_newsletter(sqlite_store, welcome=False)
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await yes(sqlite_store)
    assert [one.kind for one in await all_notices(sqlite_store)] == ["confirm"]


async def test_who_left_at_once_is_not_welcomed_any_more(sqlite_store: Database, tmp_path: Path) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await yes(sqlite_store)
    await readers.unsubscribe(ANA, None, reason="no", store=sqlite_store, now=TUESDAY)
    assert await arrived(sqlite_store, tmp_path) == []
    assert [one.reason for one in await all_notices(sqlite_store, kind="welcome")] == ["left"]


@pytest.mark.parametrize("wished", [False, True])
async def test_a_goodbye_goes_out_only_where_a_newsletter_wishes_it(
    sqlite_store: Database, tmp_path: Path, wished: bool
) -> None:
    await change_newsletter(sqlite_store, goodbye=wished)
    ana = await join(sqlite_store, ANA, TUESDAY)
    for _ in range(3):
        await by_link.leave(ana.id, reason="enough", store=sqlite_store, now=TUESDAY)
    letters = await arrived(sqlite_store, tmp_path)
    assert len(letters) == wished
    for letter in letters:
        assert value_of(fields_of(head_of(letter)), "Subject") == "You are unsubscribed from The Daily Digest"
        assert "For a week this page takes it back" in " ".join(texts_of(letter)["text/plain"].split())
        assert link_in(letter, "unsubscribe")


async def test_who_came_back_before_the_goodbye_gets_none(sqlite_store: Database, tmp_path: Path) -> None:
    await change_newsletter(sqlite_store, goodbye=True)
    ana = await join(sqlite_store, ANA, TUESDAY)
    await by_link.leave(ana.id, reason="enough", store=sqlite_store, now=TUESDAY)
    await by_link.take_back(ana.id, reason="no", store=sqlite_store, now=TUESDAY + timedelta(seconds=1))
    assert await arrived(sqlite_store, tmp_path) == []
    assert (await reader(sqlite_store, ANA)).standing == "active"


async def test_who_never_confirmed_gets_no_goodbye(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, goodbye=True)
    ana = await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await by_link.leave(ana.id, reason="enough", store=sqlite_store, now=TUESDAY)
    assert [one.kind for one in await all_notices(sqlite_store)] == ["confirm"]
