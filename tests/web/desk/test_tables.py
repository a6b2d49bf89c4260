"""Tables of the desk on a phone: rows of many columns are stacked, each cell under the name of its column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.core.access import Role
from digest.store.database import Database
from tests.cli.shell import ROOT
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
