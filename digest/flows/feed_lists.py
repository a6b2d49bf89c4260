"""A list of feeds is added, feed by feed, and the feeds there are become such a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.core.access import PROGRAM, Actor
from digest.core.model import Rejected
from digest.errors import InputError
from digest.flows.edit_feeds import FeedWish, add_feed, feed_address
from digest.ingest.opml import Outline
from digest.store import feeds as shelf
from digest.store.database import Database


@dataclass(frozen=True, slots=True)
class ListTaken:
    """What became of the feeds of a list."""

    #: ids of those that are new
    added: tuple[int, ...]
    #: how many were polled already
    known: int
    rejected: tuple[Rejected, ...]


async def add_feeds(
    outlines: Iterable[Outline],
    wish: FeedWish,
    *,
    source: str,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
) -> ListTaken:
    """Add those that are not there yet, to be asked at once; `source` names the list in refusals.

    Raises InputError when the wish itself cannot be.
    """
    added: list[int] = []
    rejected: list[Rejected] = []
    known = 0
    for one in outlines:
        try:
            url = feed_address(one.url)
        except InputError as error:
            rejected.append(Rejected(source, one.line, str(error)))
            continue
        async with store.read() as connection:
            there = await shelf.by_url(connection, url)
        if there is not None:
            known += 1
            continue
        feed = await add_feed(url, wish, store=store, now=now, by=by, title=one.title)
        added.append(feed.id)
    return ListTaken(tuple(added), known, tuple(rejected))


async def listed_feeds(*, store: Database) -> tuple[Outline, ...]:
    """Every feed, as it stands in a list."""
    async with store.read() as connection:
        return tuple(Outline(feed.url, feed.name) for feed in await shelf.every(connection))
