"""Today says what comes, what runs and what needs a person; what runs moves while one looks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from digest.core.access import Role
from digest.core.overdue import Graces
from digest.core.quiet import QuietDay
from digest.flows.collect import collect
from digest.flows.edit_briefing import Edit, edit
from digest.flows.overdue import Lookout
from digest.flows.today import Running
from digest.ingest.gathered import Gathered
from digest.store.database import Database
from digest.store.tables import deliveries, issues
from digest.web.desk import live
from digest.web.desk.live import Pace, Paces
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import (
    TUESDAY,
    at,
    change_newsletter,
    item,
    join,
    join_many,
    plan_all,
    publish_news,
)
from tests.jobs.office import jobs_for, press_for, run
from tests.mail.smtpd import smtpd
from tests.mail_lint.tools import lacks_axe
from tests.render.pages import document
from tests.web.browsing import DESKTOP, PHONE, chromium, served, violations, window
from tests.web.browsing import says as shows
from tests.web.desk.newsroom import PASSWORD, add_person, at_the_desk, says

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.anyio


async def test_what_comes_is_told_by_newsletter_and_time_with_its_readers(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, at="07:00")
    await join(store, "bob@example.org", TUESDAY, at="08:00", timezone="Europe/Berlin")
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 6, 30)) as client:
        page = says(await client.get("/admin/"))
    assert "Tue 24 Nov 2026, 07:00" in page
    assert "daily at 07:00 UTC; daily at 08:00 Europe/Berlin" in page
    assert "Nothing is being sent." in page


async def test_an_empty_newsroom_is_told_its_first_steps(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        nobody = await client.get("/admin/readers")
        assert "Nobody reads yet. Give people the address of the page" in says(nobody)
        assert "News: write a briefing, import a page" in says(await client.get("/admin/"))
        await publish_news(store, TUESDAY, item("Tariffs", "economy"))
        assert "done News is here." in says(await client.get("/admin/"))
        await join(store, "ann@example.org", TUESDAY)
        assert "First steps" not in says(await client.get("/admin/"))
    async with at_the_desk(store, Role.VIEWER) as client:
        assert "First steps" not in says(await client.get("/admin/"))


async def test_addresses_that_were_found_bad_are_a_click_away(store: Database) -> None:
    ann = await join(store, "ann@example.org", TUESDAY)
    async with store.write() as connection:
        await shelf.save(connection, replace(ann, standing=Standing.BOUNCING))
        await shelf.note_standing(
            connection, ann.id, ann.standing, Standing.BOUNCING, "no such mailbox", at(24, 6)
        )
    async with at_the_desk(store, Role.EDITOR, lambda: at(24, 7)) as client:
        page = await client.get("/admin/")
        assert "1 address was found bad in the last seven days" in says(page)
        (link,) = document(page.text).xpath("//a[.='1 address']/@href")
        assert "ann@example.org" in says(await client.get(page.url.join(link)))
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 7)) as client:
        assert document((await client.get("/admin/")).text).xpath("//a[.='1 address']") == []


async def test_a_quiet_day_says_why_and_when_it_comes_instead(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, at="07:00")
    await change_newsletter(store, quiet_days=(QuietDay(date(2026, 11, 25), "Harbour Day"),))
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 9)) as client:
        page = says(await client.get("/admin/"))
    assert "Harbour Day: what is new comes Thu 26 Nov 2026, 07:00" in page


async def test_a_slot_without_an_issue_is_late_and_drafts_wait(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Something of which no rule knows"))
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 9)) as client:
        page = says(await client.get("/admin/"))
    assert "and not planned yet. Is the scheduler running?" in page
    assert "Look what is wrong" not in page
    assert "1 briefing of the last seven days fit no topic" in page
    async with at_the_desk(store, Role.ADMIN, lambda: at(24, 9)) as client:
        assert "Is the scheduler running? Look what is wrong" in says(await client.get("/admin/"))


async def test_drafts_that_come_out_by_themselves_need_no_person(store: Database) -> None:
    drafts = Gathered((item("Tariffs", "economy"), item("Solar", "energy")))
    made = await collect(drafts, store=store, now=TUESDAY, publish=False)
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 9)) as client:
        assert "2 drafts wait for somebody to publish them" in says(await client.get("/admin/"))
        await edit(made.added[0], Edit(publish_at=at(25, 9)), store=store, now=TUESDAY)
        assert "1 draft waits for somebody to publish it" in says(await client.get("/admin/"))
        await edit(made.added[1], Edit(publish_at=at(25, 9)), store=store, now=TUESDAY)
        assert "somebody to publish" not in says(await client.get("/admin/"))


async def test_an_issue_of_which_no_copy_goes_is_stuck_until_one_does(store: Database) -> None:
    await join_many(store, 3, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    lookout = Lookout(store=store, graces=Graces.of_minutes(slot=15, issue=30))
    for minutes in (0, 31):
        await lookout.look(at(24, 7) + timedelta(minutes=minutes))
    told = "The Daily Digest, issue 1: 3 copies are left, and none has gone since Tue 24 Nov 2026, 07:00"
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 8)) as client:
        assert told in says(await client.get("/admin/"))
        async with store.write() as connection:
            await connection.execute(update(deliveries).where(deliveries.c.id == 1).values(status="sent"))
        await lookout.look(at(24, 8))
        assert "none has gone since" not in says(await client.get("/admin/"))


async def test_outcomes_stand_in_words_beside_their_bars(store: Database, tmp_path: Path) -> None:
    await join_many(store, 3, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await run(jobs_for(store, tmp_path), at(24, 7))
    async with store.write() as connection:
        await connection.execute(update(deliveries).where(deliveries.c.id == 1).values(status="refused"))
        await connection.execute(update(issues).values(outcomes=None))
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 9)) as client:
        page = await client.get("/admin/")
    assert 'aria-label="2 sent, 1 refused or given up"' in page.text
    assert "1 copy of The Daily Digest, issue 1 was refused or given up" in says(page)


def test_the_pace_is_that_of_the_last_looks_whoever_sends() -> None:
    def seen(settled: int) -> tuple[Running, ...]:
        issue = type("Issue", (), {"id": 7})()
        return (Running(issue, None, 100, {"planned": 100 - settled}),)  # type: ignore[arg-type]

    paces = Paces()
    assert paces.look(seen(0), 10.0) == {}
    assert paces.look(seen(20), 12.0) == {7: Pace(10.0)}
    assert paces.look(seen(20), 14.0)[7].remaining(80) == timedelta(seconds=16)
    assert Pace(0.0).remaining(80) is None


@asynccontextmanager
async def entered(page: Page, base_url: str) -> AsyncIterator[None]:
    await page.goto(f"{base_url}/admin/enter")
    await page.fill("[name=name]", "Anna")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url(re.compile("/admin/$"))
    yield


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_progress_is_seen_as_it_happens_without_loading_the_page_again(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.1)
    store = sqlite_store
    await join_many(store, 30, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await add_person(store, "Anna", Role.EDITOR)
    async with (
        served(store, at(24, 7), press=press_for(store)) as base_url,
        chromium() as browser,
        window(browser, DESKTOP) as page,
        entered(page, base_url),
        smtpd() as server,
    ):
        await shows(page, "[data-live]", "0 of 30 copies")
        await page.evaluate("window.stayed = true")
        await run(jobs_for(store, tmp_path, server.server()), at(24, 7))
        await shows(page, "[data-live]", "Nothing is being sent.")
        assert await page.evaluate("window.stayed")


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_a_mail_is_sent_by_hand_in_a_browser_and_arrives(
    sqlite_store: Database, tmp_path: Path
) -> None:
    store = sqlite_store
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await add_person(store, "Anna", Role.ADMIN)
    now = at(24, 6, 30)
    async with (
        served(store, now, press=press_for(store)) as base_url,
        chromium() as browser,
        window(browser, PHONE) as page,
        entered(page, base_url),
    ):
        await page.goto(f"{base_url}/admin/send")
        await page.check("[name=what][value=chosen]")
        await page.check("[name=briefing][value='1']")
        await page.fill("[name=subject]", "Look at this")
        await page.click("button[value=rehearse]")
        await shows(page, ".rehearsal", "2 mails would be sent")
        assert await violations(page) == []
        await page.fill("[name=confirm]", "2")
        await page.click("button[value=order]")
        await shows(page, "main", "The mail is ordered")
        await run(jobs_for(store, tmp_path), now)
        await page.goto(f"{base_url}/admin/issues/1")
        assert await violations(page) == []
        await page.click("td a:has-text('The mail') >> nth=0")
        await shows(page, "h1", "Look at this")
        assert await violations(page) == []
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2
