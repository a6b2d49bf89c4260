"""Preferences are seen, tried out and changed on their page; what is promised there is what comes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Section
from subscribers.subscription import Subscription
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    carried,
    change_newsletter,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
)
from tests.web.visiting import all_rows, choices, headline, press, said, said_by, tree, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
SAVE, TRY = "Save", "Show what this would bring"


async def enter(
    client: httpx.AsyncClient, who: Subscription, button: str = SAVE, **entered: Any
) -> httpx.Response:
    """Open the page of a reader, enter something, and press a button."""
    return await press(client, await client.get(choices(who)), button, **entered)


def panel(answer: httpx.Response) -> str:
    """What a page says of the next mail."""
    return said_by(tree(answer).get_element_by_id("effect"))


def wrong_with(answer: httpx.Response) -> dict[str, str]:
    """What stands beside the fields of a page."""
    slots = tree(answer).xpath("//*[starts-with(@id, 'wrong-')]")
    return {slot.get("id")[6:]: said_by(slot) for slot in slots if said_by(slot)}


async def test_saving_what_stands_there_changes_nothing(store: Database) -> None:
    ana = await join(
        *(store, ANA, TUESDAY),
        topics="energy,economy",
        days="mon,thu",
        at="08:30",
        timezone="America/New_York",
        format="text",
        max_items="5",
        language="en-GB",
        name="Ana",
    )
    bob = await join(store, "bob@example.org", TUESDAY)
    before = await all_rows(store)
    async with visitor(store, TUESDAY) as client:
        for who in (ana, bob):
            answer = await enter(client, who)
            assert "Saved." in said(answer)
    assert await all_rows(store) == before


async def test_what_is_saved_is_what_the_page_shows_and_what_comes(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    await publish_news(
        store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"), item("Schools", "society")
    )
    wished: dict[str, Any] = {
        "follow": "some",
        "topic": ["energy", "society"],
        "max_items": "1",
        "name": "Ana  M.",
    }
    wished |= {"rhythm": "days", "day": ["tue", "fri"], "at": "09:15", "timezone": "Europe/Paris"}
    async with visitor(store, TUESDAY) as client:
        tried = await enter(client, ana, TRY, **wished)
        saved = await enter(client, ana, **wished)
        assert saved.history[0].status_code == 303
        assert str(saved.url).endswith(f"{choices(ana)}?done=saved")
    assert panel(tried) == panel(saved)
    assert "The next mail: Nov 24, 09:15 (Europe/Paris)." in panel(saved)
    assert panel(saved).endswith(
        "1 item would wait for the mail after it. If it were made now, it would hold 1 item: Solar"
    )
    assert "Energy and resources and Society and media" in said(saved)
    mine = await reader(store, ANA)
    assert (mine.name, mine.profile.max_items, mine.cadence.days) == ("Ana M.", 1, ("tue", "fri"))
    assert await plan_all(store, at(24, 8, 14)) == []
    await plan_all(store, at(24, 8, 15))
    assert await carried(store, ANA) == [(2,)]


async def test_trying_out_changes_nothing_with_and_without_scripts(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    before = await all_rows(sqlite_store)
    wished = {"follow": "some", "topic": ["energy"], "at": "10:00"}
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await enter(client, ana, TRY, **wished)
        part = await client.post(f"{choices(ana)}/effect", data=wished, headers={"HX-Request": "true"})
    assert await all_rows(sqlite_store) == before
    assert "The next mail: Nov 24, 10:00 (UTC)." in panel(page)
    assert ("Solar" in panel(page), "Tariffs" in panel(page)) == (True, False)
    # the page keeps what was entered, and nothing was saved
    assert tree(page).xpath("//input[@name='topic'][@checked]/@value") == ["energy"]
    assert "Saved" not in said(page)
    assert said(part).startswith(panel(page))
    assert "<html" not in part.text


async def test_what_is_wrong_stands_beside_its_field_and_nothing_entered_is_lost(
    sqlite_store: Database,
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    before = await all_rows(sqlite_store)
    entered = {"follow": "some", "topic": [], "rhythm": "days", "day": [], "at": "soon"}
    entered |= {"timezone": "Mars/Olympus", "max_items": "many", "name": "A" * 201}
    async with visitor(sqlite_store, TUESDAY) as client:
        answers = [await enter(client, ana, button, **entered) for button in (SAVE, TRY)]
        part = await client.post(f"{choices(ana)}/effect", data=entered, headers={"HX-Request": "true"})
    for answer in (*answers, part):
        assert answer.status_code == 422
        assert wrong_with(answer) == {
            "topic": "Choose one topic at least, or all of them.",
            "day": "Choose one day at least.",
            "at": "Say a time of the day, such as 07:30.",
            "timezone": "Choose a time zone from the list.",
            "max_items": "Say a number from 1 to 1000, or leave it empty.",
            "name": "That is too long: use at most 200 characters.",
        }
    for answer in answers:
        root = tree(answer)
        shown = {name: root.xpath(f"string(//input[@name='{name}']/@value)") for name in ("at", "max_items")}
        # no browser shows what such fields cannot hold
        assert shown == {"at": "", "max_items": ""}
        assert root.xpath("//select[@name='timezone']/option[@selected]/text()") == ["Mars/Olympus"]
        assert not root.xpath("//input[@name='topic'][@checked] | //input[@name='day'][@checked]")
        for name in ("at", "timezone", "max_items", "name"):
            (field,) = root.xpath(f"//*[@name='{name}']")
            assert field.get("aria-invalid") == "true"
        assert "This cannot be saved as it is:" in panel(answer)
        assert root.xpath("//*[@role='alert']//a/@href") == [
            *("#topic", "#day", "#at", "#timezone", "#max_items", "#name"),
        ]
        # each leads to one field, and the first has the focus
        assert all(
            len(root.xpath(f"//*[@id='{id_[1:]}']")) == 1 for id_ in root.xpath("//*[@role='alert']//a/@href")
        )
        assert root.xpath("//*[@autofocus]/@id") == ["topic"]
    assert await all_rows(sqlite_store) == before


async def test_who_had_everything_and_chooses_ticks_what_is_wanted(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        assert not tree(page).xpath("//input[@name='topic'][@checked]")
        assert "Choose one topic at least" in said(await enter(client, ana, follow="some"))
        await enter(client, ana, follow="some", topic=["energy"])
        again = await client.get(choices(ana))
    assert tree(again).xpath("//input[@name='topic'][@checked]/@value") == ["energy"]


async def test_another_language_is_that_of_the_page_at_once(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await enter(client, ana, language="ar")
    assert (tree(answer).get("lang"), tree(answer).get("dir")) == ("ar", "rtl")
    assert (await reader(sqlite_store, ANA)).profile.language == "ar"


async def test_all_kinds_of_items_are_whatever_the_newsletter_carries(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY, sections="analysis")
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        everything = tree(page).xpath("//input[@name='section']/@value")
        await press(client, page, SAVE, section=everything)
        assert (await reader(sqlite_store, ANA)).profile.sections is None
        await enter(client, ana, section=["", "analysis", "report"])
    chosen = (await reader(sqlite_store, ANA)).profile.sections
    assert chosen == frozenset({Section.ANALYSIS, Section.REPORT})


@pytest.mark.parametrize("at_", ["09:00", "06:30"])
async def test_a_day_that_was_served_is_not_served_again_at_another_time(
    sqlite_store: Database, at_: str
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(sqlite_store, at(24, 7))
    await mark_sent(sqlite_store, ANA, at(24, 7))
    await publish_news(sqlite_store, at(24, 7, 30), item("Solar", "energy"))
    async with visitor(sqlite_store, at(24, 8)) as client:
        answer = await enter(client, ana, at=at_)
    assert f"The next mail: Nov 25, {at_} (UTC)." in panel(answer)
    assert await plan_all(sqlite_store, at(24, 12)) == []
    hour, minute = map(int, at_.split(":"))
    await plan_all(sqlite_store, at(25, hour, minute))
    assert await carried(sqlite_store, ANA) == [(1,), (2,)]


async def test_what_one_reader_saves_is_nobody_elses(sqlite_store: Database) -> None:
    ana, bob = [await join(sqlite_store, f"{name}@example.org", TUESDAY) for name in ("ana", "bob")]
    async with visitor(sqlite_store, TUESDAY) as client:
        await enter(client, ana, at="09:00", name="Ana")
    assert await reader(sqlite_store, "bob@example.org") == bob


async def test_the_other_newsletters_of_a_reader_are_one_link_away(sqlite_store: Database) -> None:
    await add_newsletter(sqlite_store, "weekly", title="The <Weekend> Reader")
    ana = await join(sqlite_store, ANA, TUESDAY)
    await join(sqlite_store, ANA, TUESDAY, newsletter="weekly")
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        (link,) = tree(page).xpath("//a[text()='The <Weekend> Reader']/@href")
        other = await client.get(page.url.join(link))
        assert "You get The <Weekend> Reader." in said(other)
        saved = await press(client, other, SAVE, at="19:00")
    assert "every day at 19:00" in said(saved).lower()
    async with sqlite_store.read() as connection:
        mine = await shelf.subscriptions_of(connection, ANA)
    assert [f"{one.cadence.at:%H:%M}" for one in mine] == ["07:00", "19:00"]


async def test_a_page_that_says_what_was_done_says_nothing_else(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        plain = await client.get(choices(ana))
        for word in ("", "x", "<b>", "resumed%00", "paused", "constructor"):
            assert (await client.get(f"{choices(ana)}?done={word}")).text == plain.text


async def test_a_newsletter_has_its_colours_there(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, accent="#005f73")
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert "--accent:#005f73" in (await client.get(choices(ana))).text.replace(" ", "")


async def test_hostile_entries_are_entries(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    hostile = '"><script>alert(1)</script>\r\nBcc: x@y.example'
    async with visitor(sqlite_store, TUESDAY) as client:
        for answer in [
            await enter(client, ana, name=hostile),
            await enter(client, ana, at=hostile, timezone=hostile, max_items=hostile, language=hostile),
        ]:
            assert "<script>alert" not in answer.text
        long = await client.post(choices(ana), data={"name": "x" * 20_000})
        assert (long.status_code, headline(long)) == (413, "That did not work")
    name = (await reader(sqlite_store, ANA)).name
    assert "\r" not in name
    assert "\n" not in name
