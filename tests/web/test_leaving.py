"""Leaving and taking it back, by button and by mail program: one effect, however many ask for it at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from digest.flows import readers
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.leaving import BY_ONE_CLICK, ON_THE_PAGE, TAKEN_BACK
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, change_newsletter, join, reader
from tests.web.visiting import ONE_CLICK, all_rows, headline, history, leaving, press, said, tree, visitor

pytestmark = pytest.mark.anyio

ADDED = (None, "active", "added by a test")


async def set_standing(store: Database, address: str, standing: Standing) -> None:
    """Have something else happen to a reader."""
    mine = await reader(store, address)
    async with store.write() as connection:
        await shelf.save(connection, replace(mine, standing=standing))
        await shelf.note_standing(connection, mine.id, mine.standing, standing, "made so by a test", TUESDAY)


async def test_the_page_asks_and_its_button_ends_the_subscription(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        question = await client.get(leaving(ana))
        assert headline(question) == "Unsubscribe?"
        assert "The Daily Digest comes to a…@example.org every day at 07:00 (UTC)." in said(question)
        done = await press(client, question)
    assert (done.status_code, headline(done)) == (200, "You are unsubscribed")
    assert await history(sqlite_store, ana) == [ADDED, ("active", "left", ON_THE_PAGE)]


@pytest.mark.parametrize(
    "form",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"List-Unsubscribe=One-Click"},
    ],
    ids=["urlencoded", "multipart", "no type"],
)
async def test_one_click_needs_no_page_no_cookie_and_no_redirect(sqlite_store: Database, form: dict) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.post(leaving(ana), **form)
        again = await client.post(leaving(ana), **form)
    assert (answer.status_code, answer.text) == (200, "You are unsubscribed.\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert not client.cookies
    assert (again.status_code, again.text) == (answer.status_code, answer.text)
    assert await history(sqlite_store, ana) == [ADDED, ("active", "left", BY_ONE_CLICK)]


async def test_fifty_at_once_have_one_effect(store: Database) -> None:
    ana = await join(store, "ana@example.org", TUESDAY)
    async with visitor(store, TUESDAY) as client:
        clicks = [client.post(leaving(ana), data=ONE_CLICK if n % 2 else {}) for n in range(50)]
        left = await asyncio.gather(*clicks)
        assert {answer.status_code for answer in left} == {200}
        assert len(await history(store, ana)) == 2
        undone = await asyncio.gather(*(client.post(f"{leaving(ana)}/undo") for _ in range(50)))
    assert {headline(answer) for answer in undone} == {"Welcome back"}
    assert [change[:2] for change in await history(store, ana)] == [
        (None, "active"),
        ("active", "left"),
        ("left", "active"),
    ]


async def test_leaving_one_newsletter_leaves_other_readers_alone(sqlite_store: Database) -> None:
    ana, bob = [await join(sqlite_store, f"{name}@example.org", TUESDAY) for name in ("ana", "bob")]
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana), data=ONE_CLICK)
    assert (await reader(sqlite_store, "bob@example.org")) == bob


async def test_the_button_on_the_page_that_says_it_is_done_takes_it_back(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        done = await press(client, await client.get(leaving(ana)))
        back = await press(client, done)
        assert headline(back) == "Welcome back"
        assert "Your next issue: Nov 24, 07:00 (UTC), if there is something new" in said(back)
        # the page stands one step further down: its link must lead to the question all the same
        (link,) = [str(href) for href in _links(back) if not str(href).startswith("mailto:")]
        assert headline(await client.get(back.url.join(link))) == "Unsubscribe?"
    assert await reader(sqlite_store, "ana@example.org") == ana
    assert (await history(sqlite_store, ana))[-1] == ("left", "active", TAKEN_BACK)


async def test_pressing_undo_twice_is_pressing_it_once(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana))
        first, second = [await client.post(f"{leaving(ana)}/undo") for _ in range(2)]
        assert first.text == second.text
        assert len(await history(sqlite_store, ana)) == 3


async def test_who_comes_back_to_the_address_of_undo_is_asked_and_can_leave(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        question = await client.get(f"{leaving(ana)}/undo")
        assert headline(question) == "Unsubscribe?"
        assert headline(await press(client, question)) == "You are unsubscribed"


async def test_undo_of_nothing_changes_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert headline(await client.post(f"{leaving(ana)}/undo")) == "Welcome back"
    assert await all_rows(sqlite_store) == before


@pytest.mark.parametrize(("days", "offered"), [(7, True), (8, False)])
async def test_undo_is_offered_for_a_week(sqlite_store: Database, days: int, offered: bool) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana))
    async with visitor(sqlite_store, TUESDAY + timedelta(days=days)) as client:
        done = await client.get(leaving(ana))
        assert headline(done) == "You are unsubscribed"
        assert ("Undo" in said(done)) is offered
        assert ("Write to the editors" in said(done)) is not offered
        await client.post(f"{leaving(ana)}/undo")
    assert (await reader(sqlite_store, "ana@example.org")).standing == ("active" if offered else "left")


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.PAUSED, Standing.BOUNCING])
async def test_who_gets_nothing_now_can_leave_for_good(sqlite_store: Database, standing: Standing) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    await set_standing(sqlite_store, "ana@example.org", standing)
    async with visitor(sqlite_store, TUESDAY) as client:
        done = await press(client, await client.get(leaving(ana)))
    assert headline(done) == "You are unsubscribed"
    assert (await reader(sqlite_store, "ana@example.org")).standing is Standing.LEFT


async def test_nobody_becomes_a_reader_by_undo_who_never_confirmed(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, confirmed=False)
    async with visitor(sqlite_store, TUESDAY) as client:
        done = await client.post(leaving(ana))
        assert "Undo" not in said(done)
        assert headline(await client.post(f"{leaving(ana)}/undo")) == "You are unsubscribed"
    assert (await reader(sqlite_store, "ana@example.org")).standing is Standing.LEFT


@pytest.mark.parametrize("standing", [Standing.COMPLAINED, Standing.SUPPRESSED])
@pytest.mark.parametrize("form", [{}, ONE_CLICK])
async def test_who_must_not_be_written_to_is_told_that_it_is_done(
    sqlite_store: Database, standing: Standing, form: dict[str, str]
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    await set_standing(sqlite_store, "ana@example.org", standing)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        answers = [await client.get(leaving(ana)), await client.post(leaving(ana), data=form)]
        undone = await client.post(f"{leaving(ana)}/undo")
    assert all("You are unsubscribed" in answer.text for answer in (*answers, undone))
    assert "Undo" not in "".join(answer.text for answer in (*answers, undone))
    assert await all_rows(sqlite_store) == before


async def test_an_erased_reader_is_told_that_it_is_done_and_not_named(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    await readers.erase("ana@example.org", store=sqlite_store, now=TUESDAY)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(leaving(ana))
        assert headline(page) == "You are unsubscribed"
        assert "example.org" not in page.text
        assert (await client.post(leaving(ana))).text == page.text
        assert (await client.post(f"{leaving(ana)}/undo")).text == page.text
        assert (await client.post(leaving(ana), data=ONE_CLICK)).text == "You are unsubscribed.\n"
    assert await all_rows(sqlite_store) == before


async def test_a_form_that_is_too_long_is_refused_and_changes_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.post(leaving(ana), content=b"List-Unsubscribe=One-Click&x=" + b"x" * 20_000)
    assert (answer.status_code, headline(answer)) == (413, "That did not work")
    assert await all_rows(sqlite_store) == before


async def test_the_newsletter_may_have_any_name(sqlite_store: Database) -> None:
    hostile = '<script>alert(1)</script> & "Sons" {{ 7 * 7 }} \u202e%(x)s'
    await change_newsletter(sqlite_store, title=hostile, sender_name=hostile, postal_address=hostile)
    ana = await join(sqlite_store, '"<b>ana</b>"@example.org', TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        for answer in [await client.get(leaving(ana)), await client.post(leaving(ana))]:
            assert "<script" not in answer.text
            assert "<b>" not in answer.text
            assert '<script>alert(1)</script> & "Sons" {{ 7 * 7 }}' in said(answer)
            assert "%(x)s" in said(answer)


def _links(answer: httpx.Response) -> list[str]:
    return [str(href) for href in tree(answer).xpath("//a/@href")]
