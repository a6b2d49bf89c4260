"""Shows what feeds cost: ten thousand items taken in, and five hundred feeds that have nothing new."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from time import perf_counter, process_time
from typing import Any, Final

from benchmarks.alone import scratch
from benchmarks.options import Options
from benchmarks.stores import opened
from benchmarks.tables import seconds, show
from digest.flows.edit_briefing import publish_due
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.flows.poll import Poller
from digest.flows.seed import seed
from digest.ingest.feed_room import ReadingRoom
from digest.store.database import Database
from tests.ingest.feed_samples import entry, rss
from tests.reach.httpd import Asked, Reply, httpd, reaching
from tests.stores import TOPICS

_FEEDS: Final = 100
_ITEMS_EACH: Final = 100
_UNCHANGED: Final = 500
#: As many addresses of the loopback: a host is asked one thing at a time.
_HOSTS: Final = 250
_NOW: Final = datetime(2026, 11, 24, 6, tzinfo=UTC)
#: Few words are in every text and most in hardly any, as in a language: else all items would be alike.
_SOUNDS: Final = tuple(consonant + vowel for consonant in "bdgklmnrst" for vowel in "aeo")
_WORDS: Final = tuple("".join(sounds) for sounds in product(_SOUNDS, repeat=3))
_OFTEN: Final = tuple(accumulate(1 / rank for rank in range(1, len(_WORDS) + 1)))


def run(options: Options) -> dict[str, Any]:
    """Measure once: it takes long enough."""
    del options
    found = asyncio.run(_measured())
    show(
        "Feeds from a server on this machine, SQLite",
        ("work", "taken in", "and published", "processor of this process", "connections at a time"),
        [
            [
                name,
                seconds(one["taken"]),
                seconds(one["wall"]),
                seconds(one["processor"]),
                f"{one['connections']:.0f}",
            ]
            for name, one in found.items()
        ],
    )
    return found


async def _measured() -> dict[str, dict[str, float]]:
    room = ReadingRoom()
    found = {}
    try:
        with scratch() as folder:
            async with httpd("0.0.0.0") as server, reaching() as reach:
                for count, name in (
                    (_FEEDS, "10,000 items"),
                    (_UNCHANGED, "500 feeds that are unchanged (304)"),
                ):
                    async with opened(folder / f"{count}.sqlite3") as store:
                        await seed(store, TOPICS)
                        poller = Poller(store=store, reach=reach, room=room)
                        each = _ITEMS_EACH if count == _FEEDS else 1
                        await _add_feeds(store, server, count, each)
                        if count == _UNCHANGED:
                            await poller.poll_due(_NOW)
                        server.most_open = 0
                        found[name] = await _one(store, poller, count) | {"connections": server.most_open}
    finally:
        await room.close()
    return found


async def _add_feeds(store: Database, server: Any, count: int, items: int) -> None:
    for number in range(count):
        body, tag = _feed(number, items), f'"{number}"'

        def page(asked: Asked, body: bytes = body, tag: str = tag) -> Reply:
            if asked.headers.get("if-none-match") == tag:
                return Reply(status=304)
            return Reply(body, headers={"ETag": tag})

        path = f"/{count}/{number}.xml"
        server.pages[path] = page
        url = f"http://127.0.0.{1 + number % _HOSTS}:{server.port}{path}"
        await add_feed(url, FeedWish(take=1000, settle_minutes=10), store=store, now=_NOW)


async def _one(store: Database, poller: Poller, count: int) -> dict[str, float]:
    later = _NOW + timedelta(hours=2) if count == _UNCHANGED else _NOW
    begun, worked = perf_counter(), process_time()
    polls = await poller.poll_due(later)
    assert polls.asked == count, polls.asked
    assert not polls.failed
    if count == _FEEDS:
        assert polls.added == _FEEDS * _ITEMS_EACH, polls.added
    taken = perf_counter() - begun
    if count == _FEEDS:
        await publish_due(store=store, now=later + timedelta(minutes=20))
    return {"wall": perf_counter() - begun, "taken": taken, "processor": process_time() - worked}


def _feed(number: int, items: int) -> bytes:
    draw = random.Random(number)

    def words(count: int) -> str:
        return " ".join(draw.choices(_WORDS, cum_weights=_OFTEN, k=count))

    return rss(
        *(
            entry(
                f"{number}-{item}",
                f"{words(8).title()} {number} {item}",
                "".join(f"<p>{words(60).capitalize()}.</p>" for _ in range(4)),
                link=f"https://news{number}.example/{item}",
                day="Tue, 24 Nov 2026 05:59:00 GMT",
            )
            for item in range(items)
        ),
        title=f"Feed {number}",
    )
