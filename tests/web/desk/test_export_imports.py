"""The import wizard takes exports of other systems: labels are named, all is tried, taken, and taken back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from digest.core.access import Role
from digest.flows import readers
from digest.jobs.seldom import Rosters
from digest.store.database import Database
from subscribers import consents
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, add_newsletter, join, reader
from tests.ingest.exported import SUBSCRIBED, audience, export_file
from tests.mail_lint.tools import lacks_axe
from tests.render.pages import document
from tests.web.browsing import DESKTOP, chromium, served, violations, window
from tests.web.desk.newsroom import NOW, PASSWORD, add_person, at_the_desk, says, submit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.anyio

BASIS = "They subscribed on our old site."
INES = "ines@harbour.example"


async def work(store: Database) -> None:
    await Rosters(store).work(TUESDAY, asyncio.Event())


async def handed_over(client: httpx.AsyncClient, name: str, data: bytes) -> httpx.Response:
    start = await client.get("/admin/readers/import")
    csrf = document(start.text).xpath("//input[@name='csrf']/@value")[0]
    file = {"file": (name, data, "application/octet-stream")}
    return await client.post("/admin/readers/import", data={"csrf": csrf}, files=file, follow_redirects=True)


def target_of(page: httpx.Response, label: str) -> str:
    """The name of the field that says what a label is."""
    field: str = document(page.text).xpath(f"//select[@aria-label='What {label} is here']/@name")[0]
    return field


async def standings(store: Database) -> dict[str, int]:
    async with store.read() as connection:
        return await shelf.count_by_standing(connection)


async def test_an_export_goes_by_the_steps_of_an_import(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await handed_over(client, "audience.zip", audience())
        assert "taken for an export of mailchimp" in says(page)
        assert "unsubscribed_email_audience_export_0c0ffee123.csv: 2 lines, unsubscribed contacts" in says(
            page
        )
        assert "there is a topic economy" in says(page)
        assert "the time zone is not known (1)" in says(page)
        assert "MEMBER_RATING" in says(page)
        economy = {target_of(page, "Topics: Economy"): "topic:economy"}
        groundless = await submit(client, page, "columns", basis="", **economy)
        assert (groundless.status_code, "on what grounds" in says(groundless)) == (422, True)
        await submit(client, page, "columns", basis=BASIS, **economy)
        await work(store)
        assert await standings(store) == {}
        page = await client.get("/admin/readers/import/1")
        assert "3 would be added" in says(page)
        assert "3 would be kept, never to be written to" in says(page)
        assert "2 not taken" in says(page)
        assert "never agreed there to get mail" in says(page)
        refused = (await client.get("/admin/readers/import/1/refused.csv")).text.splitlines()
        assert refused[1].startswith(f"5,{SUBSCRIBED}: address 'nobody at all' is not valid")
        await submit(client, page, "/take")
        await work(store)
        assert await standings(store) == {"active": 3, "left": 1, "bouncing": 1, "complained": 1}
        ines = await reader(store, INES)
        assert (ines.profile.topics, ines.cadence.zone) == (frozenset({"economy"}), "Europe/Lisbon")
        async with store.read() as connection:
            (kept,) = await consents.of_subscription(connection, ines.id)
        assert (kept.words, kept.confirmed_from) == (BASIS, "203.0.113.8")
        page = await client.get("/admin/readers/import/1")
        assert "3 added" in says(page)
        assert "3 kept, never to be written to" in says(page)
        await submit(client, page, "/undo")
        await work(store)
        # who is gone there stays gone, whatever is taken back
        assert await standings(store) == {"left": 1, "bouncing": 1, "complained": 1}
        assert "3 removed again" in says(await client.get("/admin/readers/import/1"))


async def test_several_lists_are_told_apart_before_anything(store: Database) -> None:
    await add_newsletter(store, "weekly")
    async with at_the_desk(store) as client:
        page = await handed_over(client, "subscribers.json", export_file("listmonk.json"))
        answer = await submit(client, page, "columns", basis=BASIS)
        assert (answer.status_code, "ay of each list what it is here" in says(answer)) == (422, True)
        lists = {
            target_of(page, "list Morning mail"): "newsletter:daily",
            target_of(page, "list Weekend mail"): "newsletter:weekly",
        }
        await submit(client, page, "columns", basis=BASIS, unconfirmed="keep", **lists)
        await work(store)
        again = await client.get("/admin/readers/import/1/columns")
        assert document(again.text).xpath("//td/select//option[@selected]/@value") == [*lists.values()]
        await submit(client, await client.get("/admin/readers/import/1"), "/take")
        await work(store)
        assert await standings(store) == {"active": 2, "left": 1, "pending": 1}


async def test_who_reads_here_already_is_left_as_they_are_and_who_left_there_is_stopped(
    store: Database,
) -> None:
    await join(store, INES, TUESDAY, topics="society")
    await join(store, "lena@left.example", TUESDAY)
    async with at_the_desk(store) as client:
        page = await handed_over(client, "audience.zip", audience())
        await submit(client, page, "columns", basis=BASIS)
        await work(store)
        page = await client.get("/admin/readers/import/1")
        assert "1 would be stopped, gone there" in says(page)
        await submit(client, page, "/take")
        await work(store)
    assert (await reader(store, INES)).profile.topics == frozenset({"society"})
    assert (await reader(store, "lena@left.example")).standing is Standing.LEFT


async def test_a_reader_who_is_erased_meanwhile_stands_in_no_export_that_waits(store: Database) -> None:
    await join(store, INES, TUESDAY)
    async with at_the_desk(store) as client:
        await handed_over(client, "audience.zip", audience())
        await readers.erase(INES, store=store, now=TUESDAY)
        page = await client.get("/admin/readers/import/1/columns")
        await submit(client, page, "columns", basis=BASIS)
        await work(store)
        assert "2 would be added" in says(await client.get("/admin/readers/import/1"))


async def test_an_archive_without_members_is_refused_beside_the_form(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        answer = await handed_over(client, "audience.zip", audience()[:-40])
        assert (answer.status_code, "damaged archive" in says(answer)) == (422, True)


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_the_page_of_labels_in_a_browser(sqlite_store: Database) -> None:
    await add_person(sqlite_store, "Anna", Role.ADMIN)
    async with served(sqlite_store, NOW) as base, chromium() as started, window(started, DESKTOP) as page:
        await _open(page, base)
        assert await violations(page) == []
        await page.select_option("select[name=target-0]", "topic:economy")


async def _open(page: Page, base: str) -> None:
    await page.goto(f"{base}/admin/readers/import")
    await page.fill("[name=name]", "Anna")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button")
    await page.set_input_files(
        "[name=file]", {"name": "a.zip", "mimeType": "application/zip", "buffer": audience()}
    )
    await page.click("text=Go on")
    await page.fill("[name=basis]", BASIS)
