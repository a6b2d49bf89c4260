"""A feed as command, desk and API show it: what it is, how it is, how its polls went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.feeding import GAP_SHOWN, Feed, FeedHealth, health_of
from digest.flows.edit_feeds import feed_named
from digest.store import feeds as shelf
from digest.store.database import Database
from digest.store.feeds import Poll, Refusal

#: What a person should look at.
UNWELL = (FeedHealth.GONE, FeedHealth.FAILING, FeedHealth.GAP, FeedHealth.SILENT)


class FeedSheet(Struct, frozen=True):
    """Everything about one feed."""

    feed: Feed
    health: FeedHealth
    polls: tuple[Poll, ...]
    refusals: tuple[Refusal, ...]
    #: entries by what became of them
    items: dict[str, int]


async def feed_sheet(feed_id: int, *, store: Database, now: datetime) -> FeedSheet:
    """Look a feed up; raises NotFoundError."""
    async with store.read() as connection:
        feed = await feed_named(connection, feed_id)
        return FeedSheet(
            feed,
            health_of(feed, now),
            await shelf.polls_of(connection, feed_id),
            await shelf.refusals_of(connection, feed_id),
            await shelf.items_by_state(connection, feed_id),
        )


async def unwell_feeds(*, store: Database, now: datetime) -> tuple[tuple[Feed, FeedHealth], ...]:
    """The feeds that a person should look at, and what is the matter."""
    async with store.read() as connection:
        return await unwell_among(connection, now)


async def unwell_among(connection: AsyncConnection, now: datetime) -> tuple[tuple[Feed, FeedHealth], ...]:
    """The same, in a look at other things too."""
    found = await shelf.noteworthy(connection, now - GAP_SHOWN)
    judged = [(feed, health_of(feed, now)) for feed in found]
    return tuple((feed, health) for feed, health in judged if health in UNWELL)


def feed_shown(feed: Feed, now: datetime) -> dict[str, Any]:
    """A feed as a line of a listing."""
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "source": feed.source or None,
        "kind": feed.kind or None,
        "section": feed.section,
        "topics": list(feed.topics),
        "every_minutes": feed.every_minutes,
        "settle_minutes": feed.settle_minutes,
        "take": feed.take,
        "health": health_of(feed, now),
        "trouble": feed.trouble or None,
        "failures": feed.failures,
        "polled_at": feed.polled_at,
        "next_poll_at": feed.next_poll_at,
        "newest_at": feed.newest_at,
        "moved_to": feed.moved_to,
        "gone_at": feed.gone_at,
        "gap_at": feed.gap_at,
    }


def sheet_shown(sheet: FeedSheet, now: datetime) -> dict[str, Any]:
    """A feed with its last polls and refusals."""
    return feed_shown(sheet.feed, now) | {
        "items": sheet.items,
        "polls": [poll_shown(one) for one in sheet.polls],
        "refusals": [
            {
                "line": one.line,
                "label": one.label,
                "reason": one.reason,
                "times": one.times,
                "first_at": one.first_at,
                "last_at": one.last_at,
            }
            for one in sheet.refusals
        ],
    }


def poll_shown(poll: Poll) -> dict[str, Any]:
    """How a poll went."""
    return {
        "at": poll.at,
        "outcome": poll.outcome,
        "status": poll.status or None,
        "added": poll.added,
        "updated": poll.updated,
        "unchanged": poll.unchanged,
        "refused": poll.refused,
        "words": poll.words or None,
    }
