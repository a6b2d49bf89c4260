"""From an address entered on a page to the first issue, in a real browser: every view, and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.store.database import Database
from digest.web.wishing import spoken_languages
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, publish_news, reader
from tests.mail_lint.tools import lacks_axe, lacks_browser
from tests.tiers import wide
from tests.web.browsing import (
    DARK_DESKTOP,
    DARK_PHONE,
    DESKTOP,
    NARROWEST,
    PHONE,
    PLAIN_DESKTOP,
    PLAIN_PHONE,
    View,
    chromium,
    name_of,
    says,
    served,
    violations,
    window,
)
from tests.web.test_mailed_links import mails_to, send_all, words_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser())),
]

ANA = "ana@example.org"


async def newsroom(store: Database) -> None:
    await change_newsletter(store, postal_address="The Harbour Letter\n12 Quay Street", accent="#1a5276")
    items = [item("Tariffs rise", "economy"), item("Solar cells", "energy"), item("New schools", "society")]
    await publish_news(store, TUESDAY, *items)


@pytest.mark.parametrize("view", [PHONE, *wide(PLAIN_DESKTOP, DESKTOP, PLAIN_PHONE)], ids=name_of)
async def test_a_stranger_becomes_a_reader(sqlite_store: Database, tmp_path: Path, view: View) -> None:
    await newsroom(sqlite_store)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, view) as page,
    ):
        await page.goto(f"{base_url}/")
        await page.get_by_role("link", name="Subscribe").first.click()
        await page.get_by_label("E-mail address").fill(ANA)
        await page.get_by_label("Only what I choose").check()
        # nothing is ticked for who chooses: one click takes one topic
        await page.get_by_label("Energy and resources").check()
        await page.get_by_label("Time", exact=True).fill("08:30")
        if view.scripts:
            # the browser is in Paris, and says so
            await page.get_by_label("Time", exact=True).blur()
            await says(page, "#effect", "The next mail: Nov 24, 08:30 (Europe/Paris).")
            await says(page, "#effect", "it would hold 1 item:")
            await says(page, "#effect", "Solar cells")
        await page.get_by_role("button", name="Subscribe").click()
        await says(page, "h1", "Look into your mailbox")
        assert (await reader(sqlite_store, ANA)).standing is Standing.PENDING

        await send_all(sqlite_store, tmp_path, TUESDAY, base_url)
        (question,) = mails_to(ANA, tmp_path)
        (link,) = set(re.findall(r"http://\S+/confirm/\S+", words_of(question)))
        await page.goto(link)
        assert (await reader(sqlite_store, ANA)).standing is Standing.PENDING
        await page.get_by_role("button", name="Confirm my subscription").click()
        await says(page, "h1", "You are subscribed")
        await page.reload()
        await says(page, "h1", "You are subscribed")

        await send_all(sqlite_store, tmp_path, at(24, 9), base_url)
        by_subject = {str(mail["Subject"]): mail for mail in mails_to(ANA, tmp_path)}
        assert len(by_subject) == 3
        assert "Welcome to The Daily Digest" in by_subject
        (issue,) = (mail for subject, mail in by_subject.items() if "Solar cells" in subject)
        assert "Tariffs rise" not in words_of(issue)
    mine = await reader(sqlite_store, ANA)
    where = "Europe/Paris" if view.scripts else "UTC"
    assert mine.cadence.in_words == f"daily at 08:30 {where}"


async def test_what_is_wrong_is_shown_where_it_is(sqlite_store: Database) -> None:
    await newsroom(sqlite_store)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, PLAIN_PHONE) as page,
    ):
        await page.goto(f"{base_url}/subscribe")
        # a browser would stop an address without a host; programs do not
        await page.get_by_label("E-mail address").fill("ana@example")
        await page.get_by_role("button", name="Subscribe").click()
        await says(page, "[role=alert]", "it is marked below")
        field = page.get_by_label("E-mail address")
        assert await field.get_attribute("aria-invalid") == "true"
        assert await field.input_value() == "ana@example"


async def test_the_small_form_fits_the_frame_that_the_documentation_gives_it(sqlite_store: Database) -> None:
    await newsroom(sqlite_store)
    guide = (Path(__file__).parents[2] / "docs/signing-up.md").read_text(encoding="utf-8")
    (frame,) = re.findall(r'<iframe src="[^"]*/embed/daily"[^>]* width="(\d+)" height="(\d+)"', guide)
    sizes = [(int(frame[0]), int(frame[1])), (320, 340)]
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, DESKTOP) as page,
    ):
        for language in spoken_languages():
            await page.goto(f"{base_url}/embed/daily?language={language}")
            for width, height in sizes:
                await page.set_viewport_size({"width": width, "height": height})
                beyond = (
                    "(root) => [root.scrollWidth - root.clientWidth, root.scrollHeight - root.clientHeight]"
                )
                assert await page.locator("html").evaluate(beyond) == [0, 0], (language, width)


async def test_the_keyboard_alone_suffices(sqlite_store: Database) -> None:
    await newsroom(sqlite_store)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, DESKTOP) as page,
    ):
        await page.goto(f"{base_url}/subscribe")
        for _ in range(8):
            await page.keyboard.press("Tab")
            if await page.evaluate("() => document.activeElement.name") == "email":
                break
        await page.keyboard.type(ANA)
        await page.keyboard.press("Tab")
        await page.keyboard.type("Ana")
        # never into the field that only programs see
        for _ in range(40):
            await page.keyboard.press("Tab")
            focused = await page.evaluate(
                "() => [document.activeElement.name, document.activeElement.tagName]"
            )
            assert focused[0] != "website"
            if focused[1] == "BUTTON":
                break
        await page.keyboard.press("Enter")
        await says(page, "h1", "Look into your mailbox")
    assert (await reader(sqlite_store, ANA)).name == "Ana"


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
@pytest.mark.parametrize("view", [PHONE, DARK_DESKTOP, *wide(DESKTOP, DARK_PHONE, NARROWEST)], ids=name_of)
async def test_nothing_stands_in_anybodys_way(sqlite_store: Database, view: View) -> None:
    await newsroom(sqlite_store)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, view) as page,
    ):
        for path in ("/", "/subscribe", "/links", "/embed/daily"):
            await page.goto(base_url + path)
            assert await violations(page) == [], path
        await page.goto(f"{base_url}/subscribe")
        await page.get_by_label("Only what I choose").check()
        await page.get_by_label("General").check()
        await page.get_by_text("Format, length, language").click()
        assert await violations(page) == []
        await page.get_by_label("E-mail address").fill(ANA)
        await page.get_by_role("button", name="Subscribe").click()
        await says(page, "h1", "Look into your mailbox")
        assert await violations(page) == []
