"""One feed is asked, and what it answers is written down: one poll, whatever it brings."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest import tracing
from digest.core.access import PROGRAM
from digest.core.feeding import (
    Feed,
    PollOutcome,
    move_seen,
    next_after_answer,
    next_after_failure,
    retry_after,
    rhythm_of,
)
from digest.errors import InputError
from digest.flows.feed_taking import FeedTaken, take_feed
from digest.flows.find_feed import ACCEPT, feed_of
from digest.ingest.feed_room import ReadingRoom
from digest.ingest.feeds import FeedRead
from digest.reach.answers import Answer, ReachError, Trouble
from digest.reach.client import Reach
from digest.store import feed_items
from digest.store import feeds as shelf
from digest.store.changes import note_change
from digest.store.database import Database
from digest.store.feeds import Poll

#: How long the feed of a page is looked for, in seconds: the next round of polls waits for this one.
_FIND_SECONDS: Final = 60.0
#: What servers say of a feed that is still as it was, and of one that is no more.
_NOT_MODIFIED: Final = 304
_GONE: Final = 410


class Polled(Struct, frozen=True):
    """What came of a poll."""

    feed: Feed
    poll: Poll
    #: the server was not there at all, so that its other feeds need not be asked now
    is_away: bool = False


class _Heard(Struct, frozen=True):
    """What a feed's server said, before anything is written."""

    answer: Answer | None = None
    #: None when there is nothing new to read
    read: FeedRead | None = None
    #: where the feed was found, when the address given was that of a page
    found_at: str | None = None
    trouble: str = ""
    is_away: bool = False


async def poll_feed(
    feed: Feed,
    *,
    store: Database,
    reach: Reach,
    room: ReadingRoom,
    now: datetime,
    chance: Callable[[], float],
) -> Polled:
    """Ask a feed and take what is new; whatever it does is an outcome, never an exception."""
    with tracing.span("ask a feed", feed=feed.id) as span:
        heard = await _ask(feed, reach, room)
        span.tell(status=0 if heard.answer is None else heard.answer.status, is_read=not heard.trouble)
    async with store.write() as connection:
        current = await shelf.by_id(connection, feed.id, alone=True)
        if current is None:
            # it was removed while it was asked
            return Polled(feed, Poll(now, PollOutcome.FAILED, words="the feed was removed"))
        if current.url != feed.url:
            # so was its address: what the old one said is of no use
            return Polled(current, Poll(now, PollOutcome.FAILED, words="its address was changed meanwhile"))
        values, poll = await _written(connection, current, heard, now, chance())
        await shelf.save(connection, feed.id, polled_at=now, **values)
        await shelf.note_poll(connection, feed.id, poll)
        after = await shelf.by_id(connection, feed.id)
    assert after is not None
    return Polled(after, poll, heard.is_away)


async def _ask(feed: Feed, reach: Reach, room: ReadingRoom) -> _Heard:
    headers = {"Accept": ACCEPT}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
    if feed.last_modified:
        headers["If-Modified-Since"] = feed.last_modified
    try:
        answer = await reach.get(feed.url, headers=headers)
    except ReachError as error:
        away = error.trouble in {Trouble.BROKEN, Trouble.TOO_SLOW, Trouble.UNKNOWN_NAME}
        return _Heard(trouble=str(error), is_away=away)
    if answer.status == _NOT_MODIFIED or (answer.status == 200 and _key(answer.body) == feed.body_key):
        return _Heard(answer)
    if answer.status == _GONE:
        return _Heard(answer, trouble="the server says that the feed is gone for good (410)")
    if not 200 <= answer.status < 300:
        return _Heard(answer, trouble=f"the server answers with {answer.status}")
    try:
        if feed.begun_at is None:
            # whoever added it may have given the address of a page
            async with asyncio.timeout(_FIND_SECONDS):
                found = await feed_of(feed.url, answer, reach=reach, room=room)
            return _Heard(found.answer, found.read, found.url)
        kind = answer.headers.get("content-type", "")
        return _Heard(
            answer, await room.read(answer.body, content_type=kind, url=answer.url, source=feed.url)
        )
    except TimeoutError:
        words = f"no feed was found in {_FIND_SECONDS:g} seconds: give the address of the feed itself"
        return _Heard(answer, trouble=words)
    except InputError as error:
        return _Heard(answer, trouble=str(error))


