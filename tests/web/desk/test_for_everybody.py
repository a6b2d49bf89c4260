"""Every page of the desk is for everybody, and fits a phone: axe looks at whatever the application can show.

The pages are read from its routes, so one that is added tomorrow is looked at, too; what forms answer with is
listed here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from digest.core.access import Role
from digest.core.doctor_findings import Finding, Found, Level
from digest.jobs.seldom import Rosters
from digest.store.database import Database
from tests.jobs.office import press_for
from tests.mail_lint.tools import lacks_axe
from tests.web.browsing import DARK_DESKTOP, PHONE, chromium, says, served, violations, window
from tests.web.desk.newsroom import NOW, PASSWORD, add_person, desk_app
from tests.web.desk.rooms import at_work, made_up, named, routes_in

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe())),
]

#: What a whole page of ours begins with; others are parts of one, mails in frames, and files.
_WHOLE: Final = re.compile(r"<!DOCTYPE html>.*<body class=\"(?:desk|door)", re.DOTALL)
#: Asked for by who is in already, these lead away.
_DOORS: Final = {"/admin", "/admin/enter", "/admin/code"}
_TABLE: Final = "Schlagzeile;Text;Kürzel\nNight trains;They return.;ab\n"
_FEEDS: Final = "<opml><outline text='Bay' xmlUrl='bay.example'/><outline xmlUrl='ftp:x'/></opml>"


async def _found() -> tuple[Finding, ...]:
    """What the doctor says here: something of each level."""
    return tuple(Finding(Found.DMARC_MISSING, level, "bay.net has none", "publish one") for level in Level)


async def _wrong_with(page: Page) -> list[str]:
    """What is wrong with the page that is shown: by day on a phone; with its colours, by night at a desk."""
    found = []
    for view, rules in ((PHONE, ()), (DARK_DESKTOP, ("color-contrast",))):
        # with motion, colours would be on their way when they are looked at
        await page.emulate_media(color_scheme=view.scheme, reduced_motion="reduce")
        await page.set_viewport_size({"width": view.width, "height": 800})
        found += [f"{page.url} {view.name} {wrong}" for wrong in await violations(page, *rules)]
    return found


@asynccontextmanager
async def _entered(store: Database) -> AsyncIterator[tuple[Page, str]]:
    """A window of an admin who is in, and where the desk is."""
    await add_person(store, "Anna", Role.ADMIN)
    async with (
        served(store, NOW, press=press_for(store), look=_found) as base_url,
        chromium() as browser,
        window(browser, PHONE) as page,
    ):
        await page.goto(f"{base_url}/admin/enter")
        assert await _wrong_with(page) == []
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin/")
        yield page, base_url


@pytest.mark.wide
async def test_every_page_that_there_is(sqlite_store: Database, tmp_path: Path) -> None:
    await at_work(sqlite_store, tmp_path)
    wrong, whole = [], 0
    async with _entered(sqlite_store) as (page, base_url):
        for route in routes_in(desk_app(sqlite_store)):
            method, path = named(route)
            if method == "POST" or path in _DOORS:
                continue
            answer = await page.request.get(f"{base_url}{made_up(path)}")
            assert answer.status == (404 if path.endswith(":path}") else 200), path
            if "text/html" not in answer.headers["content-type"] or not _WHOLE.match(await answer.text()):
                continue
            await page.goto(answer.url)
            wrong += await _wrong_with(page)
            whole += 1
    assert wrong == []
    assert whole > 30


@pytest.mark.wide
async def test_every_page_that_a_form_answers_with(sqlite_store: Database, tmp_path: Path) -> None:
    await at_work(sqlite_store, tmp_path)
    wrong: list[str] = []
    async with _entered(sqlite_store) as (page, base_url):

        async def look(path: str, button: str, heading: str, **entered: str) -> None:
            """Fill a form in, press its button, and look at what comes."""
            await page.goto(f"{base_url}/admin/{path}")
            for name, value in entered.items():
                await page.locator(f"main [name={name}]").first.fill(value)
            await go_on(button, heading)

        async def go_on(button: str, heading: str) -> None:
            await page.click(f"main button:has-text('{button}')")
            await says(page, "main", heading)
            wrong.extend(await _wrong_with(page))

        trying = "See what would become of it"
        await look("briefings/import", trying, "nothing to read")
        await look("briefings/import", trying, "1 refused", page='[{"title": "P", "body": "W."}, {}]')
        await page.goto(f"{base_url}/admin/briefings/import")
        table = {"name": "desk.csv", "mimeType": "text/csv", "buffer": _TABLE.encode()}
        await page.set_input_files("[name=file]", table)  # type: ignore[arg-type]
        await go_on(trying, "What the columns of desk.csv are")
        await page.select_option("[name=column-0]", "title")
        await go_on(trying, "1 new")
        await look("feeds/import", "See which are new", "1 new", page=_FEEDS)
        await look("feeds/new", "Add", "is not an absolute", url="ftp://x/")
        await look("readers/import", "Go on", "What the columns mean", pasted="email\nann@example.org\nno\n")
        await page.fill("[name=basis]", "They signed a list.")
        await go_on("Try it out", "Trying every line")
        await Rosters(sqlite_store).work(NOW, asyncio.Event())
        await says(page, "main", "1 would be changed")
        wrong += await _wrong_with(page)
        await look("newsletters/daily", "Save", "is not a colour", accent="red", first_at="early")
        await look(
            "newsletters",
            "Begin",
            "is not one",
            slug="A b",
            title="A",
            sender_name="A",
            sender_address="a@b.org",
        )
        await look("briefings/new", "Keep as draft", "is empty", title=" ", text=" ", source="The Post")
        await look("readers/add", "Add", "is not valid", email="ann@example")
        await look("topics/economy", "Try out on past briefings", "would", rules="tariffs:5")
        await look("readers/suppressed", "Look", "is not on the list", address="bo@example.org")
        await look("readers/suppressed", "Add to the list", "refused", addresses="bo@example.org\nno\n")
        await look("doctor", "Look now", "bay.net has none")
        await look("people", "Add", "as soon as a password is chosen", name="Eve")
        await look("people/1", "New link", "Links before it are void")
        await page.goto(f"{base_url}/admin/people/webhooks")
        await page.fill("[name=url]", "https://shop.example/hooks")
        await page.check("[name=kind] >> nth=0")
        await go_on("Add", "the secret with which events are signed")
    assert wrong == []
