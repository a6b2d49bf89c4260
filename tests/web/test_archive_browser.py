"""The archive in a real browser: axe finds nothing, no page is too wide, and the policy blocks nothing."""

from __future__ import annotations

from typing import Final

import pytest

from digest.flows import edit_briefing
from digest.flows.edit_briefing import Edit
from digest.store import opinions
from digest.store.database import Database
from subscribers.subscription import Subscription
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, mark_sent, plan_all, publish_news
from tests.mail_lint.tools import lacks_axe, lacks_browser
from tests.web.browsing import (
    DARK_DESKTOP,
    DARK_PHONE,
    DESKTOP,
    NARROWEST,
    PHONE,
    PLAIN_DESKTOP,
    chromium,
    served,
    violations,
    window,
)
from tests.web.visiting import choices

pytestmark = pytest.mark.anyio

ANA: Final = "ana@example.org"
HOME: Final = "/archive/daily"
VIEWS: Final = (
    *(PHONE, DESKTOP, DARK_PHONE, DARK_DESKTOP, NARROWEST),
    *(NARROWEST._replace(name=f"narrowest-{one}", language=one) for one in ("ar", "de", "zh-CN")),
)
PAGES: Final = (
    *(HOME, f"{HOME}/2026-11-24", f"{HOME}/items/2", f"{HOME}/items/3", f"{HOME}/items/4"),
    *(f"{HOME}/search?q=tariff", f"{HOME}/search?q=nothing", f"{HOME}/topics/economy", f"{HOME}/items/1"),
)


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
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    return ana


@pytest.mark.wide
@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_nothing_keeps_anybody_from_reading(sqlite_store: Database) -> None:
    ana = await archive_of(sqlite_store)
    pages = (*PAGES, f"{choices(ana)}/issues", f"{choices(ana)}/issues/1")
    wrong = []
    async with served(sqlite_store, at(25, 9)) as base_url, chromium() as started:
        for view in VIEWS:
            async with window(started, view) as page:
                for path in pages:
                    await page.goto(base_url + path)
                    wrong += [f"{path} {view.name}: {found}" for found in await violations(page)]
    assert wrong == []


@pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser()))
async def test_everything_can_be_done_by_keyboard_and_without_scripts(sqlite_store: Database) -> None:
    ana = await archive_of(sqlite_store)
    async with (
        served(sqlite_store, at(25, 9)) as base_url,
        chromium() as started,
        window(started, PLAIN_DESKTOP) as page,
    ):
        await page.goto(f"{base_url}{HOME}")
        await page.get_by_role("searchbox").focus()
        await page.keyboard.type("gallium")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?q=gallium")
        await page.get_by_role("link", name="Tariffs on gallium").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/items/2")
        await page.goto(f"{base_url}{choices(ana)}/issues")
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
