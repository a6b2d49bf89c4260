"""What leaves a feed is noted once, and forgotten long after: what is still there is never taken twice.

A day last seen would be written for every entry every day. Nothing is written about what stays; so an answer
that nothing has changed needs no writing either, and yet is worth as much as a look.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.feeding import Feed, forgotten_before
from digest.store import feed_items
from digest.store import feeds as shelf
from digest.store.database import Database

if TYPE_CHECKING:
    from digest.ingest.feeds import FeedRead

#: In one transaction: others write too.
TOGETHER: Final = 1000


async def note_leaving(connection: AsyncConnection, feed: Feed, read: FeedRead, now: datetime) -> None:
    """Say of what is there no more that it left today, and of what is back that it is there.

    Entries that come with this poll are written down afterwards.
    """
    # what is refused today is there all the same, under the same name
    keys = {item.guid_key for item in read.items} | {one.key for one in read.refused if one.key}
    there = await feed_items.places_of(connection, feed.id, keys)
    await feed_items.note_left(connection, [id_ for id_, left in there.items() if left is not None], None)
    if read.is_whole:
        gone = await feed_items.present(connection, feed.id) - there.keys()
        await feed_items.note_left(connection, sorted(gone), now.date())


async def forget_left(store: Database) -> int:
    """Forget entries that left their feed long ago, and were not there when it was looked at last; how many.

    Safe to repeat, and to end half-way.
    """
    async with store.read() as connection:
        feeds = await shelf.every(connection)
    done = 0
    for feed in feeds:
        before = forgotten_before(feed)
        while before is not None:
            async with store.write() as connection:
                some = await feed_items.forget(connection, feed.id, before, TOGETHER)
            done += some
            if some < TOGETHER:
                break
    return done
