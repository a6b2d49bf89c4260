"""How much speaks against addresses is seen where people look; and all pages about it are for everybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.access import Role
from digest.core.settling import Score
from digest.flows.readers import pause
from digest.store import changes, mailbox_states, returned, risks, unread
from digest.store.database import Database
from digest.store.mailbox_states import MailboxSeen
from tests.flows.newsroom import at, item, join, mark_sent, plan_all, publish_news
from tests.flows.returning import back_to, report, sent_to, take
from tests.mail_lint.checks.validity import messages
from tests.mail_lint.tools import lacks_axe, lacks_validator
from tests.render.pages import document
from tests.web.browsing import DARK_PHONE, DESKTOP, PHONE, chromium, served, violations, window
from tests.web.desk.newsroom import add_person, at_the_desk, says, submit
from tests.web.desk.returned_mail import FORGED, a_week, at_risk, hostile
from tests.web.desk.test_today import entered

pytestmark = pytest.mark.anyio

ANA, BO = "ana@readers.example", "bo@readers.example"
TEN = at(24, 10)


async def risks_at(store: Database, day: int, hour: int = 10) -> list[tuple[str, int]]:
    async with store.read() as connection:
        return [(one.address, one.points) for one in await risks.at_risk(connection, at(day, hour))]


async def test_today_says_what_waits_and_who_is_at_risk_and_leads_there(store: Database) -> None:
    await sent_to(store, ANA, BO)
    await take(store, FORGED)
    await at_risk(store, 1, 3, TEN)
    async with at_the_desk(store, Role.EDITOR, lambda: TEN) as client:
        page = await client.get("/admin/")
        assert "1 returned mail waits for a person" in says(page)
        assert "1 address is at risk: mail to it keeps coming back" in says(page)
        await at_risk(store, 2, 5, TEN)
        page = await client.get("/admin/")
        assert "2 addresses are at risk" in says(page)
        links = document(page.text).xpath("//ul[@class='needs']//a/@href")
        for link in links:
            assert (await client.get(page.url.join(link))).status_code == 200
        risky = says(await client.get("/admin/returned/at-risk"))
    assert links == ["returned?waiting=yes", "returned/at-risk"]
    assert "bo@readers.example5 of 7Mon 23 Nov 2026Sun 22 Nov 2026, 10:00" in risky
    assert "ana@readers.example3 of 7Mon 23 Nov 2026not yet" in risky


async def test_who_may_not_look_at_readers_is_told_the_numbers_alone(store: Database) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    await at_risk(store, 1, 4, TEN)
    async with at_the_desk(store, Role.VIEWER, lambda: TEN) as client:
        page = await client.get("/admin/")
        assert "1 returned mail waits for a person" in says(page)
        assert "1 address is at risk" in says(page)
        assert not document(page.text).xpath("//a[contains(@href, 'returned')]")
        assert (await client.get("/admin/returned/at-risk")).status_code == 403


async def test_an_address_is_at_risk_from_three_points_until_mail_goes_through(store: Database) -> None:
    for points, address in enumerate((ANA, BO, "cy@readers.example", "di@readers.example"), start=2):
        await join(store, address, at(23, 6))
        await at_risk(store, points - 1, points, at(24, 10))
    assert await risks_at(store, 24) == [("di@readers.example", 5), ("cy@readers.example", 4), (BO, 3)]
    # what goes through today counts from tomorrow on
    await publish_news(store, at(24, 6, 30), item("Tariffs fall", "economy"))
    await plan_all(store, at(24, 7, 30))
    await mark_sent(store, BO, at(24, 8))
    await mark_sent(store, "di@readers.example", at(24, 8))
    assert (BO, 3) in await risks_at(store, 24)
    assert await risks_at(store, 25) == [("cy@readers.example", 4), ("di@readers.example", 4)]
    # as the rule itself counts
    async with store.read() as connection:
        score = await returned.score_of(connection, 4)
        assert await returned.good_days(connection, 4, score, at(25, 10)) == 1


async def test_who_gets_no_mail_any_more_is_not_at_risk_and_who_pauses_is(store: Database) -> None:
    (copy, _) = await sent_to(store, ANA, BO)
    for subscriber in (1, 2):
        await at_risk(store, subscriber, 4, TEN)
    await take(store, report(ANA, to=back_to(copy)))
    await pause(BO, None, until=None, catch_up=True, store=store, now=TEN)
    assert await risks_at(store, 24) == [(BO, 4)]
    async with store.write() as connection:
        await returned.save_score(connection, 2, Score(4, (TEN - timedelta(days=70)).date()))
    assert await risks_at(store, 24) == []


async def test_a_readers_page_says_what_came_back_of_which_copy_and_clears_the_score(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    said = "451 4.4.7 no answer in five days"
    await take(store, report(ANA, to=back_to(copy), status="4.4.7", said=said))
    await at_risk(store, 1, 5, TEN)
    async with at_the_desk(store, clock=lambda: TEN) as client:
        page = await client.get("/admin/readers/1")
        assert "5 points of 7 speak against the address" in says(page)
        assert "The last counted Mon 23 Nov 2026" in says(page)
        assert "asked by a mail whether it lives: Sun 22 Nov 2026, 10:00" in says(page)
        row = document(page.text).xpath("//h2[starts-with(., 'What was sent')]/..//tbody/tr")[0]
        assert f"came back: {said}" in " ".join(row.text_content().split())
        (link,) = row.xpath(".//a[contains(@href, 'returned')]")
        assert link.text_content() == "given up, but that may pass"
        assert said in says(await client.get(page.url.join(link.get("href"))))
        everything = document(page.text).xpath("//a[starts-with(., 'All that came back')]/@href")[0]
        assert said in says(await client.get(page.url.join(everything)))
        page = await submit(client, page, "/clear-score")
        assert "Nothing speaks against the address any more." in says(page)
        assert "points of 7" not in says(page)
        # twice is no harm
        csrf = document(page.text).xpath("//input[@name='csrf']/@value")[0]
        await client.post("/admin/readers/1/clear-score", data={"csrf": csrf})
    async with store.read() as connection:
        assert await returned.score_of(connection, 1) == Score()
        acts = [one.act for one in await changes.page(connection, kind="reader", subject="1")]
    assert acts.count("reader.clear-score") == 1


async def test_a_readers_page_without_any_return_says_nothing_of_it(store: Database) -> None:
    await sent_to(store, ANA)
    async with at_the_desk(store, Role.EDITOR) as client:
        assert "came back" not in says(await client.get("/admin/readers/1"))


async def test_the_sheet_of_a_copy_says_what_came_back_of_it(store: Database) -> None:
    (copy, _) = await sent_to(store, ANA, BO)
    await take(store, report(ANA, to=back_to(copy)))
    async with at_the_desk(store, Role.EDITOR) as client:
        page = says(await client.get("/admin/issues/1/copies/1"))
        other = says(await client.get("/admin/issues/1/copies/2"))
    assert "What came back of it no such mailbox Tue 24 Nov 2026, 09:00: 550 5.1.1 no such user here" in page
    assert "No more mail goes to this address." in page
    assert "came back" not in other


@pytest.mark.wide
@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
async def test_the_pages_are_for_everybody_and_fit_a_phone(sqlite_store: Database) -> None:
    store = sqlite_store
    await a_week(store)
    await take(store, hostile())
    await add_person(store, "Anna", Role.ADMIN)
    async with served(store, TEN) as base_url, chromium() as browser:
        for view in (DESKTOP, DARK_PHONE, PHONE):
            async with window(browser, view) as page, entered(page, base_url):
                for path in ("", "/at-risk", "/1", "/6", "/7", "/9"):
                    await page.goto(f"{base_url}/admin/returned{path}")
                    assert await violations(page) == [], (view.name, path)
                await page.click("summary:has-text('header')")
                assert await violations(page) == [], view.name


@pytest.mark.wide
@pytest.mark.skipif(lacks_validator() is not None, reason=str(lacks_validator()))
async def test_the_pages_are_valid_html(sqlite_store: Database, tmp_path: Path) -> None:
    store = sqlite_store
    await a_week(store)
    await take(store, hostile())
    async with at_the_desk(store) as client:
        paths = ("", "?waiting=yes&kind=hard", "/at-risk", "/1", "/6", "/7", "/9")
        asked = [*(f"returned{path}" for path in paths), "readers/3", "issues/1/copies/1", ""]
        for number, path in enumerate(asked):
            page = (await client.get(f"/admin/{path}")).text
            (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    said = await asyncio.to_thread(messages, str(tmp_path))
    assert [(asked[int(Path(one["url"]).stem)], one["message"]) for one in said] == []


async def test_a_mailbox_that_cannot_be_read_and_mails_without_room_are_seen(store: Database) -> None:
    trouble = "mail.news.example refuses the login"
    async with store.write() as connection:
        for _ in range(3):
            seen = MailboxSeen("bounces at mail.news.example, INBOX", at(24, 9), None, 4, 1, 0, trouble, 1)
            await mailbox_states.note(connection, seen)
        await unread.count_unkept(connection, 1200, 9_000_000, at(24, 9))
    async with at_the_desk(store, Role.EDITOR) as client:
        today, page = says(await client.get("/admin/")), says(await client.get("/admin/returned"))
    assert f"Returned mail cannot be read: {trouble}" in today
    assert f"never read to its end. Tried Tue 24 Nov 2026, 09:00: {trouble}" in page
    assert "1,200 mails were counted and not kept, the last on 24 Nov 2026" in page
    async with store.write() as connection:
        seen = MailboxSeen("bounces at mail.news.example, INBOX", at(24, 10), at(24, 10), 4, 1, 0, "", 0)
        await mailbox_states.note(connection, seen)
    async with at_the_desk(store, Role.EDITOR) as client:
        today, page = says(await client.get("/admin/")), says(await client.get("/admin/returned"))
    assert "cannot be read" not in today
    assert "read Tue 24 Nov 2026, 10:00, 16 mails, 4 not understood" in page
