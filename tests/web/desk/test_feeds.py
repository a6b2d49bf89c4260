"""Feeds at the desk: added without a wait, shown with what went wrong, asked by the scheduler alone."""

from __future__ import annotations

import pytest

from digest.core.access import Role
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.store import changes
from digest.store import feeds as shelf
from digest.store.database import Database
from tests.flows.feeding import newsdesk
from tests.reach.httpd import Reply
from tests.web.desk.newsroom import NOW, at_the_desk, says, submit

pytestmark = pytest.mark.anyio


async def test_feed_is_added_and_its_first_poll_left_to_the_scheduler(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        form = await client.get("/admin/feeds/new")
        added = await submit(
            client, form, "new", url="news.example/feed", source="The Post", every="15", topic=["economy"]
        )
        assert "The feed is added" in says(added)
        assert "new it was not read yet" in says(added)
        again = await submit(client, form, "new", url="https://news.example/feed")
        assert again.status_code == 422
        assert "is polled already" in says(again)
    async with store.read() as connection:
        (feed,) = await shelf.every(connection)
        (change, *_rest) = await changes.page(connection)
    assert (feed.url, feed.source, feed.every_minutes) == ("https://news.example/feed", "The Post", 15)
    assert (feed.topics, feed.next_poll_at, feed.polled_at) == (("economy",), NOW, None)
    assert (change.act, change.actor) == ("feed.add", "the editor")


@pytest.mark.parametrize(
    ("entered", "complaint"),
    [
        ({"url": "ftp://news.example/"}, "is not an absolute http or https address"),
        ({"url": "news.example", "every": "1"}, "Every 1 is out of bounds: say 5 to 10080"),
        ({"url": "news.example", "settle": "soon"}, "Settle 'soon' is not a whole number"),
        ({"url": "news.example", "section": "gossip"}, "'gossip' is not known"),
    ],
)
async def test_what_cannot_be_is_told_beside_the_form(
    entered: dict[str, str], complaint: str, sqlite_store: Database
) -> None:
    async with at_the_desk(sqlite_store) as client:
        answer = await submit(client, await client.get("/admin/feeds/new"), "new", **entered)
    assert answer.status_code == 422
    assert complaint in says(answer)
    assert f'value="{entered["url"]}"' in answer.text


async def test_page_of_a_feed_tells_its_polls_and_refusals_and_today_what_is_wrong(store: Database) -> None:
    async with newsdesk(store, NOW) as desk:
        desk.site.entries = ["<item><title>Only a headline</title></item>"]
        desk.site.post("Ferry Sails")
        await desk.add()
        await desk.poll()
        desk.site.server.pages["/feed.xml"] = Reply(b"", 410)
        await desk.poll(30)
        async with at_the_desk(store, Role.VIEWER, lambda: desk.now) as client:
            shown = says(await client.get("/admin/feeds/1"))
            assert "gone its server says that it is gone for good" in shown
            assert "read 2001001" in shown
            assert "2: Only a headlineit has no text1" in shown
            assert "gone The Harbour Post: its server says" in says(await client.get("/admin/"))
            assert "1 feed needs a look" in says(await client.get("/admin/feeds"))
            assert "Save" not in shown


async def test_feed_is_changed_asked_and_removed(store: Database) -> None:
    await add_feed("https://news.example/feed", FeedWish(), store=store, now=NOW)
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/feeds/1")
        saved = await submit(client, page, "1", settle="0", section="analysis")
        assert "Saved." in says(saved)
        assert "It is asked by the next run" in says(await submit(client, saved, "1/poll"))
        question = await client.get("/admin/feeds/1/remove")
        assert "It is not asked any more" in says(question)
        assert "The feed is removed" in says(await submit(client, question, "remove"))
        assert (await client.get("/admin/feeds/1")).status_code == 404
    async with store.read() as connection:
        assert await shelf.every(connection) == ()
        acts = [change.act for change in await changes.page(connection)]
    assert acts[:4] == ["feed.remove", "feed.poll", "feed.edit", "feed.add"]
