"""Tables of the desk on a phone: rows of many columns are stacked, each cell under the name of its column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.core.access import Role
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.store.database import Database
from digest.store.feed_tables import feeds
from tests.cli.shell import ROOT
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, plan_all, publish_news
from tests.jobs.office import press_for
from tests.mail_lint.tools import lacks_browser
from tests.web.browsing import DESKTOP, View, chromium, served, window
from tests.web.desk.newsroom import NOW, PASSWORD, add_person, desk_app
from tests.web.desk.rooms import at_work, made_up, named, routes_in

_PHONE = View("phone", 390)
#: What is wrong with the tables of a page: cells without the name of their column, boxes that must be moved.
_WRONG = """() => [...document.querySelectorAll("main table.stacks")].flatMap(table => {
    const heads = [...table.querySelectorAll("thead th")].map(head => head.textContent.trim())
    const cells = [...table.querySelectorAll("tbody tr")].flatMap(row => [...row.cells])
    const wrong = cells
        .filter(cell => (cell.dataset.label ?? heads[0]) !== heads[cell.cellIndex])
        .map(cell => `${cell.dataset.label} stands under ${heads[cell.cellIndex]}`)
    const low = cells.filter(cell => {
        const height = cell.getBoundingClientRect().height
        const name = parseFloat(getComputedStyle(cell, "::before").height)
        return cell.dataset.label && height && name > height
    })
    wrong.push(...low.map(cell => `${cell.dataset.label} lies over what follows`))
    const beyond = table.parentElement.scrollWidth - table.parentElement.clientWidth
    return beyond > 0 ? [...wrong, `${heads.join(", ")}: ${beyond} pixels too wide`] : wrong
})"""
#: What must be moved sideways to be seen.
_WIDER = """() => [...document.querySelectorAll(".scroll")]
    .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent.slice(0, 40))"""
#: Where the cells of each first row begin: all at one place when they are stacked.
_LEFT_ENDS = """() => [...document.querySelectorAll("main table.stacks tbody tr:first-child")].map(row =>
    [...row.cells].map(cell => cell.getBoundingClientRect())
        .filter(box => box.height).map(box => box.left))"""


@pytest.mark.wide
@pytest.mark.anyio
@pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser()))
async def test_rows_are_stacked_on_a_phone_and_side_by_side_on_a_desk(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await at_work(sqlite_store, tmp_path)
    await add_person(sqlite_store, "Anna", Role.ADMIN)
    ways = map(named, routes_in(desk_app(sqlite_store)))
    paths = sorted({made_up(path) for method, path in ways if method == "GET"})
    wrong, seen = [], 0
    async with (
        served(sqlite_store, NOW, press=press_for(sqlite_store)) as base_url,
        chromium() as browser,
        window(browser, _PHONE) as page,
    ):
        await page.goto(f"{base_url}/admin/enter")
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin/")
        for path in paths:
            answer = await page.request.get(f"{base_url}{path}")
            if 'class="stacks' not in await answer.text():
                continue
            await page.goto(answer.url)
            wrong += [f"{path}: {one}" for one in await page.evaluate(_WRONG)]
            stacked = await page.evaluate(_LEFT_ENDS)
            assert all(len(set(lefts)) == 1 for lefts in stacked), path
            await page.set_viewport_size({"width": DESKTOP.width, "height": 800})
            beside = await page.evaluate(_LEFT_ENDS)
            assert all(len(set(lefts)) == len(lefts) for lefts in beside), path
            await page.set_viewport_size({"width": _PHONE.width, "height": 800})
            seen += 1
    assert wrong == []
    assert seen > 10


@pytest.mark.anyio
@pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser()))
async def test_what_an_issue_holds_and_when_feeds_are_asked_is_in_sight_on_a_small_desktop(
    sqlite_store: Database,
) -> None:
    store = sqlite_store
    await join(store, "ann@example.org", TUESDAY, topics="economy,energy,society", max_items="1")
    await publish_news(
        store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"), item("A", "general")
    )
    await change_newsletter(store, approval=True, approval_lead_minutes=60)
    await plan_all(store, TUESDAY)
    await publish_news(store, TUESDAY, item("A Lighthouse of which much is said", "economy"))
    await add_feed("https://harbour.example/some/long/path/to/the/feed.xml", FeedWish(), store=store, now=NOW)
    times = dict.fromkeys(("newest_at", "polled_at", "next_poll_at"), at(25, 10, 30))
    async with store.write() as connection:
        await connection.execute(update(feeds).values(times))
    await add_person(store, "Anna", Role.ADMIN)
    async with (
        served(store, TUESDAY, press=press_for(store)) as base_url,
        chromium() as browser,
        window(browser, DESKTOP) as page,
    ):
        await page.goto(f"{base_url}/admin/enter")
        await page.fill("[name=name]", "Anna")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin/")
        for path, seen in (("issues/1", "Would go now"), ("issues", "Outcomes"), ("feeds", "Next")):
            await page.goto(f"{base_url}/admin/{path}")
            assert seen in await page.inner_text("main table.stacks >> nth=-1")
            assert await page.evaluate(_WIDER) == [], path
        # a day and a time, in two lines at most
        lines = "() => [...document.querySelectorAll('td time')].map(one => one.getClientRects().length)"
        assert max(await page.evaluate(lines)) <= 2


def test_every_table_of_many_columns_is_one_that_stacks() -> None:
    loose = []
    for file in sorted((ROOT / "templates" / "web" / "admin").glob("*.html")):
        for classes, head in re.findall(
            r"<table([^>]*)>\s*<thead>(.*?)</thead>", file.read_text(), re.DOTALL
        ):
            # the order of topics hides its columns on a phone, and bars are narrow there
            if head.count("<th") > 3 and not re.search("stacks|topic-order|bars", classes):
                loose.append(f"{file.name}: {re.findall('>([^<]+)</th>', head)}")
    assert loose == []
