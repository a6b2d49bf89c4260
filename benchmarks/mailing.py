"""A mailing to measure sending with: readers by the ten thousand whose digests are all of one size.

Everything comes in by the doors that people use, a roster and a day's news, so nothing is known here of how
the store keeps it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from math import comb
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from benchmarks.newsroom import news
from benchmarks.stores import opened, opened_at
from digest.config import Settings
from digest.core.model import DraftBriefing, Topic
from digest.flows.collect import collect
from digest.flows.rosters import import_roster
from digest.flows.seed import seed
from digest.ingest.gathered import Gathered
from digest.store.database import Database, checkpoint
from subscribers.model import Section

#: As many topics as briefings: who follows seven of them gets seven briefings, and there are 346,104 ways to
#: choose seven.
_TOPICS: Final = tuple(Topic(f"desk-{n:02}", f"Desk number {n}", n, {}) for n in range(1, 25))
_JOINED: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
_HEADER: Final = "email,name,topics,days,at,timezone,format"


async def prepare_mailing(
    file: str, readers: int, briefings: int, copies: int, paragraphs: int
) -> dict[str, float]:
    """Fill a new store: each reader is owed so many `briefings` of so many `paragraphs`, in HTML.

    There are `copies` different digests, or as many as can be, each for as many readers as any other.
    """
    async with opened(Path(file)) as store:
        added = await _fill(store, readers, briefings, copies, paragraphs)
        await checkpoint(store)
    return {"readers": added}


async def prepare_mailing_at(
    url: str, readers: int, briefings: int, copies: int, paragraphs: int
) -> dict[str, float]:
    """The same in any store."""
    async with opened_at(Settings(database_url=url).database_url) as store:
        return {"readers": await _fill(store, readers, briefings, copies, paragraphs)}


async def _fill(store: Database, readers: int, briefings: int, copies: int, paragraphs: int) -> int:
    await seed(store, _TOPICS)
    await collect(Gathered(tuple(_news(paragraphs))), store=store, now=_JOINED)
    done = await import_roster(
        _roster(readers, _choices(briefings, copies)), store=store, now=_JOINED, raw=True, dry_run=False
    )
    assert done.added == readers, done.rejected[:1]
    return done.added


def _news(paragraphs: int) -> list[DraftBriefing]:
    """One briefing a topic, all about equally long."""
    return [
        replace(one, topics=(topic.slug,), section=Section.BRIEFING, paragraphs=one.paragraphs[:paragraphs])
        for topic, one in zip(_TOPICS, news(len(_TOPICS)), strict=True)
    ]


def _choices(briefings: int, count: int) -> list[str]:
    """Different choices of topics, as a cell of a roster says them."""
    chance = random.Random(7)
    slugs = [topic.slug for topic in _TOPICS]
    found: dict[str, None] = {}
    while len(found) < min(count, comb(len(slugs), briefings)):
        found[",".join(sorted(chance.sample(slugs, briefings)))] = None
    return list(found)


def _roster(readers: int, choices: list[str]) -> str:
    lines = [
        f'reader{n}@mail{n % 97}.example,Reader Number {n},"{choices[n % len(choices)]}",daily,07:00,UTC,html'
        for n in range(1, readers + 1)
    ]
    return "\n".join((_HEADER, *lines, ""))
