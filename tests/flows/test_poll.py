"""Feeds are asked, their entries settle and come out; each is known again, whatever its feed does."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from digest.core.feeding import Feed, FeedHealth, PollOutcome, health_of
from digest.errors import StoreError
from digest.flows import poll_feed
from digest.flows.edit_feeds import FeedWish, add_feed, edit_feed, poll_now, remove_feed
from digest.flows.feeds_shown import feed_sheet, unwell_feeds
from digest.flows.poll import Poller
from digest.flows.poll_feed import Polled
from digest.ingest.feed_room import ReadingRoom
from digest.store import feeds as shelf
from digest.store.database import Database
from tests.flows.feeding import newsdesk
from tests.flows.newsroom import TUESDAY
from tests.ingest.feed_samples import entry, rss
from tests.reach.httpd import Asked, Reply, httpd, reaching

pytestmark = pytest.mark.anyio


async def test_new_entries_settle_before_they_come_out(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Old News")
        await desk.add(take=0)
        await desk.poll()
        desk.site.post("Ferry Sails", "Bridge Closed")
        polled = await desk.poll(30)
        assert (polled.poll.added, polled.poll.unchanged) == (2, 1)
        assert await desk.published() == []
        # it is looked at once more just before they come out
        assert (await desk.current()).next_poll_at == desk.now + timedelta(minutes=9)
        await desk.poll(9)
        assert await desk.published() == []
        await desk.poll(1)
        assert await desk.published() == ["Ferry Sails", "Bridge Closed"]


async def test_first_poll_takes_as_many_old_entries_as_was_said_and_remembers_the_rest(
    store: Database,
) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        for number in range(1, 6):
            day = f"Mon, {number:02} Nov 2026 06:00:00 GMT"
            desk.site.entries.insert(0, entry(str(number), f"Story {number}", day=day))
        await desk.add(take=2)
        polled = await desk.poll()
        assert (polled.poll.added, polled.poll.unchanged) == (2, 3)
        # their editors are done with them: they do not settle
        assert await desk.published() == ["Story 4", "Story 5"]
        again = await desk.poll(30)
        assert (again.poll.outcome, len(await desk.briefings())) == (PollOutcome.UNCHANGED, 2)


async def test_changed_entry_is_a_revision_of_the_same_briefing(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        await desk.add(settle_minutes=0)
        await desk.poll()
        desk.site.entries[0] = entry("ferry-sails", "Ferry Sails Twice a Day", "Another text altogether.")
        polled = await desk.poll(30)
        assert (polled.poll.added, polled.poll.updated) == (0, 1)
        (briefing,) = await desk.briefings()
        assert (briefing.title, briefing.revision) == ("Ferry Sails Twice a Day", 2)
        assert briefing.source_date == TUESDAY.date()


async def test_entry_is_known_by_its_link_when_its_name_changes_and_the_link_tracks(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        link = "https://harbour.example/ferry"
        desk.site.entries = [entry("1", "Ferry Sails", link=link), entry("0", "Older", link=f"{link}/0")]
        await desk.add(settle_minutes=0)
        await desk.poll()
        desk.site.entries[0] = entry("one", "Ferry Sails", link=f"{link}/?utm_source=x")
        polled = await desk.poll(30)
        assert (polled.poll.added, polled.poll.updated, polled.poll.unchanged) == (0, 1, 1)
        desk.site.entries[0] = entry("one", "Ferry Sails Again", link=link)
        assert (await desk.poll(30)).poll.updated == 1
        assert [one.title for one in await desk.briefings()] == ["Older", "Ferry Sails Again"]


async def test_story_of_two_feeds_is_one_briefing(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        link = "https://harbour.example/ferry"
        desk.site.entries = [entry("1", "Ferry Sails", link=link)]
        desk.site.server.pages["/all.xml"] = Reply(rss(entry("x", "The Ferry Sails", link=link)))
        await desk.add(settle_minutes=0)
        await desk.poll()
        other = await add_feed(
            f"{desk.site.server.url}/all.xml", FeedWish(settle_minutes=0), store=store, now=desk.now
        )
        polled = await desk.poller.poll(other, desk.now)
        assert (polled.poll.added, polled.poll.updated, polled.poll.unchanged) == (0, 0, 1)
        assert [one.title for one in await desk.briefings()] == ["Ferry Sails"]


async def test_entry_that_vanishes_before_its_time_is_not_published_and_may_come_back(
    store: Database,
) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Old News")
        await desk.add(take=0)
        await desk.poll()
        desk.site.post("A Mistake", "Ferry Sails")
        await desk.poll(30)
        mistake = desk.site.entries.pop(1)
        await desk.poll(9)
        await desk.poll(2)
        assert await desk.published() == ["Ferry Sails"]
        sheet = await feed_sheet(1, store=store, now=desk.now)
        assert sheet.items == {"old": 1, "settled": 1, "vanished": 1}
        desk.site.entries.insert(0, mistake)
        await desk.poll(30)
        await desk.poll(11)
        assert await desk.published() == ["Ferry Sails", "A Mistake"]


async def test_entry_that_newer_ones_pushed_out_comes_out_all_the_same(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Old News")
        await desk.add(take=0)
        await desk.poll()
        desk.site.post("Ferry Sails")
        await desk.poll(30)
        desk.site.entries = []
        desk.site.post("One", "Two", "Three")
        await desk.poll(9)
        await desk.poll(11)
        assert (await desk.published())[0] == "Ferry Sails"


async def test_poll_that_shows_only_new_entries_is_a_gap(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("One", "Two")
        await desk.add()
        assert (await desk.poll()).poll.words == ""
        desk.site.entries = []
        desk.site.post("Eleven", "Twelve")
        polled = await desk.poll(30)
        assert "some may have been lost" in polled.poll.words
        ((feed, health),) = await unwell_feeds(store=store, now=desk.now)
        assert (feed.id, health) == (1, FeedHealth.GAP)
        assert await unwell_feeds(store=store, now=desk.now + timedelta(days=5)) == ()


async def test_refused_entry_is_counted_and_shown_with_its_reason(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.entries = [entry("1", "Ferry Sails"), "<item><title>Only a headline</title></item>"]
        desk.site.entries.append("<item><title>Another one</title></item>")
        await desk.add()
        assert (await desk.poll()).poll.refused == 2
        desk.site.entries.pop()
        desk.site.post("Bridge Closed")
        await desk.poll(30)
        (refusal, other) = (await feed_sheet(1, store=store, now=desk.now)).refusals
        assert (refusal.line, refusal.label, refusal.times) == (3, "Only a headline", 2)
        assert refusal.reason == "it has no text"
        assert (other.line, other.label, other.times) == (3, "Another one", 1)
        # those that are gone for long are forgotten
        desk.site.post("Harbour Full")
        desk.now += shelf.REFUSALS_KEPT
        await desk.poll()
        (left,) = (await feed_sheet(1, store=store, now=desk.now)).refusals
        assert (left.line, left.times) == (4, 3)


async def test_category_that_names_a_topic_gives_it_and_the_feeds_own_topics_win(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.entries = [
            entry("1", "Ferry Sails", more="<category>Trade</category><category>?</category>")
        ]
        feed = await desk.add(settle_minutes=0)
        await desk.poll()
        await edit_feed(feed.id, FeedWish(topics=("society",)), store=store, now=desk.now)
        desk.site.entries.insert(0, entry("2", "Bridge Closed", more="<category>Trade</category>"))
        await desk.poll(30)
        found = {one.title: [mark.slug for mark in one.topics] for one in await desk.briefings()}
        assert found == {"Ferry Sails": ["economy"], "Bridge Closed": ["society"]}


async def test_unchanged_feed_costs_one_question(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        await desk.add()
        await desk.poll()
        polled = await desk.poll(30)
        assert (polled.poll.outcome, polled.poll.status) == (PollOutcome.UNCHANGED, 304)
        assert "if-none-match" in desk.site.server.asked[-1].headers
        # one whose server knows no tags is known by what it says
        desk.site.server.pages["/feed.xml"] = Reply(rss(*desk.site.entries))
        await edit_feed(1, FeedWish(url=f"{desk.site.url}?"), store=store, now=desk.now)
        await desk.poll(30)
        assert (await desk.poll(30)).poll.outcome is PollOutcome.UNCHANGED


async def test_failing_feed_is_asked_less_and_less_and_recovers(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        await desk.add(every_minutes=30)
        await desk.poll()
        desk.site.server.pages["/feed.xml"] = Reply(b"", 500)
        waits = []
        for _ in range(3):
            await desk.poll(30)
            feed = await desk.current()
            assert feed.next_poll_at is not None
            waits.append((feed.next_poll_at - desk.now) / timedelta(minutes=1))
        assert waits == [60, 120, 240]
        assert [health for _feed, health in await unwell_feeds(store=store, now=desk.now)] == ["failing"]
        desk.site.server.pages["/feed.xml"] = Reply(b"", 503, {"Retry-After": "90000"})
        await desk.poll(30)
        assert (await desk.current()).next_poll_at == desk.now + timedelta(seconds=90_000)
        desk.site.server.pages["/feed.xml"] = desk.site.answer
        await desk.poll(30)
        feed = await desk.current()
        assert (feed.failures, feed.trouble, health_of(feed, desk.now)) == (0, "", FeedHealth.FINE)


async def test_address_changes_after_its_server_has_said_so_three_times(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        server = desk.site.server
        desk.site.post("Ferry Sails")
        await desk.add()
        await desk.poll()
        server.pages["/new.xml"] = desk.site.answer
        server.pages["/feed.xml"] = Reply(status=301, headers={"Location": "/new.xml"})
        for _ in range(2):
            await desk.poll(30)
            assert (await desk.current()).url == desk.site.url
        await desk.poll(30)
        assert (await desk.current()).url == f"{server.url}/new.xml"


async def test_feed_that_is_gone_is_not_asked_again_until_a_person_says_so(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        feed = await desk.add()
        desk.site.server.pages["/feed.xml"] = Reply(b"", 410)
        polled = await desk.poll()
        assert polled.poll.outcome is PollOutcome.GONE
        assert (await desk.current()).next_poll_at is None
        assert (await desk.poller.poll_due(desk.now + timedelta(days=9))).asked == 0
        desk.site.server.pages["/feed.xml"] = desk.site.answer
        await poll_now(feed.id, store=store, now=desk.now)
        assert (await desk.poller.poll_due(desk.now)).asked == 1


async def test_page_is_asked_for_its_feed(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        page = b"""<html><link rel="alternate" title="Comments" type="application/rss+xml"
             href="/comments.xml">
            <link rel='alternate' type='application/rss+xml' href='feed.xml'></html>"""
        desk.site.server.pages["/"] = Reply(page, headers={"Content-Type": "text/html"})
        desk.feed = await add_feed(desk.site.server.url, FeedWish(), store=store, now=desk.now)
        polled = await desk.poll()
        assert (polled.poll.outcome, polled.feed.url) == (PollOutcome.READ, desk.site.url)
        assert polled.feed.title == "The Harbour Post"


async def test_site_that_names_no_feed_is_looked_at_where_most_have_one(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        desk.site.server.pages["/news"] = Reply(b"<html>News</html>")
        desk.feed = await add_feed(f"{desk.site.server.url}/news", FeedWish(), store=store, now=desk.now)
        assert (await desk.poll()).feed.url == desk.site.url


async def test_page_without_feed_says_so(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.server.pages = {"/": Reply(b"<html>Nothing</html>")}
        desk.feed = await add_feed(desk.site.server.url, FeedWish(), store=store, now=desk.now)
        polled = await desk.poll()
        assert polled.poll.outcome is PollOutcome.FAILED
        assert "no feed was found" in polled.poll.words


async def test_site_that_says_nothing_about_its_feed_is_not_waited_for_long(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(poll_feed, "_FIND_SECONDS", 0.2)
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.server.pages = {"/": Reply(b"<html>Nothing</html>"), "/feed": hang}
        desk.feed = await add_feed(desk.site.server.url, FeedWish(), store=store, now=desk.now)
        polled = await desk.poll()
        assert polled.poll.outcome is PollOutcome.FAILED
        assert "no feed was found in 0.2 seconds" in polled.poll.words


async def test_poll_that_finds_no_store_ends_those_that_are_under_way(sqlite_store: Database) -> None:
    asked = asyncio.Event()

    async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    class _Broken(Poller):
        async def poll(self, feed: Feed, now: datetime) -> Polled:
            if feed.id == 1:
                await asked.wait()
                raise StoreError("the store cannot be used")
            return await super().poll(feed, now)

    async with newsdesk(sqlite_store, TUESDAY) as desk, reaching() as reach:
        desk.site.server.pages["/slow"] = hang
        await add_feed("http://127.0.0.2/", FeedWish(), store=sqlite_store, now=TUESDAY)
        await add_feed(f"{desk.site.server.url}/slow", FeedWish(), store=sqlite_store, now=TUESDAY)
        room = ReadingRoom(1)
        before = asyncio.all_tasks()
        with pytest.raises(StoreError):
            await _Broken(store=sqlite_store, reach=reach, room=room, pause=0).poll_due(TUESDAY)
        ours = {one.get_name() for one in asyncio.all_tasks() - before if "_ask_host" in str(one.get_coro())}
        assert ours == set()
        # both are due again at once
        async with sqlite_store.read() as connection:
            assert [feed.next_poll_at for feed in await shelf.every(connection)] == [TUESDAY, TUESDAY]


async def test_removed_feed_leaves_its_briefings(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Ferry Sails")
        feed = await desk.add(settle_minutes=0)
        await desk.poll()
        await remove_feed(feed.id, store=store, now=desk.now)
        assert await desk.published() == ["Ferry Sails"]
        async with store.read() as connection:
            assert await shelf.every(connection) == ()


async def test_two_pollers_do_not_ask_the_same_feed(store: Database, second_store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk, reaching() as reach:
        desk.site.post("Ferry Sails")
        await desk.add(settle_minutes=0)
        room = ReadingRoom(1)
        other = Poller(store=second_store, reach=reach, room=room, pause=0)
        try:
            done = await asyncio.gather(desk.poller.poll_due(desk.now), other.poll_due(desk.now))
        finally:
            await room.close()
        assert sum(one.asked for one in done) == 1
        assert await desk.published() == ["Ferry Sails"]


async def test_hostile_and_slow_feeds_do_not_hold_up_the_others(sqlite_store: Database) -> None:
    """One host is silent, one feed is a bomb, one is no feed: the good one is read while they are at it."""
    silent = asyncio.Event()

    async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await silent.wait()

    room = ReadingRoom(1)
    async with (
        httpd("127.0.0.2") as slow,
        httpd("127.0.0.3") as bad,
        httpd("127.0.0.4") as good,
        reaching() as reach,
    ):
        slow.pages["/feed"] = hang
        bad.pages["/bomb"] = Reply(
            b'<!DOCTYPE l [<!ENTITY a "x">]><rss version="2.0"><channel>&a;</channel></rss>'
        )
        good.pages["/feed"] = Reply(rss(entry("1", "Ferry Sails")))
        for url in (
            f"http://127.0.0.2:{slow.port}/feed",
            f"http://127.0.0.3:{bad.port}/bomb",
            f"http://127.0.0.4:{good.port}/feed",
        ):
            await add_feed(url, FeedWish(settle_minutes=0), store=sqlite_store, now=TUESDAY)
        poller = Poller(store=sqlite_store, reach=reach, room=room, pause=0)
        round_ = asyncio.create_task(poller.poll_due(TUESDAY))
        for _ in range(200):
            async with sqlite_store.read() as connection:
                found = await shelf.every(connection)
            if found[2].begun_at and found[1].failures:
                break
            await asyncio.sleep(0.05)
        assert [bool(feed.begun_at) for feed in found] == [False, False, True]
        assert "declares entities" in found[1].trouble
        assert not round_.done()
        silent.set()
        assert (await round_).failed == 2
    await room.close()
