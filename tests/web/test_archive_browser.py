"""The archive in a real browser: axe finds nothing, no page is too wide, and the policy blocks nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from digest.flows import edit_briefing
from digest.flows.edit_briefing import Edit
from digest.store import opinions
from digest.store.database import Database
from subscribers.subscription import Subscription
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, mark_sent, plan_all, publish_news
from tests.mail_lint.tools import AXE, browser, lacks_axe, lacks_browser
from tests.web.visiting import BASE_URL, choices, visitor

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Route

pytestmark = pytest.mark.anyio

ANA: Final = "ana@example.org"
HOME: Final = "/archive/daily"
VIEWS: Final = ((375, "light"), (375, "dark"), (1100, "light"), (1100, "dark"))
PAGES: Final = (
    *(HOME, f"{HOME}/2026-11-24", f"{HOME}/items/2", f"{HOME}/items/3", f"{HOME}/items/4"),
    *(f"{HOME}/search?q=tariff", f"{HOME}/search?q=nothing", f"{HOME}/topics/economy", f"{HOME}/items/1"),
)
_ASK: Final = "() => axe.run(document, {resultTypes: ['violations']})"
_WIDER: Final = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def archive_of(store: Database) -> Subscription:
    """Items in three scripts, one corrected, one withdrawn, one first; and a reader who got them."""
    await change_newsletter(store, feedback=True, postal_address="The Harbour Letter\n12 Quay Street")
    ana = await join(store, ANA, TUESDAY)
    await publish_news(
        store,
        TUESDAY,
        item("A withdrawn tariff", "economy"),
        item("Tariffs on gallium (镓) rise again", "economy", "energy", url="https://post.example/1"),
        item("الرسوم الجمركية ترتفع", "economy", language="ar", url="https://post.example/2"),
        item("国家统计局发布十月数据", "energy", language="zh-Hans"),
        item("Schools open", "society"),
    )
    await plan_all(store, at(24, 7))
    await mark_sent(store, ANA, at(24, 7))
    await edit_briefing.edit(
        2, Edit(title="Tariffs on gallium (镓) fall", lead=True), store=store, now=at(25, 9)
    )
    await edit_briefing.retract(1, store=store)
    return ana


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser for as long as the block lasts."""
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        started = await driver.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield started
        finally:
            await started.close()


async def answered_by(client: httpx.AsyncClient, context: BrowserContext) -> None:
    """Whatever the browser asks for, the application answers; there is no network."""

    async def answer(route: Route) -> None:
        asked = route.request
        got = await client.request(
            asked.method, asked.url, headers=await asked.all_headers(), content=asked.post_data_buffer
        )
        await route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.content)

    await context.route("**/*", answer)


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_nothing_keeps_anybody_from_reading(sqlite_store: Database) -> None:
    ana = await archive_of(sqlite_store)
    pages = (*PAGES, f"{choices(ana)}/issues", f"{choices(ana)}/issues/1")
    axe, wrong = AXE.read_text(encoding="utf-8"), []
    async with visitor(sqlite_store, at(25, 9)) as client, chromium() as started:
        views: list[tuple[int, Any, str]] = [(width, scheme, "en") for width, scheme in VIEWS]
        views += [(375, "light", "ar"), (375, "dark", "zh-CN")]
        for width, scheme, language in views:
            context = await started.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language
            )
            await answered_by(client, context)
            page = await context.new_page()
            page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
            for path in pages:
                await page.goto(BASE_URL + path)
                await page.evaluate(axe)
                for violation in (await page.evaluate(_ASK))["violations"]:
                    where = violation["nodes"][0]["html"][:120]
                    wrong.append(f"{path} {width} {scheme} {language}: {violation['id']}: {where}")
                await page.set_viewport_size({"width": 320, "height": 900})
                if (beyond := await page.evaluate(_WIDER)) > 0:
                    wrong.append(f"{path} {language} is {beyond} pixels too wide for a small phone")
                await page.set_viewport_size({"width": width, "height": 900})
            await context.close()
    # the browser itself notes that a page was answered with 410
    assert [one for one in wrong if "410" not in one] == []


@pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser()))
async def test_everything_can_be_done_by_keyboard_and_without_scripts(sqlite_store: Database) -> None:
    ana = await archive_of(sqlite_store)
    async with visitor(sqlite_store, at(25, 9)) as client, chromium() as started:
        context = await started.new_context(java_script_enabled=False)
        await answered_by(client, context)
        page = await context.new_page()
        await page.goto(f"{BASE_URL}{HOME}")
        await page.get_by_role("searchbox").focus()
        await page.keyboard.type("gallium")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?q=gallium")
        await page.get_by_role("link", name="Tariffs on gallium").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/items/2")
        await page.goto(f"{BASE_URL}{choices(ana)}/issues")
        await page.get_by_role("link", name="What was useful?").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/issues/1")
        await page.get_by_role("button", name="Not useful").first.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", pressed=True).wait_for()
    async with sqlite_store.read() as connection:
        said = [await opinions.tally(connection, number) for number in range(1, 6)]
    assert sum(one.not_useful for one in said) == 1
    assert sum(one.useful for one in said) == 0
