"""Feeds through the API: which are polled, and how they are; the scheduler does the asking."""

from __future__ import annotations

from fastapi import Response

from digest.core.access import Power
from digest.core.lines import parse_line
from digest.flows import edit_feeds as flows
from digest.flows.edit_feeds import FeedWish
from digest.flows.feeds_shown import feed_sheet, feed_shown, sheet_shown
from digest.store import feeds as shelf
from digest.web.api.calls import Made
from digest.web.api.feed_documents import FeedEdit, FeedInFull, FeedShown, NewFeed
from digest.web.api.paths import ROOT, After, Document, Id, Limit, Listing, Paths, part


def add_to(paths: Paths) -> None:
    """Add what is about feeds."""
    paths.get("/feeds", Power.SEE, list_feeds, Listing[FeedShown])
    paths.post("/feeds", Power.EDIT, add_feed, FeedShown, status_code=201)
    paths.get("/feeds/{id}", Power.SEE, show_feed, FeedInFull)
    paths.patch("/feeds/{id}", Power.EDIT, edit_feed, FeedShown)
    paths.delete("/feeds/{id}", Power.EDIT, remove_feed, FeedShown)
    paths.act("/feeds/{id}/poll", Power.EDIT, poll_feed, FeedShown)


async def list_feeds(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List feeds by id."""
    async with call.store.read() as connection:
        found = await shelf.page(connection, after=after, limit=limit + 1)
    return part(found, limit, lambda one: one.id, lambda one: feed_shown(one, call.now))


async def show_feed(call: Made, id: Id) -> Document:
    """Show a feed with its last polls, and what was refused of it and why."""
    return sheet_shown(await feed_sheet(id, store=call.store, now=call.now), call.now)


async def add_feed(call: Made, body: NewFeed, answer: Response) -> Document:
    """Add a feed

    It is asked as soon as the scheduler looks. Where a page stands at the address, the first poll finds the
    feed that it names.
    """
    wish = FeedWish(
        source=_source(body.source),
        section=body.section,
        topics=tuple(body.topics),
        every_minutes=body.every_minutes,
        settle_minutes=body.settle_minutes,
        take=body.take,
    )
    made = await flows.add_feed(body.url, wish, store=call.store, now=call.now, by=call.actor)
    answer.headers["Location"] = f"{ROOT}/feeds/{made.id}"
    return feed_shown(made, call.now)


async def edit_feed(call: Made, id: Id, body: FeedEdit) -> Document:
    """Change a feed

    What was seen of it stays known.
    """
    wish = FeedWish(
        source=None if body.source is None else _source(body.source),
        section=body.section,
        topics=None if body.topics is None else tuple(body.topics),
        every_minutes=body.every_minutes,
        settle_minutes=body.settle_minutes,
        url=body.url,
    )
    done = await flows.edit_feed(id, wish, store=call.store, now=call.now, by=call.actor)
    return feed_shown(done, call.now)


async def remove_feed(call: Made, id: Id) -> Document:
    """Remove a feed; its briefings stay."""
    return feed_shown(await flows.remove_feed(id, store=call.store, now=call.now, by=call.actor), call.now)


async def poll_feed(call: Made, id: Id) -> Document:
    """Have a feed asked as soon as the scheduler looks."""
    return feed_shown(await flows.poll_now(id, store=call.store, now=call.now, by=call.actor), call.now)


def _source(text: str) -> str:
    return parse_line(text, "source") if text.strip() else ""
