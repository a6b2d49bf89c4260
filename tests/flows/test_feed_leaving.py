"""What left its feed long ago is forgotten; what is there still, or may be, is known and not taken again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Final

import pytest
from sqlalchemy import event, select

from digest.core.feeding import ENTRIES_KEPT, PollOutcome
from digest.flows import feed_leaving
from digest.flows.tidy import tidy
from digest.ingest.feeds import FeedRead, read_feed
from digest.store.database import Database
from digest.store.feed_tables import feed_items
from tests.flows.feeding import Desk, newsdesk
from tests.flows.newsroom import TUESDAY
from tests.ingest.feed_samples import entry, rss

pytestmark = pytest.mark.anyio

DAY: Final = 24 * 60
SEASON: Final = ENTRIES_KEPT.days * DAY
_EVERY: Final = ("ferry", "bridge", "library", "market")
#: By the key under which each is kept.
NAMES: Final = {read_feed(rss(entry(name, name)), source="it").items[0].guid_key: name for name in _EVERY}


@asynccontextmanager
async def desk_with(store: Database, *titles: str) -> AsyncIterator[Desk]:
    """A feed with these entries, which was read for the first time."""
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post(*titles)
        await desk.add(settle_minutes=0)
        await desk.poll()
        yield desk


async def known(desk: Desk) -> dict[str, date | None]:
    """The names of what is known, after a tidying, with the days on which entries left."""
    await tidy(store=desk.store, now=desk.now, keep_unconfirmed=timedelta(days=30))
    async with desk.store.read() as connection:
        query = select(feed_items.c.guid_key, feed_items.c.left_on).order_by(feed_items.c.id)
        found = {row.guid_key: row.left_on for row in await connection.execute(query)}
    return {NAMES[key]: left for key, left in found.items()}


async def test_what_left_long_ago_is_forgotten_and_what_stays_is_not(store: Database) -> None:
    async with desk_with(store, "Ferry", "Bridge") as desk:
        left = (desk.now + timedelta(days=1)).date()
        del desk.site.entries[1]
        await desk.poll(DAY)
        assert await known(desk) == {"ferry": left, "bridge": None}
        await desk.poll(SEASON)
        assert await known(desk) == {"ferry": left, "bridge": None}
        assert (await desk.poll(DAY)).poll.outcome is PollOutcome.UNCHANGED
        assert await known(desk) == {"bridge": None}
        desk.site.post("Library")
        polled = await desk.poll(DAY)
        assert (polled.poll.added, polled.poll.unchanged) == (1, 1)
        assert await desk.published() == ["Ferry", "Bridge", "Library"]


async def test_what_stood_in_a_feed_that_never_changed_left_only_when_it_changed(store: Database) -> None:
    async with desk_with(store, "Ferry", "Bridge") as desk:
        for _season in range(3):
            assert (await desk.poll(SEASON)).poll.outcome is PollOutcome.UNCHANGED
        kept = desk.site.entries.pop()
        await desk.poll(DAY)
        assert await known(desk) == {"ferry": desk.now.date(), "bridge": None}
        desk.site.entries.append(kept)
        polled = await desk.poll(DAY)
        assert (polled.poll.added, polled.poll.updated, polled.poll.unchanged) == (0, 0, 2)
        assert await known(desk) == {"ferry": None, "bridge": None}


async def test_what_is_refused_for_a_season_has_not_left(store: Database) -> None:
    async with desk_with(store, "Ferry", "Bridge") as desk:
        whole = desk.site.entries.pop()
        desk.site.entries.append(entry("ferry", "", "<p> </p>"))
        for title in ("Library", "Market"):
            desk.site.post(title)
            assert (await desk.poll(SEASON + DAY)).poll.refused == 1
            assert (await known(desk))["ferry"] is None
        desk.site.entries[-1] = whole
        polled = await desk.poll(DAY)
        assert (polled.poll.added, polled.poll.updated) == (0, 0)
        assert (await known(desk))["ferry"] is None


async def test_nothing_is_forgotten_while_its_feed_is_out_of_reach(store: Database) -> None:
    async with desk_with(store, "Ferry", "Bridge") as desk:
        kept = desk.site.entries.pop()
        await desk.poll(DAY)
        answer = desk.site.server.pages.pop("/feed.xml")
        assert (await desk.poll(2 * SEASON)).poll.outcome is PollOutcome.FAILED
        assert set(await known(desk)) == {"ferry", "bridge"}
        desk.site.server.pages["/feed.xml"] = answer
        desk.site.entries.append(kept)
        polled = await desk.poll(DAY)
        assert (polled.poll.added, polled.poll.updated, polled.poll.unchanged) == (0, 0, 2)


async def test_what_vanished_before_its_time_is_known_as_long_as_its_draft_waits(store: Database) -> None:
    async with newsdesk(store, TUESDAY) as desk:
        desk.site.post("Bridge")
        await desk.add(take=0)
        await desk.poll()
        desk.site.post("Ferry")
        await desk.poll(DAY)
        waits = desk.site.entries.pop(0)
        await desk.poll(1)
        await desk.poll(2 * SEASON)
        assert set(await known(desk)) == {"ferry", "bridge"}
        desk.site.entries.insert(0, waits)
        await desk.poll(DAY)
        await desk.poll(30)
        assert await desk.published() == ["Ferry"]


async def test_a_feed_that_is_not_read_to_its_end_says_nothing_of_what_left(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_with(store, "Ferry", "Bridge") as desk:
        monkeypatch.setattr(FeedRead, "is_whole", False)
        desk.site.entries.pop()
        await desk.poll(DAY)
        assert await known(desk) == {"ferry": None, "bridge": None}


def test_a_feed_with_more_entries_than_are_looked_at_is_not_whole() -> None:
    read = read_feed(b"<rss><channel>" + b"<item><title>a</title></item>" * 5001, source="it")
    assert not read.is_whole
    assert read_feed(b"<rss><channel>" + b"<item><title>a</title></item>" * 9, source="it").is_whole


async def test_a_look_at_what_stays_writes_nothing_of_it(store: Database) -> None:
    said: list[str] = []

    def listen(*call: object) -> None:
        said.append(str(call[2]))

    async with desk_with(store, "Ferry", "Bridge", "Library", "Market") as desk:
        event.listen(store.engine.sync_engine, "before_cursor_execute", listen)
        await desk.poll(30)
        # the same entries in another order are read again
        desk.site.entries.reverse()
        assert (await desk.poll(DAY)).poll.outcome is PollOutcome.READ
    written = [one for one in said if "feed_items" in one and one.split()[0] in {"INSERT", "DELETE"}]
    assert not written
    updates = [one for one in said if one.startswith("UPDATE feed_items")]
    # whether what waits has settled is asked at each poll, by changing it
    assert all("settles_at <=" in one for one in updates)
    assert said


async def test_thousands_are_forgotten_piece_by_piece(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_leaving, "TOGETHER", 2)
    async with desk_with(store, *map(str.title, NAMES.values())) as desk:
        del desk.site.entries[1:]
        await desk.poll(DAY)
        await desk.poll(SEASON + DAY)
        assert await feed_leaving.forget_left(store) == 3
        assert set(await known(desk)) == {"market"}
