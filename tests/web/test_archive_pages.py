"""The public archive shows what was published, by day, by item, by topic and by source."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from digest.core.model import Archive
from digest.flows import edit_briefing
from digest.flows.archive import OF_A_DAY, PAGE
from digest.flows.edit_briefing import Edit
from digest.store.database import Database
from subscribers.model import Section
from tests.flows.newsroom import TUESDAY, add_newsletter, at, change_newsletter, item, publish_news
from tests.flows.tellings import telling
from tests.web.archives import HOME, get, links, shown, three_days, titles
from tests.web.visiting import headline, said, tree, visitor

pytestmark = pytest.mark.anyio


# --- days ---------------------------------------------------------------------------------------------------


async def test_the_list_of_editions_goes_by_days_of_home_and_by_months(store: Database) -> None:
    await three_days(store)
    answer = await get(store, HOME)
    assert headline(answer) == "November 2026"
    assert [path for path in links(answer) if path.count("-") == 2] == [
        f"{HOME}/2026-11-24",
        f"{HOME}/2026-11-23",
    ]
    text = said(answer)
    assert "Tuesday, November 24, 2026 Schools open 1 item · Society and media" in text
    assert "Monday, November 23, 2026 Solar grows 2 items · Economy and trade · Energy and resources" in text
    assert f"{HOME}/2026/10" in links(answer)
    before = await get(store, f"{HOME}/2026/10")
    assert headline(before) == "October 2026"
    assert f"{HOME}/2026/11" in links(before)
    # six in the morning in London is the afternoon of the same day in Chatham, and the day before in Hawaii
    hawaii = await get(store, HOME, zone="Pacific/Honolulu")
    assert [path for path in links(hawaii) if path.count("-") == 2] == [
        f"{HOME}/2026-11-23",
        f"{HOME}/2026-11-22",
    ]


async def test_the_only_archive_is_shown_at_once_and_several_are_listed(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    assert headline(await get(sqlite_store, "/archive")) == "November 2026"
    await add_newsletter(sqlite_store, "weekly", title="The Weekly")
    await add_newsletter(sqlite_store, "closed", title="The Closed", archive=Archive.NONE)
    answer = await get(sqlite_store, "/archive")
    assert headline(answer) == "Archive"
    assert links(answer) == [HOME, "/archive/weekly"]


@pytest.mark.parametrize("path", [HOME, "/archive"])
async def test_words_of_another_direction_keep_theirs(sqlite_store: Database, path: str) -> None:
    await three_days(sqlite_store)
    if path == "/archive":
        await add_newsletter(sqlite_store, "weekly", description="The newsroom's briefings.")
    await change_newsletter(sqlite_store, description="The newsroom's briefings.")
    answer = await get(sqlite_store, path, headers={"Accept-Language": "ar"})
    assert "\u2068The newsroom's briefings.\u2069" in said(answer)


async def test_an_edition_has_the_order_of_the_mails(store: Database) -> None:
    drafts = [item("Energy two", "energy"), item("Economy one", "economy"), item("Economy two", "economy")]
    await publish_news(store, TUESDAY, *drafts, item("A report", "economy", section=Section.REPORT))
    await edit_briefing.edit(3, Edit(lead=True), store=store, now=TUESDAY)
    answer = await get(store, f"{HOME}/2026-11-24")
    assert headline(answer) == "Tuesday, November 24, 2026"
    found = [
        " ".join(node.text_content().split()) for node in tree(answer).xpath("//main//section//h2 | //h3")
    ]
    assert found == [
        *("Economy and trade", "Economy two", "Economy one", "A report", "Energy and resources", "Energy two")
    ]
    text = said(answer)
    assert "4 items · 1 min read" in text
    assert "Lead story" in text
    assert "Economy one: the whole story, told in one sentence." in text


async def test_editions_lead_to_those_before_and_after(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    answer = await get(sqlite_store, f"{HOME}/2026-11-23")
    assert links(answer, "//nav[@class='pager']") == [f"{HOME}/2026-10-31", f"{HOME}/2026-11-24"]
    first = await get(sqlite_store, f"{HOME}/2026-10-31")
    assert links(first, "//nav[@class='pager']") == [f"{HOME}/2026-11-23"]


async def test_a_day_with_very_much_has_several_pages(sqlite_store: Database) -> None:
    drafts = [item(f"Item {n}", "economy", source_date=date(2026, 1, 1)) for n in range(OF_A_DAY + 3)]
    await publish_news(sqlite_store, TUESDAY, *drafts)
    day = f"{HOME}/2026-11-24"
    first, second = await get(sqlite_store, day), await get(sqlite_store, f"{day}?page=2")
    assert f"{day}?page=2" in links(first)
    assert f"{day}?page=1" in links(second)
    names = [node.text_content().strip() for page in (first, second) for node in tree(page).xpath("//h3")]
    assert sorted(names) == sorted(f"Item {n}" for n in range(OF_A_DAY + 3))
    assert (await get(sqlite_store, f"{day}?page=3")).status_code == 404


async def test_a_day_in_spring_that_is_short_has_all_that_was_published_on_it(sqlite_store: Database) -> None:
    for hour, title in ((22, "Before"), (23, "First hour"), (45, "Last hour"), (46, "After")):
        now = at(1, 0).replace(month=3, day=28) + timedelta(hours=hour, minutes=30 if hour != 45 else 29)
        await publish_news(sqlite_store, now, item(title, "economy"))
    # Paris goes from 02:00 to 03:00 on the 29th: its day is from 23:00 to 22:00 UTC
    text = await shown(sqlite_store, f"{HOME}/2026-03-29", zone="Europe/Paris")
    assert all(title in text for title in ("First hour: the whole", "Last hour: the whole"))
    assert "Before: the whole" not in text
    assert "After: the whole" not in text


# --- items --------------------------------------------------------------------------------------------------


async def test_an_item_names_who_else_reports_the_same_and_what_it_follows_up(
    sqlite_store: Database,
) -> None:
    await publish_news(sqlite_store, at(23, 6), telling(0))
    await publish_news(sqlite_store, TUESDAY, telling(1), telling(2))
    answer = await get(sqlite_store, f"{HOME}/items/2")
    text = said(answer)
    assert "Follow-up to “Northgate Steel closes its Varna mill, 850 jobs go”, Nov 23" in text
    assert "Also reported by Morning Ledger" in text
    assert {f"{HOME}/items/1", f"{HOME}/items/3"} <= set(links(answer))
    assert "Follow-up" not in said(await get(sqlite_store, f"{HOME}/items/1"))


async def test_an_item_is_shown_whole(store: Database) -> None:
    await three_days(store)
    answer = await get(store, f"{HOME}/items/4")
    assert headline(answer) == "Schools open"
    text = said(answer)
    assert "The Harbour Post · November 23, 2026, added Nov 24 · 1 min read" in text
    assert "Schools open: the whole story, told in one sentence." in text
    assert "https://post.example/schools" in tree(answer).xpath("//main//a/@href")
    assert links(answer)[0] == f"{HOME}/sources/The%20Harbour%20Post"
    assert {f"{HOME}/topics/society", f"{HOME}/2026-11-24", f"{HOME}/items/3"} <= set(links(answer))
    assert "Corrected" not in text
    head = tree(answer).head
    assert head.xpath("//link[@rel='canonical']/@href") == [f"https://news.example{HOME}/items/4"]
    assert head.xpath("//meta[@name='description']/@content") == [
        "Schools open: the whole story, told in one sentence."
    ]
    about = {meta.get("property"): meta.get("content") for meta in head.xpath("//meta[@property]")}
    assert about == {
        "og:description": "Schools open: the whole story, told in one sentence.",
        "og:title": "Schools open",
        "og:type": "article",
        "og:url": f"https://news.example{HOME}/items/4",
        "og:site_name": "The Daily Digest",
        "article:published_time": "2026-11-24T06:00:00+00:00",
    }


async def test_a_correction_shows_at_once_with_its_day_and_a_changed_link_is_none(store: Database) -> None:
    await three_days(store)
    await edit_briefing.edit(4, Edit(url="https://post.example/new"), store=store, now=at(25, 9))
    assert "Corrected" not in await shown(store, f"{HOME}/items/4")
    await edit_briefing.edit(4, Edit(title="Schools stay open"), store=store, now=at(26, 9))
    text = await shown(store, f"{HOME}/items/4")
    assert "Schools stay open" in text
    assert "Corrected on November 26, 2026" in text
    assert "Schools stay open" in await shown(store, f"{HOME}/2026-11-24")


async def test_a_withdrawn_item_is_gone_everywhere_and_its_page_says_so_kindly(store: Database) -> None:
    await three_days(store)
    await edit_briefing.retract(4, store=store, now=TUESDAY)
    answer = await get(store, f"{HOME}/items/4")
    assert (answer.status_code, headline(answer)) == (410, "This item was withdrawn")
    assert "Schools" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"].startswith("noindex")
    paths = [HOME, f"{HOME}/search?q=schools", f"{HOME}/topics/society", f"{HOME}/feed.xml"]
    for path in (*paths, f"{HOME}/items/3", "/sitemap.xml", f"{HOME}/editions.xml"):
        answer = await get(store, path)
        assert answer.status_code == 200
        assert "Schools open" not in answer.text
        assert "items/4" not in answer.text
    assert (await get(store, f"{HOME}/2026-11-24")).status_code == 404
    await edit_briefing.publish(4, store=store, now=at(25, 9))
    assert "Schools open" in await shown(store, f"{HOME}/2026-11-24")


async def test_what_the_newsletter_does_not_carry_is_not_in_its_archive(store: Database) -> None:
    await add_newsletter(store, "reports", sections=frozenset({Section.REPORT}))
    await publish_news(
        store, TUESDAY, item("A briefing", "economy"), item("A report", "economy", section=Section.REPORT)
    )
    home = "/archive/reports"
    for path in (f"{home}/items/1", f"{home}/topics/energyx", "/archive/none", f"{home}/2026-11-23"):
        assert (await get(store, path)).status_code == 404
    for path in (
        "",
        "/2026-11-24",
        "/topics/economy",
        "/sources/The%20Harbour%20Post",
        "/search?q=told",
        "/feed.xml",
    ):
        answer = await get(store, home + path)
        assert answer.status_code == 200
        assert "A report" in answer.text
        assert "A briefing" not in answer.text
    assert links(await get(store, f"{home}/items/2"), "//nav[@class='pager']") == []


# --- topics and sources -------------------------------------------------------------------------------------


async def test_long_lists_are_read_page_by_page_in_both_directions(store: Database) -> None:
    count = 2 * PAGE + 5
    drafts = [item(f"Item {n}", "economy", source="A/B: “Post” & Söhne 报") for n in range(1, count + 1)]
    await publish_news(store, TUESDAY, *drafts)
    source = "A%2FB%3A%20%E2%80%9CPost%E2%80%9D%20%26%20S%C3%B6hne%20%E6%8A%A5"
    for start in (f"{HOME}/topics/economy", f"{HOME}/sources/{source}"):
        seen: list[list[str]] = []
        path = start
        async with visitor(store, TUESDAY) as client:
            while path:
                answer = await client.get(path)
                assert answer.status_code == 200
                seen.append(titles(answer))
                path = next((one for one in links(answer) if "before=" in one), "")
            back = next(one for one in links(answer) if "after=" in one)
            middle = await client.get(back)
            first = await client.get(next(one for one in links(middle) if "after=" in one))
        assert [title for page in seen for title in page] == [f"Item {n}" for n in range(count, 0, -1)]
        assert [titles(middle), titles(first)] == [seen[1], seen[0]]
        assert not [one for one in links(first) if "after=" in one]


async def test_a_removed_topic_takes_its_page_along_and_leaves_the_items(sqlite_store: Database) -> None:
    from digest.store import topics

    await three_days(sqlite_store)
    async with sqlite_store.write() as connection:
        await topics.remove(connection, "society")
    assert (await get(sqlite_store, f"{HOME}/topics/society")).status_code == 404
    assert "Schools open" in await shown(sqlite_store, f"{HOME}/2026-11-24")
    assert (await get(sqlite_store, f"{HOME}/topics/general")).status_code == 200


async def test_an_edited_topic_and_source_move_the_item(store: Database) -> None:
    await three_days(store)
    await edit_briefing.edit(4, Edit(topics=("energy",)), store=store, now=at(25, 9))
    assert titles(await get(store, f"{HOME}/topics/energy")) == ["Schools open", "Solar grows"]
    assert titles(await get(store, f"{HOME}/topics/society")) == []
