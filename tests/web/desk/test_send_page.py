"""What is sent by hand is rehearsed, tested and confirmed, and goes out once however often it is ordered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.core.access import Role
from digest.store import issues
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, copies, item, join, publish_news
from tests.flows.post_office import all_notices
from tests.jobs.office import jobs_for, press_for, run
from tests.mail_lint.tools import lacks_browser
from tests.render.pages import document
from tests.web.browsing import DESKTOP, chromium, served, window
from tests.web.browsing import says as shows
from tests.web.desk.newsroom import PASSWORD, add_person, at_the_desk, says, submit

pytestmark = pytest.mark.anyio
ANN, BOB = "ann@example.org", "bob@example.org"
NOW = at(24, 6, 30)


async def newsroom(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="economy")
    await join(store, BOB, TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))


def at_send(store: Database) -> Any:
    return at_the_desk(store, Role.EDITOR, lambda: NOW, press=press_for(store))


async def do(client: httpx.AsyncClient, page: httpx.Response, act: str, **entered: Any) -> httpx.Response:
    return await submit(client, page, "send", do=act, **entered)


CHOSEN: dict[str, Any] = {"what": "chosen", "briefing": ["1"], "subject": "Look at this"}


async def test_a_mail_is_rehearsed_tested_confirmed_and_sent_once(store: Database, tmp_path: Path) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await client.get("/admin/send")
        page = await do(client, page, "rehearse", **CHOSEN)
        assert "2 mails would be sent" in says(page)
        assert "HTML part of the largest mail" in says(page)
        frame = document(page.text).xpath("//iframe/@src")[0]
        assert "Tariffs" in (await client.get(page.url.join(frame))).text
        page = await do(client, page, "test", test_to="desk@example.com", **CHOSEN)
        assert "The test goes to 1 address" in says(page)
        wrong = await do(client, page, "order", confirm="3", **CHOSEN)
        assert "3 mails were agreed to, and it would be 2" in says(wrong)
        wrong = await do(client, page, "order", confirm="", **CHOSEN)
        assert "Type the number of mails" in says(wrong)
        answers = await asyncio.gather(*(do(client, page, "order", confirm="2", **CHOSEN) for _ in range(3)))
        assert all("The mail is ordered" in says(one) for one in answers)
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, NOW)).totals.sent == 2
    assert (await run(jobs, NOW)).totals.sent == 0
    assert {copy.numbers for copy in await copies(store)} == {(1,)}
    async with store.read() as connection:
        assert len(await issues.page(connection)) == 1
    assert {notice.kind for notice in await all_notices(store)} == {"test"}


async def test_a_slip_at_the_end_leaves_the_rehearsal_and_is_named_beside_its_field(store: Database) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await do(client, await client.get("/admin/send"), "rehearse", **CHOSEN)
        for act, slip, words in (
            ("order", {"confirm": "3"}, "3 mails were agreed to, and it would be 2"),
            ("order", {"confirm": "2", "when": "at", "at": ""}, "Say on which day and at which time to send"),
            (
                "order",
                {"confirm": "2", "at": "2026-11-25T08:00"},
                "A time is said, but to send now is chosen",
            ),
            ("test", {"test_to": "desk at example"}, "Address 'desk at example' is not valid"),
        ):
            wrong = await do(client, page, act, **CHOSEN, **slip)
            assert wrong.status_code == 422
            assert "2 mails would be sent" in says(wrong)
            (told,) = document(wrong.text).xpath("//section//p[@role='alert']")
            assert words in told.text_content()
            assert document(wrong.text).xpath(f"//input[@aria-describedby='{told.get('id')}']")
        again = await do(client, wrong, "test", test_to="desk@example.com", **CHOSEN)
        assert "The test goes to 1 address" in says(again)
    assert await copies(store) == ()


async def test_addresses_are_taken_by_lines_and_a_wrong_line_is_named_whole(store: Database) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await client.get("/admin/send")
        for between in ("\n", "\r\n\r\n", ", ", ";", " "):
            named = {"who": "addresses", "addresses": f"{ANN}{between}{BOB}"}
            assert "2 mails would be sent" in says(await do(client, page, "rehearse", **CHOSEN, **named))
        named = {"who": "addresses", "addresses": f"{ANN}\nnot an address\n"}
        wrong = await do(client, page, "rehearse", **CHOSEN, **named)
        assert "Address 'not an address' is not valid" in says(wrong)


async def test_readers_are_chosen_by_topic_by_filter_and_by_address(store: Database) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await client.get("/admin/send")
        for who in (
            {"who": "topics", "topic": ["economy"]},
            {"who": "filter", "audience": "topic:economy and format:html"},
            {"who": "addresses", "addresses": ANN},
        ):
            done = await do(client, page, "rehearse", **CHOSEN, **who)
            assert "1 mail would be sent" in says(done), who
        wrong = await do(
            client, page, "rehearse", **CHOSEN, who="filter", audience="topic:economy or 1=1; --"
        )
        assert wrong.status_code == 422
        assert "The filter is not understood" in says(wrong)
        wrong = await do(client, page, "rehearse", **CHOSEN, who="addresses", addresses="cat@example.org")
        assert "does not read daily" in says(wrong)
        # what was entered is there still
        assert "cat@example.org" in wrong.text
    assert await copies(store) == ()


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"audience": "topic:economy"}, "A filter is written, but other readers are chosen"),
        ({"topic": ["economy"]}, "Topics are ticked"),
        ({"addresses": ANN}, "Addresses are written"),
        ({"who": "topics", "topic": ["economy"], "addresses": ANN}, "Addresses are written"),
        ({"since": "2026-11-23"}, "A day is said, but something else is chosen"),
        ({"briefing": ["1"]}, "Briefings are ticked"),
        ({"at": "2026-11-25T08:00"}, "A time is said, but to send now is chosen"),
    ],
    ids=["filter", "topics", "addresses", "both", "since", "briefings", "time"],
)
async def test_what_is_filled_in_and_not_chosen_is_asked_about(
    store: Database, entered: dict[str, Any], words: str
) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await client.get("/admin/send")
        for act in ("rehearse", "test", "order"):
            refused = await do(client, page, act, confirm="2", test_to="desk@example.com", **entered)
            assert refused.status_code == 422
            assert words in says(refused)
    assert await copies(store) == ()


@pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser()))
async def test_who_fills_a_field_in_means_its_choice(sqlite_store: Database) -> None:
    await newsroom(sqlite_store)
    await add_person(sqlite_store, "Ines", Role.EDITOR)
    async with (
        served(sqlite_store, NOW, press=press_for(sqlite_store)) as base_url,
        chromium() as browser,
        window(browser, DESKTOP) as page,
    ):
        await page.goto(f"{base_url}/admin/send")
        await page.fill("[name=name]", "Ines")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin/send")
        await page.fill("[name=audience]", "topic:economy")
        await page.check("[name=briefing] >> nth=0")
        await page.click("text=Rehearse")
        await shows(page, "main", "1 mail would be sent")
        # what was rehearsed is in sight
        assert await page.evaluate("() => rehearsal.getBoundingClientRect().top < innerHeight")
        assert await page.is_checked("[name=who][value=filter]")
        assert await page.is_checked("[name=what][value=chosen]")
        assert await page.is_checked("[name=when][value=now]")
        await page.check("[name=when][value=local]")
        await page.fill("[name=at]", "2026-11-25T08:00")
        assert await page.is_checked("[name=when][value=local]")
        await page.check("[name=when][value=now]")
        await page.fill("[name=at]", "2026-11-25T09:00")
        assert await page.is_checked("[name=when][value=at]")


async def test_an_order_for_later_is_shown_today_and_can_be_taken_back(
    store: Database, tmp_path: Path
) -> None:
    await newsroom(store)
    later = {"when": "at", "at": "2026-11-24T06:45"}
    async with at_send(store) as client:
        page = await do(client, await client.get("/admin/send"), "rehearse", **CHOSEN)
        done = await do(client, page, "order", confirm="2", **later, **CHOSEN)
        assert "Look at this: 2 mails, Tue 24 Nov 2026, 06:45, ordered by the editor" in says(done)
        jobs = jobs_for(store, tmp_path)
        assert (await run(jobs, at(24, 6, 44))).totals.sent == 0
        done = await submit(client, done, "/cancel")
        assert "The mail is taken back" in says(done)
        assert (await run(jobs, at(24, 6, 46))).totals.sent == 0


async def test_orders_are_called_by_what_they_hold_and_later_ones_stand_apart(store: Database) -> None:
    await newsroom(store)
    wishes = {"what": "chosen", "briefing": ["1", "2"]}
    async with at_send(store) as client:
        for when in ("2027-06-01T08:00", "2026-11-25T08:00"):
            page = await do(client, await client.get("/admin/send"), "rehearse", **wishes)
            page = await do(client, page, "order", confirm="2", when="at", at=when, **wishes)
        called = "by hand The Daily Digest, Tariffs, and 1 more: 2 mails, "
        soon, later = says(page).split("And 1 mail by hand, ordered for later")
        assert f"{called}Wed 25 Nov 2026, 08:00, ordered by the editor Take back" in soon
        assert f"{called}Tue 1 Jun 2027, 08:00" in later
        left = await submit(client, page, "send/orders/1/cancel")
        assert "ordered for later" not in says(left)


async def test_briefings_are_found_by_their_words_and_stay_chosen(store: Database) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await do(client, await client.get("/admin/send"), "find", find="solar", briefing=["1"])
        boxes = document(page.text).xpath("//input[@name='briefing']")
        assert [(box.get("value"), box.get("checked") is not None) for box in boxes] == [
            ("1", True),
            ("2", False),
        ]
        blank = await client.get("/admin/send")
        page = await do(client, blank, "find", find="no. 2")
        assert document(page.text).xpath("//input[@name='briefing']/@value") == ["2"]
        page = await do(client, blank, "find", find="nothing like it")
        assert document(page.text).xpath("//input[@name='briefing']/@value") == []
        assert "No briefing fits" in says(page)


async def test_an_intro_is_a_mail_of_its_own(store: Database, tmp_path: Path) -> None:
    await newsroom(store)
    words = {"what": "intro", "subject": "We move house", "intro": "From Monday we are at the harbour."}
    async with at_send(store) as client:
        page = await do(client, await client.get("/admin/send"), "rehearse", **words)
        assert "the intro alone" in says(page)
        await do(client, page, "order", confirm="2", **words)
    assert (await run(jobs_for(store, tmp_path), NOW)).totals.sent == 2


async def test_who_may_not_send_gets_no_form(store: Database) -> None:
    async with at_the_desk(store, Role.VIEWER) as client:
        assert (await client.get("/admin/send")).status_code == 403
        assert "Send by hand" not in says(await client.get("/admin/"))


async def test_a_mail_is_ordered_for_each_readers_own_clocks(store: Database) -> None:
    await newsroom(store)
    async with at_send(store) as client:
        page = await do(client, await client.get("/admin/send"), "rehearse", **CHOSEN)
        when = {"when": "local", "at": "0001-01-01T00:00", "confirm": "2"}
        refused = await do(client, page, "order", **CHOSEN, **when)
        assert "The time to send at is past" in says(refused)
        when["at"] = "2026-11-25T08:00"
        page = await do(client, page, "order", **CHOSEN, **when)
        assert "The mail is ordered" in says(page)
        assert "2026-11-25 at 08:00 on each reader's clocks" in says(page)
