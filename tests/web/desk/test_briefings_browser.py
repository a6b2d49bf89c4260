"""Briefings and topics in a browser: with scripts and without, on a phone, in both schemes, for everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from digest.core.access import Role
from digest.flows import edit_briefing, stories
from digest.flows.edit_briefing import Flags
from digest.store import briefings, topics
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, item, publish_news
from tests.mail_lint.tools import lacks_axe, lacks_browser
from tests.web.browsing import DARK_PHONE, DESKTOP, PLAIN_PHONE, View, chromium, served, violations, window
from tests.web.desk.newsroom import NOW, PASSWORD, add_person

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser())),
]

#: What `test_for_everybody` does not come by: other pages are looked at there.
_PAGES = ("briefings?q=tariffs", "briefings/1", "briefings/1/story?q=solar&beside=3")


@asynccontextmanager
async def _at_the_desk(store: Database, *views: View) -> AsyncIterator[list[Page]]:
    """A window for each view, in which an editor is logged in and looks at the briefings."""
    await publish_news(store, TUESDAY, item("Tariffs rise", "economy"), item("Solar grows", "energy"))
    await edit_briefing.write(item("A draft on solar"), Flags(), store=store, now=TUESDAY)
    await stories.join([1, 2], store=store, now=TUESDAY)
    await add_person(store, "Ines", Role.EDITOR)
    async with served(store, NOW) as base_url, chromium() as browser:
        pages, windows = [], [window(browser, view) for view in views]
        for one in windows:
            page = await one.__aenter__()
            await page.goto(f"{base_url}/admin/briefings")
            await page.fill("[name=name]", "Ines")
            await page.fill("[name=password]", PASSWORD)
            await page.click("main button")
            await page.wait_for_url("**/admin/briefings")
            pages.append(page)
        yield pages
        for one in windows:
            await one.__aexit__(None, None, None)


@pytest.mark.wide
@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_what_was_found_and_joined_is_for_everybody_and_fits_a_phone(sqlite_store: Database) -> None:
    async with _at_the_desk(sqlite_store, DESKTOP, DARK_PHONE) as pages:
        for page in pages:
            base = page.url.removesuffix("briefings")
            for name in _PAGES:
                await page.goto(base + name)
                assert await violations(page) == [], name


async def test_the_mail_follows_what_is_typed(sqlite_store: Database) -> None:
    async with _at_the_desk(sqlite_store, DESKTOP) as (page,):
        await page.goto(page.url + "/1")
        before = await page.evaluate("history.length")
        for title in ("Tariffs fall", "Tariffs stay as they are"):
            await page.fill("[name=title]", title)
            mail = page.frame_locator("iframe:not(.coming)")
            await mail.get_by_text(title, exact=True).first.wait_for(timeout=10_000)
        assert await page.locator("iframe").count() == 1
        assert await page.evaluate("history.length") == before, "the way back leads to the page before"
    async with sqlite_store.read() as connection:
        stored = await briefings.by_id(connection, 1)
    assert stored is not None
    assert stored.title == "Tariffs rise"


async def test_without_scripts_a_button_shows_the_mail_and_another_saves(sqlite_store: Database) -> None:
    async with _at_the_desk(sqlite_store, PLAIN_PHONE) as (page,):
        await page.goto(page.url + "/1")
        await page.fill("[name=title]", "Tariffs fall")
        await page.click("text=Update")
        mail = page.frame_locator("iframe")
        await mail.get_by_text("Tariffs fall", exact=True).first.wait_for(timeout=10_000)
        await page.click("text=Save as a correction")
        assert await page.locator("h1").inner_text() == "Tariffs fall"


async def test_topics_are_dragged_or_moved_by_keyboard(sqlite_store: Database) -> None:
    async def order() -> list[str]:
        async with sqlite_store.read() as connection:
            return [topic.slug for topic in await topics.every(connection)]

    async with _at_the_desk(sqlite_store, DESKTOP) as (page,):
        await page.goto(page.url.replace("briefings", "topics"))
        place = {"target_position": {"x": 5, "y": 2}}
        await page.drag_and_drop("#topic-society", "#topic-economy", **place)  # type: ignore[arg-type]
        await page.get_by_text("The order is changed").wait_for(timeout=10_000)
        assert await order() == ["society", "economy", "energy", "general"]
        await page.get_by_label("Move Society and media down").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/topics?done=order#topic-society")
        assert await order() == ["economy", "society", "energy", "general"]


async def test_who_goes_back_and_publishes_once_more_is_led_to_what_was_made(sqlite_store: Database) -> None:
    async with _at_the_desk(sqlite_store, DESKTOP) as (page,):
        await page.goto(page.url + "/new")
        await page.fill("[name=title]", "Ferries wait")
        await page.fill("[name=text]", "They wait.")
        await page.click("text=Publish now")
        await page.wait_for_url("**/briefings/4?done=published")
        await page.go_back()
        if not await page.input_value("[name=title]"):
            # where the browser has forgotten the form there is nothing to send twice
            return
        await page.click("text=Publish now")
        await page.wait_for_url("**/briefings/4?done=again")
        assert await page.locator(".said").inner_text() == "This stands as no. 3 already."
