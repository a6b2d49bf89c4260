"""A link that is shown once is copied by a button, where scripts run; the rest works without them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from digest.core.access import Role
from digest.store.database import Database
from tests.mail_lint.tools import lacks_browser
from tests.web.browsing import PHONE, PLAIN_PHONE, View, chromium, name_of, says, served, window
from tests.web.desk.newsroom import NOW, PASSWORD, add_person

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser())),
]


@asynccontextmanager
async def _letting_eve_in(store: Database, view: View) -> AsyncIterator[Page]:
    """The page People, on which an admin has begun to let somebody in."""
    await add_person(store, "Anna", Role.ADMIN)
    async with served(store, NOW) as base_url, chromium() as browser, window(browser, view) as page:
        await page.goto(f"{base_url}/admin/enter?to=people")
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin/people")
        await page.fill("[name=name]", "Eve")
        yield page


@pytest.mark.parametrize("view", [PHONE, PLAIN_PHONE], ids=name_of)
async def test_a_link_is_copied_and_leads_to_a_password_of_ones_own(
    sqlite_store: Database, view: View
) -> None:
    async with _letting_eve_in(sqlite_store, view) as page:
        await page.click("main button:has-text('Add')")
        await says(page, "main", "Eve may enter as viewer")
        link = await page.input_value("main [readonly]")
        copy = page.locator("main button:has-text('Copy')")
        assert await copy.is_visible() is view.scripts
        if view.scripts:
            await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            await copy.click()
            await says(page, "main", "Copied")
            assert await page.evaluate("navigator.clipboard.readText()") == link
        await page.goto(link)
        for field in ("new", "again"):
            await page.fill(f"[name={field}]", "a kettle of seven swans")
        await page.click("main button")
        await says(page, "main", "Your password is set")


async def test_who_types_a_first_password_means_that_choice(sqlite_store: Database) -> None:
    async with _letting_eve_in(sqlite_store, PHONE) as page:
        await page.fill("main [name=password]", "letters in a drawer")
        assert await page.is_checked("[name=by][value=password]")
        await page.click("main button:has-text('Add')")
        await says(page, "main", "The account is made")
