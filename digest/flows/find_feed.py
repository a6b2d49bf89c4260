"""An address that somebody gave becomes the feed that stands there, or the one that the page there names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from digest.errors import InputError
from digest.ingest.feed_pages import feeds_named_in, usual_places
from digest.ingest.feed_room import ReadingRoom
from digest.ingest.feeds import FeedRead, looks_like_feed
from digest.reach.answers import Answer, Bounds, ReachError
from digest.reach.client import Reach

#: What is asked for: what we read best comes first.
ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "application/json;q=0.8, text/html;q=0.7, */*;q=0.5"
)


class Found(Struct, frozen=True):
    """A feed, and where it is."""

    url: str
    answer: Answer
    read: FeedRead


async def find_feed(url: str, *, reach: Reach, room: ReadingRoom, bounds: Bounds | None = None) -> Found:
    """Go there and look; raises InputError when there is no feed to be found.

    The address of a feed is taken as it was given, unless its server says that it has moved for good.
    """
    answer = await _got(url, reach, bounds)
    return await feed_of(url, answer, reach=reach, room=room, bounds=bounds)


async def fetched(url: str, *, reach: Reach) -> bytes:
    """What stands at an address; raises InputError when it cannot be had."""
    return (await _got(url, reach, None)).body


async def _got(url: str, reach: Reach, bounds: Bounds | None) -> Answer:
    try:
        answer = await reach.get(url, headers={"Accept": ACCEPT}, bounds=bounds)
    except ReachError as error:
        raise InputError(str(error)) from None
    if not 200 <= answer.status < 300:
        raise InputError(f"{url} answers with {answer.status}: check the address")
    return answer


async def feed_of(
    url: str, answer: Answer, *, reach: Reach, room: ReadingRoom, bounds: Bounds | None = None
) -> Found:
    """The feed of what was answered at `url`: itself, or one that the page names; raises InputError."""
    if looks_like_feed(answer.body):
        return await _read(answer.moved_to or url, answer, room)
    named = feeds_named_in(answer.body, answer.url)
    for places in (named, usual_places(answer.url)):
        found = await _first(places, reach, room, bounds)
        if found is not None:
            return found
    raise InputError(f"no feed was found at {url}: give the address of the feed itself")


async def _first(
    places: Iterable[str], reach: Reach, room: ReadingRoom, bounds: Bounds | None
) -> Found | None:
    for place in places:
        try:
            answer = await reach.get(place, headers={"Accept": ACCEPT}, bounds=bounds)
            if answer.status == 200 and looks_like_feed(answer.body):
                return await _read(answer.moved_to or place, answer, room)
        except (ReachError, InputError):
            continue
    return None


async def _read(url: str, answer: Answer, room: ReadingRoom) -> Found:
    content_type = answer.headers.get("content-type", "")
    read = await room.read(answer.body, content_type=content_type, url=answer.url, source=url)
    return Found(url, answer, read)
