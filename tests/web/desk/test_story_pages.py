"""The story of a briefing at the desk: side by side, joined, split, put in front."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.core.access import Role
from digest.flows.collect import collect
from digest.ingest.gathered import Gathered
from digest.store.database import Database
from tests.flows.newsroom import item, publish_news
from tests.flows.tellings import OTHER_MILL, telling, told
from tests.flows.test_stories import stories_in
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, at_the_desk, says, submit

pytestmark = pytest.mark.anyio

#: The news of these tests came out this morning.
MORNING = NOW - timedelta(hours=3)
STORY = "/admin/briefings/1/story"


async def test_the_tellings_stand_side_by_side_and_differences_are_marked(sqlite_store: Database) -> None:
    words = "Northgate Steel closes its mill in Varna; 870 jobs go, said Ivan Petrov."
    other = telling(1, paragraphs=(words,))
    await publish_news(sqlite_store, MORNING, telling(0), telling(2), told(OTHER_MILL))
    await publish_news(sqlite_store, MORNING, other)
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        joined = await submit(client, await client.get(STORY), "story/join", **{"with": "4"})
        page = document(joined.text)
    assert len(page.xpath("//li[contains(@class, 'side')]")) == 3
    marked = {one.text_content() for one in page.xpath("//li[contains(@class, 'side')]//mark")}
    assert {"870", "Ivan", "Petrov"} <= marked
    assert not {"Northgate", "Varna", "850"} & marked
    assert "Joined by the rule: alike by 0." in says(joined)
    assert "Joined by the editor" in says(joined)


async def test_an_editor_splits_and_joins_again(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, MORNING, telling(0), telling(1))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        apart = await submit(client, await client.get(STORY), "story/split", member="1")
        assert await stories_in(sqlite_store) == []
        assert "stands alone" in says(apart)
        assert "Alike, and not joined" in says(apart), "what was split is still like it"
        again = await submit(client, apart, "story/join")
    assert await stories_in(sqlite_store) == [[1, 2]]
    assert "2 briefings tell of the same event" in says(again)


async def test_an_editor_puts_one_in_front(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, MORNING, telling(0), telling(1))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        page = await submit(client, await client.get(STORY), "story/front", member="2")
    (side,) = document(page.text).xpath("//li[contains(@class, 'side')][.//span[text()='in front']]")
    assert "Varna loses its steel mill" in side.text_content()


async def test_another_is_found_by_its_words_and_compared_before_it_is_joined(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, MORNING, telling(0), item("The ferry sails again"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        found = await client.get(STORY, params={"q": "ferry"})
        (compare,) = document(found.text).xpath("//a[starts-with(., 'Compare')]/@href")
        beside = await client.get(found.url.join(compare))
        assert "not joined" in says(beside)
        await submit(client, beside, "story/join", **{"with": "2"})
    assert await stories_in(sqlite_store) == [[1, 2]]


async def test_a_draft_shows_what_it_is_like_and_a_viewer_can_only_look(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, MORNING, telling(0))
    await collect(Gathered((telling(1),)), store=sqlite_store, now=MORNING, publish=False)
    async with at_the_desk(sqlite_store, Role.VIEWER) as client:
        page = await client.get("/admin/briefings/2/story")
    assert "Alike, and not joined" in says(page)
    assert "Northgate" in says(page)
    assert not document(page.text).xpath("//form[@method='post'][contains(@action, 'story')]")


async def test_the_list_marks_stories_and_joins_what_is_ticked(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, MORNING, item("One"), item("Two"), item("Three"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        done = await submit(
            client, await client.get("/admin/briefings"), "briefings", id=["1", "3"], act="join"
        )
    assert await stories_in(sqlite_store) == [[1, 3]]
    assert len(document(done.text).xpath("//a[contains(@class, 'badge')][starts-with(., 'story')]")) == 2


async def test_words_that_name_no_briefing_are_refused(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, MORNING, telling(0), telling(1))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        page = await client.get(STORY)
        wrong = await submit(client, page, "story/split", member="1")
        assert wrong.status_code == 200
        lost = await client.get("/admin/briefings/99/story")
        assert lost.status_code == 404
