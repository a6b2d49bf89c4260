"""A site with a feed on the loopback, and a poller that asks it: what changes, and what is seen of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from digest.core.feeding import Feed
from digest.core.model import Briefing
from digest.flows.edit_briefing import publish_due
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.flows.poll import Poller
from digest.flows.poll_feed import Polled
from digest.ingest.feed_room import ReadingRoom
from digest.store import briefings
from digest.store import feeds as shelf
from digest.store.database import Database
from tests.ingest.feed_samples import entry, rss
from tests.reach.httpd import Asked, Httpd, Reply, httpd, reaching


@dataclass(slots=True)
class Site:
    """A site whose feed can be changed."""

    server: Httpd
    #: entries as XML, the newest first
    entries: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.server.url}/feed.xml"

    def post(self, *titles: str) -> None:
        """Put entries on top, the last one topmost."""
        for title in titles:
            self.entries.insert(0, entry(title.lower().replace(" ", "-"), title))

    def answer(self, asked: Asked) -> Reply:
        """The feed as it stands, or that it is as it was."""
        tag = f'"{hash(tuple(self.entries))}"'
        if asked.headers.get("if-none-match") == tag:
            return Reply(status=304)
        return Reply(rss(*self.entries), headers={"ETag": tag, "Content-Type": "text/xml"} | self.headers)


@dataclass(slots=True)
class Desk:
    """Who asks the feed, and looks at what came in."""

    store: Database
    poller_of: Callable[[Database], Poller]
    site: Site
    now: datetime
    feed: Feed | None = None
    poller: Poller = field(init=False)

    def __post_init__(self) -> None:
        self.go_on_in(self.store)

    def go_on_in(self, store: Database) -> None:
        """Ask for another store from now on."""
        self.store, self.poller = store, self.poller_of(store)

    async def add(self, **wish: object) -> Feed:
        """Add the site's feed."""
        self.feed = await add_feed(self.site.url, FeedWish(**wish), store=self.store, now=self.now)  # type: ignore[arg-type]
        return self.feed

    async def poll(self, minutes: float = 0) -> Polled:
        """Ask the feed, so much later; what has settled comes out after it."""
        self.now += timedelta(minutes=minutes)
        polled = await self.poller.poll(await self.current(), self.now)
        await publish_due(store=self.store, now=self.now)
        return polled

    async def current(self) -> Feed:
        """The feed as it is now."""
        assert self.feed is not None
        async with self.store.read() as connection:
            found = await shelf.by_id(connection, self.feed.id)
        assert found is not None
        return found

    async def briefings(self) -> tuple[Briefing, ...]:
        """All there are."""
        async with self.store.read() as connection:
            return await briefings.page(connection)

    async def published(self) -> list[str]:
        """The titles of what came out, by number."""
        out = [one for one in await self.briefings() if one.number is not None]
        return [one.title for one in sorted(out, key=lambda one: one.number or 0)]


@asynccontextmanager
async def newsdesk(store: Database, now: datetime) -> AsyncIterator[Desk]:
    """A site without entries and a poller without pauses."""
    room = ReadingRoom(1)
    try:
        async with httpd() as server, reaching() as reach:
            site = Site(server)
            server.pages["/feed.xml"] = site.answer
            poller_of = partial(Poller, reach=reach, room=room, pause=0, chance=lambda: 0.5)
            yield Desk(store, lambda store: poller_of(store=store), site, now)
    finally:
        await room.close()
