"""Leaving and taking it back, by button and by mail program: one effect, however many ask for it at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from digest.flows import readers
from digest.store import newsletters
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.leaving import (
    BY_ONE_CLICK,
    FROM_EVERYTHING,
    ON_THE_PAGE,
    TAKEN_BACK,
    LeavingReason,
    reason_in,
)
from subscribers.model import Standing
from subscribers.subscription import Subscription
from tests.flows.newsroom import TUESDAY, add_newsletter, change_newsletter, join, reader
from tests.flows.post_office import all_notices
from tests.web.visiting import (
    ONE_CLICK,
    all_rows,
    choices,
    headline,
    history,
    leaving,
    press,
    said,
    tree,
    visitor,
)

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
        assert "The Daily Digest comes to a…\u2060@example.org every day at 07:00 (UTC)." in said(question)
        (link,) = tree(question).xpath("//main//a[.='Change what you get, and when']/@href")
        assert headline(await client.get(question.url.join(link))) == "What you get, and when"
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
        links = [str(href) for href in _links(back) if not str(href).startswith("mailto:")]
        found = [headline(await client.get(back.url.join(link))) for link in links]
        assert found == ["What you get, and when", "Unsubscribe?"]
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
        assert ("Would you like to get it again?" in said(done)) is not offered
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


# --- for everything, with a reason, or less instead of nothing ----------------------------------------------


async def with_two(store: Database) -> tuple[Subscription, Subscription]:
    """A reader of two newsletters."""
    await add_newsletter(store, "weekly", title="The Weekend Reader")
    first = await join(store, "ana@example.org", TUESDAY)
    return first, await join(store, "ana@example.org", TUESDAY, newsletter="weekly")


async def standings(store: Database) -> list[str]:
    async with store.read() as connection:
        return [one.standing.value for one in await shelf.subscriptions_of(connection, "ana@example.org")]


async def test_one_press_ends_this_newsletter_and_the_page_says_what_still_comes(
    sqlite_store: Database,
) -> None:
    ana, _weekly = await with_two(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        done = await press(client, await client.get(leaving(ana)))
    assert "This still comes The Weekend Reader" in said(done)
    assert await standings(sqlite_store) == ["left", "active"]


async def test_everything_ends_at_once_and_is_taken_back_together(store: Database) -> None:
    ana, weekly = await with_two(store)
    bob = await join(store, "bob@example.org", TUESDAY)
    async with visitor(store, TUESDAY) as client:
        done = await press(client, await client.get(leaving(weekly)), scope="all")
        assert await standings(store) == ["left", "left"]
        assert "This still comes" not in said(done)
        back = await press(client, done, "Undo")
    assert headline(back) == "Welcome back"
    assert "You also get: The Daily Digest" in said(back)
    async with store.read() as connection:
        assert await shelf.subscriptions_of(connection, "ana@example.org") == (ana, weekly)
    assert [words for _before, _after, words in await history(store, ana)][1:] == [
        FROM_EVERYTHING,
        TAKEN_BACK,
    ]
    assert await reader(store, "bob@example.org") == bob


async def test_what_was_left_before_is_not_taken_back_with_the_rest(sqlite_store: Database) -> None:
    ana, weekly = await with_two(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(weekly), data=ONE_CLICK)
    async with visitor(sqlite_store, TUESDAY + timedelta(hours=1)) as client:
        await client.post(leaving(ana), data={"scope": "all"})
        await client.post(f"{leaving(ana)}/undo")
    assert await standings(sqlite_store) == ["active", "left"]


async def test_one_click_ends_what_the_mail_was_about_and_nothing_else(sqlite_store: Database) -> None:
    ana, _weekly = await with_two(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana), data={**ONE_CLICK, "scope": "all"})
    assert await standings(sqlite_store) == ["left", "active"]


async def test_who_leaves_everything_gets_one_goodbye(sqlite_store: Database) -> None:
    ana, weekly = await with_two(sqlite_store)
    async with sqlite_store.write() as connection:
        for one in await newsletters.every(connection):
            await newsletters.save(connection, replace(one, goodbye=True))
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(weekly), data={"scope": "all"})
    (notice,) = await all_notices(sqlite_store)
    assert (notice.kind, notice.subscription_id) == ("goodbye", weekly.id)
    assert ana.standing == "active"


@pytest.mark.parametrize(
    ("entered", "kept", "counted"),
    [
        ({}, ON_THE_PAGE, None),
        ({"reason": "too-often"}, f"{ON_THE_PAGE}: too-often", LeavingReason.TOO_OFTEN),
        (
            {"reason": "too-long", "words": "less is\r\nmore"},
            f"{ON_THE_PAGE}: too-long — less is more",
            LeavingReason.TOO_LONG,
        ),
        ({"words": "a: too-often — b"}, f"{ON_THE_PAGE}: other — a: too-often — b", LeavingReason.OTHER),
        ({"reason": "<b>", "words": " "}, ON_THE_PAGE, None),
        ({"words": "x" * 2000}, f"{ON_THE_PAGE}: other — {'x' * 500}", LeavingReason.OTHER),
    ],
)
async def test_why_is_asked_and_kept_so_that_it_can_be_counted(
    sqlite_store: Database, entered: dict[str, str], kept: str, counted: LeavingReason | None
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await press(client, await client.get(leaving(ana)), **entered)
    words = (await history(sqlite_store, ana))[-1][2]
    assert words == kept
    assert reason_in(words) is counted


async def test_the_words_of_a_reader_do_not_stand_in_the_log(
    sqlite_store: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana), data={"reason": "other", "words": "my name is Ana Martin"})
    logged = "".join(capsys.readouterr())
    assert "unsubscribed on the page: other" in logged
    assert "Martin" not in logged


@pytest.mark.parametrize(
    ("wished", "entered", "days"),
    [
        ({}, {}, ("mon",)),
        ({"days": "thu,sat"}, {}, ("thu",)),
        ({"days": "thu,sat"}, {"day": "sun"}, ("sun",)),
        ({"at_once": "yes"}, {"day": "fri"}, ("fri",)),
        ({"days": "weekdays"}, {"day": "never"}, ("mon",)),
    ],
)
async def test_once_a_week_instead(
    sqlite_store: Database, wished: dict[str, Any], entered: dict[str, str], days: tuple[str, ...]
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, **wished)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await press(client, await client.get(leaving(ana)), "Once a week", **entered)
    assert "from now on it comes once a week" in said(page)
    mine = await reader(sqlite_store, "ana@example.org")
    assert (mine.cadence.days, mine.cadence.at_once, mine.standing) == (days, False, "active")
    assert mine.cadence.at == ana.cadence.at


@pytest.mark.parametrize("wished", [{"days": "thu"}, {"days": "monthly"}])
async def test_who_gets_it_seldom_is_not_offered_it_weekly(
    sqlite_store: Database, wished: dict[str, Any]
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, **wished)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert "Once a week" not in said(await client.get(leaving(ana)))
        await client.post(f"{choices(ana)}/slower")
    assert await reader(sqlite_store, "ana@example.org") == ana


async def test_four_weeks_of_rest_instead(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await press(client, await client.get(leaving(ana)), "Pause for four weeks")
        assert "is paused until Dec 22." in said(page)
        # who rests already may still leave, and is not offered to rest
        asked = await client.get(leaving(ana))
        assert "Pause for four weeks" not in said(asked)
        assert headline(await press(client, asked)) == "You are unsubscribed"
