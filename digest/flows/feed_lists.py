"""A list of feeds is looked at, and added feed by feed; and the feeds there are become such a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from digest.core.access import PROGRAM, Actor
from digest.core.model import Rejected
from digest.errors import InputError
from digest.flows.edit_feeds import FeedWish, PolledAlreadyError, add_feed, feed_address, require_possible
from digest.ingest.opml import Outline
from digest.store import feeds as shelf
from digest.store.database import Database


class ListSeen(Struct, frozen=True):
    """What would become of the feeds of a list; addresses as they would be kept."""

    new: tuple[Outline, ...]
    #: polled already, or standing further up in the list
    known: tuple[Outline, ...]
    rejected: tuple[Rejected, ...]


class ListTaken(Struct, frozen=True):
    """What became of the feeds of a list."""

    #: ids of those that are new
    added: tuple[int, ...]
    #: how many were polled already
    known: int
    rejected: tuple[Rejected, ...]


async def look_at_feeds(
    outlines: Iterable[Outline], wish: FeedWish, *, source: str, store: Database
) -> ListSeen:
    """Tell which feeds of a list are new; nothing is changed. `source` names the list in refusals.

    Raises InputError when the wish itself cannot be.
    """
    async with store.read() as connection:
        await require_possible(connection, wish)
        there = {feed.url for feed in await shelf.every(connection)}
    new: list[Outline] = []
    known: list[Outline] = []
    rejected: list[Rejected] = []
    for one in outlines:
        try:
            found = replace(one, url=feed_address(one.url))
        except InputError as error:
            rejected.append(Rejected(source, one.line, str(error)))
            continue
        (known if found.url in there else new).append(found)
        there.add(found.url)
    return ListSeen(tuple(new), tuple(known), tuple(rejected))


async def add_feeds(
    outlines: Iterable[Outline],
    wish: FeedWish,
    *,
    source: str,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
) -> ListTaken:
    """Add those that are not there yet, to be asked at once; see `look_at_feeds`."""
    seen = await look_at_feeds(outlines, wish, source=source, store=store)
    added: list[int] = []
    known = len(seen.known)
    for one in seen.new:
        try:
            feed = await add_feed(one.url, wish, store=store, now=now, by=by, title=one.title)
        except PolledAlreadyError:
            # somebody else was faster
            known += 1
        else:
            added.append(feed.id)
    return ListTaken(tuple(added), known, seen.rejected)


async def listed_feeds(*, store: Database) -> tuple[Outline, ...]:
    """Every feed, as it stands in a list."""
    async with store.read() as connection:
        return tuple(Outline(feed.url, feed.name) for feed in await shelf.every(connection))