async def _written(
    connection: AsyncConnection, feed: Feed, heard: _Heard, now: datetime, chance: float
) -> tuple[dict[str, Any], Poll]:
    """What is to be kept of it, and how the poll went."""
    status = 0 if heard.answer is None else heard.answer.status
    if status == _GONE:
        await note_change(connection, PROGRAM, "feed.gone", feed.id, now, after={"url": feed.url})
        values: dict[str, Any] = {"gone_at": now, "next_poll_at": None, "trouble": heard.trouble}
        return values, Poll(now, PollOutcome.GONE, status, words=heard.trouble)
    if heard.trouble or heard.answer is None:
        return _failed(feed, heard, now, chance), Poll(now, PollOutcome.FAILED, status, words=heard.trouble)
    values = {"failures": 0, "trouble": ""}
    values |= await _moved(connection, feed, heard.answer, now)
    if heard.read is None:
        settles_at = await feed_items.settle(connection, feed.id, now)
        values["next_poll_at"] = next_after_answer(feed, now, settles_at, chance)
        return values, Poll(now, PollOutcome.UNCHANGED, status)
    values |= await _found(connection, feed, heard, now)
    taken = await take_feed(connection, feed, heard.read, now)
    await shelf.note_refusals(connection, feed.id, taken.refused, now)
    settles_at = await feed_items.settle(connection, feed.id, now)
    values |= _read(feed, heard.answer, heard.read, taken, now)
    values["next_poll_at"] = next_after_answer(feed, now, settles_at, chance)
    refused = len(taken.refused)
    words = "every entry was new: some may have been lost" if taken.has_gap else ""
    return values, Poll(
        now, PollOutcome.READ, status, taken.added, taken.updated, taken.unchanged, refused, words
    )


def _failed(feed: Feed, heard: _Heard, now: datetime, chance: float) -> dict[str, Any]:
    failures = feed.failures + 1
    header = "" if heard.answer is None else heard.answer.headers.get("retry-after", "")
    away = retry_after(header, now) if header else None
    return {
        "failures": failures,
        "trouble": heard.trouble[:1000],
        "next_poll_at": next_after_failure(feed, now, failures, away, chance),
    }


def _read(feed: Feed, answer: Answer, read: FeedRead, taken: FeedTaken, now: datetime) -> dict[str, Any]:
    published = [item.published for item in read.items if item.published is not None]
    newest = feed.newest_at
    if feed.begun_at is None:
        newest = max((one for one in published if one <= now), default=now)
    elif taken.new:
        newest = now
    return {
        "title": read.title[:200],
        "kind": read.kind[:20],
        "link": read.link,
        "etag": answer.headers.get("etag"),
        "last_modified": answer.headers.get("last-modified"),
        "body_key": _key(answer.body),
        "begun_at": feed.begun_at or now,
        "gap_at": now if taken.has_gap else feed.gap_at,
        "newest_at": newest,
        "rhythm_minutes": rhythm_of(published) or feed.rhythm_minutes,
    }


async def _moved(connection: AsyncConnection, feed: Feed, answer: Answer, now: datetime) -> dict[str, Any]:
    url, moved_to, seen = move_seen(feed, answer.moved_to)
    if url != feed.url:
        if await shelf.by_url(connection, url) is not None:
            # two feeds have become one: a person decides which of them goes
            return {"moved_to": answer.moved_to, "moved_seen": feed.moved_seen}
        await note_change(
            connection, PROGRAM, "feed.move", feed.id, now, before={"url": feed.url}, after={"url": url}
        )
    return {"url": url, "moved_to": moved_to, "moved_seen": seen}


async def _found(connection: AsyncConnection, feed: Feed, heard: _Heard, now: datetime) -> dict[str, Any]:
    """The address of the feed that a page named, unless it is polled already."""
    if heard.found_at in {None, feed.url} or feed.begun_at is not None:
        return {}
    assert heard.found_at is not None
    if await shelf.by_url(connection, heard.found_at) is not None:
        return {}
    before, after = {"url": feed.url}, {"url": heard.found_at}
    await note_change(connection, PROGRAM, "feed.find", feed.id, now, before=before, after=after)
    return {"url": heard.found_at, "moved_to": None, "moved_seen": 0}


def _key(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()
