"""Lists of feeds through the API (OPML): tried, added, and handed out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from fastapi import Response

from digest.core.access import Power
from digest.core.model import Rejected
from digest.flows.edit_feeds import FeedWish
from digest.flows.feed_lists import add_feeds, listed_feeds, look_at_feeds
from digest.ingest.opml import Outline, read_opml, write_opml
from digest.ingest.plaintext import encoded
from digest.web.api.calls import Made
from digest.web.api.feed_documents import FeedList, FeedListTaken, FeedListTried
from digest.web.api.once import Repeatable
from digest.web.api.paths import Document, Paths

_OPML: Final = "text/x-opml"
_SHOWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "All feeds.",
        "content": {
            _OPML: {
                "schema": {"type": "string"},
                "example": write_opml(
                    [Outline("https://harbour.example/feed.xml", "Harbour Post")], title="Feeds"
                ),
            }
        },
    }
}


class _OpmlAnswer(Response):
    media_type = _OPML


def add_to(paths: Paths) -> None:
    """Add what is about lists: a path of their own, since what stands below `/feeds` is a number."""
    paths.get("/feed-list", Power.SEE, export_feeds, None, response_class=_OpmlAnswer, responses=_SHOWN)
    taken: Any = ("/feed-list", Power.EDIT, import_feeds, FeedListTaken)
    paths.post(*taken, repeatable=Repeatable.IN_PARTS)
    tried: Any = ("/feed-list/rehearsal", Power.EDIT, rehearse_feeds, FeedListTried)
    paths.post(*tried, repeatable=Repeatable.ANYWAY)


async def export_feeds(call: Made) -> Response:
    """Hand out all feeds as a list in OPML."""
    return _OpmlAnswer(write_opml(await listed_feeds(store=call.store), title="Feeds"))


async def import_feeds(call: Made, body: FeedList) -> Document:
    """Add the feeds of a list

    They are asked as soon as the scheduler looks. Feeds are added one by one: a call that was cut off may
    have been carried out in part, and can be repeated.
    """
    outlines = await _read(body)
    done = await add_feeds(
        *(outlines, _wish(body)), source=body.source, store=call.store, now=call.now, by=call.actor
    )
    return {"added": list(done.added), "known": done.known, "rejected": _refused(done.rejected)}


async def rehearse_feeds(call: Made, body: FeedList) -> Document:
    """Show which feeds of a list are new

    Nothing is added.
    """
    seen = await look_at_feeds(await _read(body), _wish(body), source=body.source, store=call.store)
    return {
        "added": _listed(seen.new),
        "known": _listed(seen.known),
        "rejected": _refused(seen.rejected),
    }


async def _read(body: FeedList) -> tuple[Outline, ...]:
    return await asyncio.to_thread(read_opml, encoded(body.opml), source=body.source)


def _wish(body: FeedList) -> FeedWish:
    return FeedWish(
        section=body.section,
        topics=tuple(body.topics),
        every_minutes=body.every_minutes,
        settle_minutes=body.settle_minutes,
        take=body.take,
    )


def _listed(outlines: Iterable[Outline]) -> list[dict[str, Any]]:
    return [{"line": one.line, "url": one.url, "title": one.title} for one in outlines]


def _refused(rejected: Iterable[Rejected]) -> list[dict[str, Any]]:
    return [{"line": one.line, "reason": one.reason} for one in rejected]
