"""What people do with feeds: add, change, ask now and remove them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.feeding import Feed
from digest.core.lines import cut_line
from digest.errors import InputError, missing
from digest.ingest.topics import TopicRules
from digest.reach.answers import ReachError
from digest.reach.places import place_of
from digest.store import feeds as shelf
from digest.store import topics
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers.model import Section

#: How often a feed is asked, in minutes: not so often that it annoys, nor so seldom that it is no news.
EVERY: Final = range(5, 7 * 24 * 60 + 1)
#: How long items settle, in minutes; 0 publishes at once.
SETTLE: Final = range(24 * 60 + 1)
#: How many items of the first poll are published.
TAKE: Final = range(1_001)
EVERY_DEFAULT: Final = 30
SETTLE_DEFAULT: Final = 10
TAKE_DEFAULT: Final = 10
_SOURCE_LIMIT: Final = 200
#: Of a feed that is never written down.
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PolledAlreadyError(InputError):
    """The address is that of a feed which is polled already."""


class FeedWish(Struct, frozen=True):
    """How a feed shall be; None takes the default for a new one, and leaves an old one as it is."""

    #: empty: the feed's own title
    source: str | None = None
    section: Section | None = None
    topics: tuple[str, ...] | None = None
    every_minutes: int | None = None
    settle_minutes: int | None = None
    take: int | None = None
    url: str | None = None


@done_again
async def add_feed(
    url: str, wish: FeedWish, *, store: Database, now: datetime, by: Actor = PROGRAM, title: str = ""
) -> Feed:
    """Add a feed, to be asked at once; when a page stands at the address, the first poll finds its feed."""
    new = _with(wish, replace(_plain(now), url=feed_address(url), title=cut_line(title, 200)))
    async with store.write() as connection:
        new = replace(new, topics=await _slugs(connection, new.topics))
        await _require_free(connection, new.url)
        feed = replace(new, id=await shelf.add(connection, new))
        await note_change(connection, by, "feed.add", feed.id, now, after=_told(feed))
    return feed


@done_again
async def edit_feed(
    feed_id: int, wish: FeedWish, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Feed:
    """Change a feed; at another address it is asked anew, and what was seen stays known."""
    async with store.write() as connection:
        before = await feed_named(connection, feed_id, alone=True)
        after = _with(wish, before)
        if wish.url is not None and (url := feed_address(wish.url)) != before.url:
            await _require_free(connection, url)
            fresh: dict[str, Any] = {"etag": None, "last_modified": None, "body_key": "", "trouble": ""}
            nothing: dict[str, Any] = {"moved_to": None, "moved_seen": 0, "gone_at": None, "failures": 0}
            after = replace(after, url=url, next_poll_at=now, **fresh, **nothing)
        if wish.topics is not None:
            after = replace(after, topics=await _slugs(connection, after.topics))
        if wish.every_minutes is not None and after.next_poll_at is not None and before.polled_at is not None:
            after = replace(after, next_poll_at=min(after.next_poll_at, before.polled_at + after.every))
        if after != before:
            changed = {name: getattr(after, name) for name in Feed.__struct_fields__ if name != "id"}
            await shelf.save(connection, feed_id, **changed)
            await note_change(
                connection, by, "feed.edit", feed_id, now, before=_told(before), after=_told(after)
            )
        return after


@done_again
async def poll_now(feed_id: int, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Feed:
    """Have the scheduler ask a feed as soon as it looks; one that was gone is given another chance."""
    async with store.write() as connection:
        feed = await feed_named(connection, feed_id, alone=True)
        await shelf.save(connection, feed_id, next_poll_at=now, gone_at=None)
        await note_change(connection, by, "feed.poll", feed_id, now)
        return replace(feed, next_poll_at=now, gone_at=None)


@done_again
async def remove_feed(feed_id: int, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Feed:
    """Remove a feed; its briefings stay, and what still settles comes out at its time."""
    async with store.write() as connection:
        feed = await feed_named(connection, feed_id, alone=True)
        await shelf.remove(connection, feed_id)
        await note_change(connection, by, "feed.remove", feed_id, now, before=_told(feed))
        return feed


async def feed_named(connection: AsyncConnection, feed_id: int, *, alone: bool = False) -> Feed:
    """The feed of an id; raises NotFoundError."""
    found = await shelf.by_id(connection, feed_id, alone=alone)
    if found is None:
        raise missing(f"feed {feed_id}", "feeds list")
    return found


def feed_address(url: str) -> str:
    """A well made address of the web, as it is kept; raises InputError."""
    text = url.strip()
    if text and "://" not in text.partition("?")[0]:
        # people write news.example/feed
        text = f"https://{text.removeprefix('feed:')}"
    try:
        return place_of(text.replace("feed://", "https://", 1)).url
    except ReachError as error:
        raise InputError(str(error)) from None


async def require_possible(connection: AsyncConnection, wish: FeedWish) -> None:
    """Raise InputError for what no feed can be like."""
    possible = _with(wish, _plain(_EPOCH))
    await _slugs(connection, possible.topics)


def _plain(now: datetime) -> Feed:
    """A new feed of which nothing was said yet."""
    return Feed(
        id=0,
        url="",
        title="",
        source="",
        section=Section.BRIEFING,
        topics=(),
        every_minutes=EVERY_DEFAULT,
        settle_minutes=SETTLE_DEFAULT,
        take=TAKE_DEFAULT,
        added_at=now,
        next_poll_at=now,
    )


def _with(wish: FeedWish, feed: Feed) -> Feed:
    for name, bounds in (("every_minutes", EVERY), ("settle_minutes", SETTLE), ("take", TAKE)):
        value = getattr(wish, name)
        if value is not None and value not in bounds:
            what = name.removesuffix("_minutes")
            raise InputError(f"{what} {value} is out of bounds: say {bounds.start} to {bounds.stop - 1}")
    if wish.source is not None and len(wish.source) > _SOURCE_LIMIT:
        raise InputError(f"source has more than {_SOURCE_LIMIT} signs")
    names = ("source", "section", "topics", "every_minutes", "settle_minutes", "take")
    said = {name: getattr(wish, name) for name in names}
    return replace(feed, **{name: value for name, value in said.items() if value is not None})


async def _slugs(connection: AsyncConnection, names: tuple[str, ...]) -> tuple[str, ...]:
    """Topics by their slugs, as the desk ticks them; other names of theirs are taken, too."""
    rules = TopicRules(await topics.every(connection))
    return tuple(dict.fromkeys(rules.slug_of(name) for name in names))


async def _require_free(connection: AsyncConnection, url: str) -> None:
    known = await shelf.by_url(connection, url)
    if known is not None:
        raise PolledAlreadyError(f"{url} is polled already: it is feed {known.id}, {known.name}")


def _told(feed: Feed) -> dict[str, Any]:
    """What the log of changes keeps."""
    return {
        "url": feed.url,
        "source": feed.source,
        "section": feed.section.value,
        "topics": ", ".join(feed.topics),
        "every_minutes": feed.every_minutes,
        "settle_minutes": feed.settle_minutes,
        "take": feed.take,
    }
