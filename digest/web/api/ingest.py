"""Texts and files of news through the API: tried, and taken in."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final

from digest.core.access import Power
from digest.core.model import Briefing, Rejected
from digest.errors import InputError
from digest.flows.collect import collect_all, rehearse
from digest.ingest.gathered import Gathered
from digest.ingest.packed import read_all
from digest.ingest.plaintext import encoded
from digest.ingest.topics import TopicRules
from digest.store import topics
from digest.web.api.answered import Collected
from digest.web.api.calls import Call, Made
from digest.web.api.ingest_documents import NewText, Readable, TextTried, TriedText
from digest.web.api.once import Repeatable
from digest.web.api.paths import Document, Paths

#: Of an archive as unpacked: reading takes a second a megabyte, and this process has others to answer.
_MOST_UNPACKED: Final = 5_000_000


def add_to(paths: Paths) -> None:
    """Add both."""
    paths.post("/ingest", Power.EDIT, ingest, Collected)
    tried: Any = ("/ingest/rehearsal", Power.EDIT, rehearse_ingest, TextTried)
    paths.post(*tried, repeatable=Repeatable.ANYWAY)


async def ingest(call: Made, body: NewText) -> Document:
    """Take in a text or a file of news

    It is read as `digest ingest` reads a file. What is known already is left alone, or becomes a new
    revision. An item that cannot be taken is named in `rejected`; the others are taken.
    """
    parts = await _read(call, body)
    done = await collect_all(parts, store=call.store, now=call.now, publish=body.publish, by=call.actor)
    return {
        "added": list(done.added),
        "updated": list(done.updated),
        "unchanged": done.unchanged,
        "rejected": rejected_items(done.rejected),
    }


async def rehearse_ingest(call: Made, body: TriedText) -> Document:
    """Show what would become of a text or a file of news

    Nothing is taken.
    """
    found = await rehearse(await _read(call, body), store=call.store, now=call.now)
    return {
        "added": [_item(one) | {"id": None} for one in found.added],
        "updated": [_item(one) for one in found.updated],
        "unchanged": found.unchanged,
        "rejected": rejected_items(found.rejected),
    }


def rejected_items(rejected: Iterable[Rejected]) -> list[dict[str, Any]]:
    """Items that were not taken, as they are told."""
    return [{"source": one.source, "line": one.line, "reason": one.reason} for one in rejected]


async def _read(call: Call, body: Readable) -> tuple[Gathered, ...]:
    async with call.store.read() as connection:
        rules = TopicRules(await topics.every(connection))
    for name in body.topics:
        # a wrong one is the fault of the call, not of each item
        rules.slug_of(name)
    # a feed is read in a process of its own, and waited for
    return await asyncio.to_thread(
        read_all,
        _bytes_of(body),
        source=" ".join(body.source.split()) or "text",
        format=body.format,
        section=body.section,
        topics=tuple(body.topics),
        columns=body.columns,
        most_bytes=_MOST_UNPACKED,
    )


def _bytes_of(body: Readable) -> bytes:
    if (body.text is None) == (body.data is None):
        raise InputError("say either text or data")
    if body.data is None:
        return encoded(body.text or "")
    try:
        return base64.b64decode(body.data, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("data is not base64 (RFC 4648, 4)") from None


def _item(one: Briefing) -> dict[str, Any]:
    names = ("id", "title", "section", "source", "source_date", "language", "revision")
    return {name: getattr(one, name) for name in names} | {"topics": [mark.slug for mark in one.topics]}
