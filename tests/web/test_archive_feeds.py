"""Feeds are read by feed readers without a complaint, and keep the ids of what they tell of."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

import feedparser
import httpx
import pytest

from digest.core.model import Archive, ItemText
from digest.flows import edit_briefing
from digest.flows.edit_briefing import Edit
from digest.store.database import Database
from subscribers.model import Section
from tests.flows.newsroom import TUESDAY, add_newsletter, at, change_newsletter, item, publish_news
from tests.web.visiting import BASE_URL, tree, visitor

pytestmark = pytest.mark.anyio

HOME: Final = "/archive/daily"
EVERY_FEED: Final = ("/feed.xml", "/atom.xml", "/editions.xml", "/topics/economy/feed.xml")
HOSTILE: Final = 'A <b>bold</b> & "tariff" ]]> \x0b \ud800'.encode("utf-8", "replace").decode() + "\x0b"


async def fetched(store: Database, path: str) -> httpx.Response:
    async with visitor(store, TUESDAY) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer


async def feed(store: Database, path: str) -> Any:
    found = feedparser.parse((await fetched(store, path)).content)
    assert not found.bozo, found.get("bozo_exception")
    return found


async def two_items(store: Database) -> None:
    first = item("Tariffs rise", "economy", paragraphs=("One. <i>Two.</i>", "Three & four."))
    await publish_news(store, TUESDAY, first)
    await publish_news(
        store, at(25, 9), item("الرسوم ترتفع", "economy", "energy", language="ar", source="صحيفة الميناء")
    )


async def test_every_feed_is_valid_whatever_stands_in_it(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, title=HOSTILE, description=HOSTILE, sender_name=HOSTILE)
    await publish_news(
        sqlite_store, TUESDAY, item(HOSTILE, "economy", paragraphs=(HOSTILE,) * 2, source=HOSTILE)
    )
    for path in EVERY_FEED:
        answer = await fetched(sqlite_store, HOME + path)
        ET.fromstring(answer.content)
        found = feedparser.parse(answer.content)
        assert not found.bozo
        assert len(found.entries) == 1
        assert "<b>" not in found.feed.title_detail.value.replace("<b>bold</b>", "", 1)
        assert answer.headers["content-type"].startswith(
            "application/atom+xml" if "atom" in path else "application/rss+xml"
        )


async def test_a_feed_of_items_has_them_whole_with_links_that_anybody_can_follow(store: Database) -> None:
    await two_items(store)
    found = await feed(store, f"{HOME}/feed.xml")
    assert found.version == "rss20"
    assert found.feed.title == "The Daily Digest"
    assert found.feed.link == f"{BASE_URL}{HOME}"
    newest, oldest = found.entries
    assert (newest.title, newest.author) == ("الرسوم ترتفع", "صحيفة الميناء")
    assert (oldest.title, oldest.author) == ("Tariffs rise", "The Harbour Post")
    assert oldest.link == f"{BASE_URL}{HOME}/items/1"
    assert oldest.content[0].value == "<p>One. &lt;i&gt;Two.&lt;/i&gt;</p><p>Three &amp; four.</p>"
    assert [tag.term for tag in newest.tags] == ["Economy and trade", "Energy and resources"]
    assert parsedate_to_datetime(oldest.published) == TUESDAY
    assert not oldest.guidislink
    atom = await feed(store, f"{HOME}/atom.xml")
    assert atom.version == "atom10"
    assert [entry.title for entry in atom.entries] == [newest.title, oldest.title]
    assert [entry.id for entry in atom.entries] == [newest.id, oldest.id]
    assert atom.entries[0].title_detail.language == "ar"
    assert atom.entries[1].content[0].value == oldest.content[0].value
    assert {one.rel: one.href for one in atom.feed.links} == {
        "self": f"{BASE_URL}{HOME}/atom.xml",
        "alternate": f"{BASE_URL}{HOME}",
    }


async def test_an_id_outlives_a_correction_which_is_told_as_one(sqlite_store: Database) -> None:
    await two_items(sqlite_store)
    before = (await feed(sqlite_store, f"{HOME}/atom.xml")).entries[1]
    await edit_briefing.edit(1, Edit(title="Tariffs fall"), store=sqlite_store, now=at(26, 9))
    after = (await feed(sqlite_store, f"{HOME}/atom.xml")).entries[1]
    assert (after.title, after.id) == ("Tariffs fall", before.id)
    assert after.published == before.published
    assert (before.updated, after.updated) == ("2026-11-24T06:00:00Z", "2026-11-26T09:00:00Z")


async def test_a_topic_and_the_editions_have_feeds_of_their_own(store: Database) -> None:
    # the words of a feed are in the language of most of its items
    await publish_news(store, TUESDAY - timedelta(days=1), item("Exports fall", "economy"))
    await two_items(store)
    energy = await feed(store, f"{HOME}/topics/energy/feed.xml")
    assert (energy.feed.title, len(energy.entries)) == ("The Daily Digest: Energy and resources", 1)
    assert energy.feed.link == f"{BASE_URL}{HOME}/topics/energy"
    editions = await feed(store, f"{HOME}/editions.xml")
    assert [entry.link for entry in editions.entries] == [
        f"{BASE_URL}{HOME}/2026-11-25",
        f"{BASE_URL}{HOME}/2026-11-24",
        f"{BASE_URL}{HOME}/2026-11-23",
    ]
    assert editions.entries[1].description == "1 item · Economy and trade"
    assert editions.entries[1].title == "Tuesday, November 24, 2026: Tariffs rise"
    assert len({entry.id for entry in editions.entries}) == 3


async def test_a_feed_says_no_more_than_the_archive(sqlite_store: Database) -> None:
    long = tuple(f"Sentence {n} says a little more about the tariff." for n in range(40))
    await publish_news(
        sqlite_store, TUESDAY, item("Tariffs", "economy", paragraphs=long, url="https://post.example/1")
    )
    await change_newsletter(sqlite_store, item_text=ItemText.EXCERPT)
    for path in ("/feed.xml", "/atom.xml"):
        (entry,) = (await feed(sqlite_store, HOME + path)).entries
        assert "Sentence 1 " in entry.content[0].value
        assert "Sentence 39" not in entry.content[0].value
    await change_newsletter(sqlite_store, archive=Archive.TITLES)
    for path in ("/feed.xml", "/atom.xml"):
        (entry,) = (await feed(sqlite_store, HOME + path)).entries
        assert (entry.title, entry.link) == ("Tariffs", "https://post.example/1")
        assert "content" not in entry
        assert "Sentence" not in str(entry)


async def test_the_first_feed_is_that_of_the_first_newsletter_that_is_open(sqlite_store: Database) -> None:
    await two_items(sqlite_store)
    await add_newsletter(sqlite_store, "reports", title="Reports", sections=frozenset({Section.REPORT}))
    assert (await feed(sqlite_store, "/feed.xml")).feed.title == "The Daily Digest"
    await change_newsletter(sqlite_store, archive=Archive.NONE)
    assert (await feed(sqlite_store, "/feed.xml")).feed.title == "Reports"


async def test_pages_announce_their_feeds(sqlite_store: Database) -> None:
    await two_items(sqlite_store)
    for path, own in ((HOME, "editions.xml"), (f"{HOME}/topics/energy", "topics/energy/feed.xml")):
        page = await fetched(sqlite_store, path)
        announced = [
            page.url.join(link.get("href")).path for link in tree(page).xpath("//link[@rel='alternate']")
        ]
        assert announced == [f"{HOME}/{own}", f"{HOME}/feed.xml", f"{HOME}/atom.xml"]


async def test_search_engines_are_told_where_they_may_look_and_what_there_is(sqlite_store: Database) -> None:
    await two_items(sqlite_store)
    robots = (await fetched(sqlite_store, "/robots.txt")).text.splitlines()
    assert robots[:4] == ["User-agent: *", "Allow: /archive", "Allow: /feed.xml", "Disallow: /"]
    assert robots[-1] == f"Sitemap: {BASE_URL}/sitemap.xml"
    found = ET.fromstring((await fetched(sqlite_store, "/sitemap.xml")).content)
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    assert [one.text for one in found.findall(".//s:loc", space)] == [
        f"{BASE_URL}{HOME}{path}" for path in ("", "/items/2", "/items/1")
    ]
    assert [one.text for one in found.findall(".//s:lastmod", space)] == [
        "2026-11-25T09:00:00Z",
        "2026-11-24T06:00:00Z",
    ]
