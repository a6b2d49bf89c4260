"""The import wizard, from a file to the way back, with scripts and without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from digest.core.access import Role
from digest.jobs.seldom import Rosters
from digest.store.database import Database
from subscribers import store as shelf
from tests.flows.newsroom import TUESDAY, join, reader
from tests.mail_lint.tools import lacks_axe
from tests.render.pages import document
from tests.tiers import wide
from tests.web.browsing import DESKTOP, PLAIN_PHONE, View, chromium, name_of, served, violations, window
from tests.web.browsing import says as shows
from tests.web.desk.newsroom import NOW, PASSWORD, add_person, at_the_desk, says, submit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.anyio

ROSTER = (
    "E-Mail Address;Full Name;Colour;Interests\r\n"
    "ann@example.org;Ann;red;economy\r\n"
    "bob@example.org;Bob;blue;gardening\r\n"
    "=cmd@example;Eve;;all\r\n"
)
BASIS = "They ticked a box at our stand."


#: What a page says of a reader whom an import changes.
CHANGE = "topics energy when daily at 07:00 UTC topics economy when daily at 18:30 UTC"


async def work(store: Database) -> None:
    await Rosters(store).work(TUESDAY, asyncio.Event())


async def test_a_file_is_taken_in_by_steps(store: Database) -> None:
    async with at_the_desk(store) as client:
        start = await client.get("/admin/readers/import")
        csrf = document(start.text).xpath("//input[@name='csrf']/@value")[0]
        columns = await client.post(
            "/admin/readers/import",
            data={"csrf": csrf},
            files={"file": ("readers.csv", ROSTER.encode("utf-16"), "text/csv")},
            follow_redirects=True,
        )
        chosen = document(columns.text).xpath("//td/select/option[@selected]/@value")
        assert chosen == ["email", "name", "topics"]
        groundless = await submit(client, columns, "columns", basis="")
        assert "on what grounds" in says(groundless)
        page = await submit(client, columns, "columns", basis=BASIS)
        assert "Trying every line" in says(page)
        assert '<noscript><meta http-equiv="refresh"' in page.text
        assert "HX-Refresh" not in (await client.get("/admin/readers/import/1/progress")).headers
        await work(store)
        assert (await client.get("/admin/readers/import/1/progress")).headers["HX-Refresh"] == "true"
        page = await client.get("/admin/readers/import/1")
        assert "1 would be added" in says(page)
        refused = (await client.get("/admin/readers/import/1/refused.csv")).text.splitlines()
        assert refused[0] == "line,refused because,E-Mail Address,Full Name,Colour,Interests"
        assert refused[2].endswith(",'=cmd@example,Eve,,all")
        await submit(client, page, "/take")
        await work(store)
        page = await client.get("/admin/readers/import/1")
        assert "taken 3 lines" in says(page)
        assert (await reader(store, "ann@example.org")).name == "Ann"
        await submit(client, page, "/undo")
        await work(store)
        assert "1 removed again" in says(await client.get("/admin/readers/import/1"))
        again = await client.post("/admin/readers/import/1/undo", data={"csrf": csrf})
        assert again.status_code == 422
    async with store.read() as connection:
        assert await shelf.count_by_standing(connection) == {}


async def test_who_reads_already_is_named_before_and_told_of_afterwards(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, topics="energy", name="Before")
    ann = f"/admin/readers/{(await reader(store, 'ann@example.org')).subscriber_id}"
    async with at_the_desk(store) as client:
        start = await client.get("/admin/readers/import")
        columns = await submit(
            client, start, "import", pasted="email,topics,at\nann@example.org,economy,18:30"
        )
        await submit(client, columns, "columns", basis=BASIS)
        await work(store)
        page = await client.get("/admin/readers/import/1")
        assert document(page.text).xpath("//td/a[starts-with(@href, '../')]/text()") == ["ann@example.org"]
        assert CHANGE in says(page)
        await submit(client, page, "/take")
        await work(store)
        shown = await client.get(ann)
        assert "import change" in says(shown)
        assert CHANGE in says(shown)
        assert document(shown.text).xpath("//table//a[@href='../readers/import/1']")
        whole, readers = [await client.get(f"/admin/log{query}") for query in ("", "?kind=reader")]
        assert (CHANGE in says(whole), CHANGE in says(readers)) == (False, True)


async def test_a_file_that_is_none_is_refused_beside_the_form(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        start = await client.get("/admin/readers/import")
        for pasted, words in (("", "choose a file"), ("email\n", "nothing in it"), ("\n\n", "choose a file")):
            answer = await submit(client, start, "import", pasted=pasted)
            assert answer.status_code == 422
            assert words in says(answer).lower()
        page = await submit(client, start, "import", pasted="email\nann@example.org")
        await submit(client, page, "drop")
        answer = await client.get("/admin/readers/import/2")
        assert "dropped" in says(answer)


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
@pytest.mark.parametrize("view", [DESKTOP, *wide(PLAIN_PHONE)], ids=name_of)
async def test_the_wizard_in_a_browser(sqlite_store: Database, view: View) -> None:
    await add_person(sqlite_store, "Anna", Role.ADMIN)
    async with served(sqlite_store, NOW) as base, chromium() as started, window(started, view) as page:
        working = asyncio.create_task(_work_for_ever(sqlite_store))
        try:
            await _walk(page, base, scripts=view.scripts)
        finally:
            working.cancel()
    assert (await reader(sqlite_store, "ann@example.org")).name == "Ann"


async def _walk(page: Page, base: str, *, scripts: bool) -> None:
    await page.goto(f"{base}/admin/readers/import")
    await page.fill("[name=name]", "Anna")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button")
    await page.set_input_files(
        "[name=file]", {"name": "r.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()}
    )
    await _sound(page, scripts)
    await page.click("text=Go on")
    await page.fill("[name=basis]", BASIS)
    await _sound(page, scripts)
    await page.click("text=Try it out")
    await page.get_by_text("would be added").wait_for(timeout=15_000)
    await _sound(page, scripts)
    await page.click("text=Take 1 line in")
    await shows(page, ".badge", "taken") if scripts else await page.get_by_text("Take it back").wait_for()
    await _sound(page, scripts)


async def _sound(page: Page, scripts: bool) -> None:
    if scripts:
        assert await violations(page) == []


async def _work_for_ever(store: Database) -> None:
    while True:
        await work(store)
        await asyncio.sleep(0.2)
