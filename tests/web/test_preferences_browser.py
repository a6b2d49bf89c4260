"""The whole way of a reader in a real browser: with and without scripts, small and large, by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from digest.flows import by_link, choosing, moving
from digest.store.database import Database
from subscribers.tokens import Purpose
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    change_newsletter,
    item,
    join,
    publish_news,
    reader,
)
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
from tests.web.test_leaving import set_standing
from tests.web.visiting import TOKENS, choices, leaving

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(lacks_browser() is not None, reason=str(lacks_browser())),
]

ANA = "ana@example.org"


async def newsroom(store: Database) -> None:
    """News on three topics."""
    await change_newsletter(store, postal_address="The Harbour Letter\n12 Quay Street")
    items = [item("Tariffs rise", "economy"), item("Solar cells", "energy"), item("New schools", "society")]
    await publish_news(store, TUESDAY, *items)


@pytest.mark.parametrize("view", [PLAIN_DESKTOP, *wide(PHONE, DESKTOP, PLAIN_PHONE)], ids=name_of)
async def test_a_reader_changes_pauses_goes_on_leaves_and_comes_back(
    sqlite_store: Database, view: View
) -> None:
    await newsroom(sqlite_store)
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, view) as page,
    ):
        await page.goto(base_url + choices(ana))
        await page.get_by_label("Only what I choose").check()
        # with a script, what depends on a choice is shown when it is taken; without one, always
        for topic in ("Energy and resources", "Society and media", "General"):
            assert await page.get_by_label(topic).is_checked() is False
            await page.get_by_label(topic).check()
        await page.get_by_label("Time", exact=True).fill("10:15")
        tries = page.get_by_role("button", name="Show what this would bring")
        if view.scripts:
            assert not await tries.is_visible()
            await page.get_by_label("Time", exact=True).blur()
        else:
            await tries.click()
        await says(page, "#effect", "The next mail: Nov 24, 10:15 (UTC).")
        await says(page, "#effect", "these 2 items:")
        assert await page.get_by_label("Economy and trade").is_checked() is False
        assert (await reader(sqlite_store, ANA)) == ana

        await page.get_by_role("button", name="Save").click()
        await says(page, "[role=status]", "Saved.")
        assert page.url.endswith("?done=saved")
        mine = await reader(sqlite_store, ANA)
        assert (f"{mine.cadence.at:%H:%M}", mine.profile.topics) == (
            "10:15",
            frozenset({"energy", "society", "general"}),
        )

        await page.get_by_label("First day on which mail comes again").fill("2026-12-24")
        await page.get_by_role("button", name="Pause").click()
        await says(page, "main", "is paused until Dec 24.")
        await page.get_by_role("button", name="Go on now").click()
        await says(page, "[role=status]", "The pause is over")

        await page.goto(base_url + leaving(ana))
        await page.get_by_role("button", name="Unsubscribe").click()
        await says(page, "h1", "You are unsubscribed")
        assert (await reader(sqlite_store, ANA)).standing == "left"
        await page.get_by_role("button", name="Undo").click()
        await says(page, "h1", "Welcome back")
    assert await reader(sqlite_store, ANA) == mine


async def test_what_is_wrong_is_said_at_once_and_goes_when_it_is_right(sqlite_store: Database) -> None:
    await newsroom(sqlite_store)
    ana = await join(sqlite_store, ANA, TUESDAY, topics="economy")
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, PHONE) as page,
    ):
        await page.goto(base_url + choices(ana))
        await page.get_by_label("Economy and trade").uncheck()
        await says(page, "#wrong-topic", "Choose one topic at least, or all of them.")
        await says(page, "#effect", "This cannot be saved as it is:")
        await page.get_by_label("Energy and resources").check()
        await says(page, "#effect", "Solar cells")
        assert await page.locator("#wrong-topic").inner_text() == ""
        # what was not touched is as it was, and where it was
        assert await page.get_by_label("Economy and trade").is_checked() is False


@pytest.mark.parametrize("view", [PLAIN_PHONE, *wide(PHONE)], ids=name_of)
async def test_what_is_wrong_far_down_is_said_above_and_has_the_focus(
    sqlite_store: Database, view: View
) -> None:
    await newsroom(sqlite_store)
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, view) as page,
    ):
        await page.goto(base_url + choices(ana))
        days = page.locator("input[name=day]")
        for place in range(await days.count()):
            await days.nth(place).uncheck()
        await page.get_by_role("button", name="Save").click()
        await says(page, "[role=alert]", "Something is missing or not right yet")
        await _is_seen_at(page, "day", "Choose one day at least.")
        await page.goto(base_url + choices(ana))
        await page.get_by_label("First day on which mail comes again").fill("2020-01-01")
        await page.get_by_role("button", name="Pause").click()
        await _is_seen_at(page, "until", "Choose a day after today, or leave it empty.")
        assert await page.locator("[role=alert] a").get_attribute("href") == "#until"


async def _is_seen_at(page: Page, field: str, words: str) -> None:
    """The field has the focus, and the words about it are on the screen; the line above leads there."""
    await says(page, f"#wrong-{field}", words)
    focused = page.locator("*:focus")
    assert await focused.get_attribute("id") == field
    assert f"wrong-{field}" in (await focused.get_attribute("aria-describedby") or "")
    assert await focused.get_attribute("aria-invalid") == "true"
    box = await page.locator(f"#wrong-{field}").bounding_box()
    height = await page.evaluate("() => window.innerHeight")
    assert box is not None
    assert 0 <= box["y"] <= height - box["height"]
    assert await page.locator("[autofocus]").count() == 1
    await page.locator("[role=alert] a", has_text=words).click()
    assert await focused.get_attribute("id") == field


async def test_the_keyboard_alone_suffices(sqlite_store: Database) -> None:
    await newsroom(sqlite_store)
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with (
        served(sqlite_store, TUESDAY) as base_url,
        chromium() as browser,
        window(browser, DESKTOP) as page,
    ):
        await page.goto(base_url + choices(ana))
        await tab_to(page, "Everything")
        await page.keyboard.press("ArrowDown")
        await tab_to(page, "Energy and resources")
        await page.keyboard.press("Space")
        await tab_to(page, "Save")
        await says(page, "#effect", "Solar cells")
        await page.keyboard.press("Enter")
        await says(page, "[role=status]", "Saved.")
        mine = await reader(sqlite_store, ANA)
        assert mine.profile.topics == frozenset({"energy"})
        await page.goto(base_url + leaving(ana))
        # the button is the first thing that can be pressed
        await tab_to(page, "Unsubscribe", most=1)
        await page.keyboard.press("Enter")
        await says(page, "h1", "You are unsubscribed")
        await tab_to(page, "Undo", most=1)
        await page.keyboard.press("Enter")
        await says(page, "h1", "Welcome back")


async def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until something of this name has the focus, which must be seen."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate(_FOCUSED) == name:
            assert await page.evaluate(_OUTLINED), f"nobody sees that {name!r} has the focus"
            return
    raise AssertionError(f"{name!r} is not reached with {most} steps")


#: The first line of what has the focus, or of its label.
_FOCUSED = """() => {
  const there = document.activeElement;
  const named = there.labels && there.labels.length ? there.labels[0] : there;
  return named.innerText.split("\\n")[0].trim();
}"""
_OUTLINED = """() => {
  const there = document.activeElement;
  return [there, there.closest("label")].some((one) => {
    const style = one && getComputedStyle(one);
    return style && style.outlineStyle !== "none" && style.outlineWidth !== "0px";
  });
}"""


@pytest.mark.skipif(lacks_axe() is not None, reason=str(lacks_axe()))
@pytest.mark.parametrize(
    ("language", "views"),
    [
        ("en", [PHONE, DARK_DESKTOP]),
        pytest.param("ar", [DARK_PHONE], marks=pytest.mark.wide),
        pytest.param("zh-Hans", [NARROWEST], marks=pytest.mark.wide),
        # where words are longest
        pytest.param("de", [NARROWEST], marks=pytest.mark.wide),
        pytest.param("en", [DARK_PHONE, DESKTOP, NARROWEST], marks=pytest.mark.long),
        pytest.param("ar", [PHONE, DESKTOP, DARK_DESKTOP, NARROWEST], marks=pytest.mark.long),
        pytest.param("zh-Hans", [PHONE, DARK_PHONE, DESKTOP], marks=pytest.mark.long),
    ],
)
async def test_axe_finds_nothing_on_any_page_and_none_is_too_wide(
    sqlite_store: Database, language: str, views: list[View]
) -> None:
    await newsroom(sqlite_store)
    await add_newsletter(sqlite_store, "weekly", title="The Weekend Reader")
    ana = await join(sqlite_store, ANA, TUESDAY, language=language, topics="economy")
    await join(sqlite_store, ANA, TUESDAY, newsletter="weekly", language=language)
    names = ("paused", "left", "bouncing", "complained", "moving")
    others = {
        name: await join(sqlite_store, f"{name}@example.org", TUESDAY, language=language) for name in names
    }
    await choosing.pause(
        *(others["paused"].id,), until=None, catch_up=True, everything=False, store=sqlite_store, now=TUESDAY
    )
    await by_link.leave(others["left"].id, reason="left", store=sqlite_store, now=TUESDAY)
    for name in ("bouncing", "complained"):
        await set_standing(sqlite_store, f"{name}@example.org", others[name].standing.__class__(name))
    await moving.ask_to_move(
        others["moving"].id, "new@example.org", seen_from="192.0.2.7", store=sqlite_store, now=TUESDAY
    )
    pages = [
        *(leaving(ana), choices(ana), f"{choices(ana)}?done=asked", f"{choices(ana)}/erase"),
        *(choices(one) for one in others.values()),
        leaving(others["left"]),
        *(f"/address/{TOKENS.make(Purpose.ADDRESS, number)}" for number in (1, 2)),
    ]
    wrong = []
    async with served(sqlite_store, at(24, 6)) as base_url, chromium() as browser:
        for view in views:
            async with window(browser, view) as page:
                for path in pages:
                    await page.goto(base_url + path)
                    for part in await page.locator("details").all():
                        await part.evaluate("(part) => { part.open = true; }")
                    wrong += [(path, view.name, one) for one in await violations(page)]
                await page.goto(base_url + choices(ana))
                await page.get_by_role("button").first.wait_for()
                await page.locator("#until").evaluate("(day) => { day.type = 'text'; day.value = 'soon'; }")
                await page.locator("#until").evaluate("(day) => { day.form.submit(); }")
                await page.locator("#wrong-until .alarm").wait_for()
                wrong += [("an error", view.name, one) for one in await violations(page)]
    assert wrong == []
