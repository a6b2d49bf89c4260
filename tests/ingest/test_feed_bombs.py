"""Feeds that are made to do harm end soon, in a process that gets no more memory than its share."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from digest.errors import InputError
from digest.ingest.feed_room import ReadingRoom, read_apart
from digest.ingest.feeds import looks_like_feed
from tests.ingest.feed_samples import RSS, entry, rss

pytestmark = pytest.mark.anyio

_LAUGHS = b"".join(b'<!ENTITY a%d "%s">' % (one, b"&a%d;" % (one - 1) * 10) for one in range(1, 12))
_HEAD = b'<rss version="2.0"><channel><title>x</title><item><title>y</title><description>'
BOMBS = {
    "a billion laughs": b'<!DOCTYPE l [<!ENTITY a0 "ha">' + _LAUGHS + b"]>" + _HEAD + b"&a11;",
    "a quadratic one": b'<!DOCTYPE l [<!ENTITY a "' + b"x" * 100_000 + b'">]>' + _HEAD + b"&a;" * 100_000,
    "an entity from a file": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + _HEAD + b"&a;",
    "one in UTF-16": ('<!DOCTYPE l [<!ENTITY a "ha">]>' + _HEAD.decode() + "&a;").encode("utf-16"),
    "XML of 200,000 levels": b'<rss version="2.0"><channel>' + b"<a>" * 200_000,
    "markup of 200,000 levels": _HEAD
    + b"<![CDATA["
    + b"<div>" * 200_000
    + b"]]></description></item></channel></rss>",
    "JSON of 200,000 levels": b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 200_000,
}


def peak_of(room: ReadingRoom) -> int:
    """The most memory that its process ever had, in bytes; 0 where that cannot be asked."""
    (reader,) = room._free
    status = Path(f"/proc/{reader.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


async def taken(room: ReadingRoom, bomb: bytes) -> int:
    """How many entries of it are taken."""
    try:
        return len((await room.read(bomb, source="the feed")).items)
    except InputError:
        return 0


def test_page_of_comments_is_looked_at_once() -> None:
    """Whether something is a feed is asked where everybody waits."""
    begun = time.perf_counter()
    assert not looks_like_feed(b"<!---->" * 30 + b"<html>")
    assert time.perf_counter() - begun < 2
    assert looks_like_feed(b"<!-- a --><!-- b > -->\n" + RSS.encode().partition(b"?>")[2])


async def test_bombs_are_refused_soon_and_in_little_memory() -> None:
    room = ReadingRoom(1)
    try:
        await room.read(RSS.encode(), source="a warm-up")
        for name, bomb in BOMBS.items():
            begun = time.perf_counter()
            assert not await taken(room, bomb), name
            # under load of others a quiet machine's second may be three
            assert time.perf_counter() - begun < 6, name
        assert peak_of(room) < 256 * 1024 * 1024
    finally:
        await room.close()


async def test_what_takes_too_long_or_too_much_is_stopped_and_the_next_feed_is_read() -> None:
    hungry = b'<rss version="2.0"><channel><item ' + b'a="1" ' * 1_200_000 + b"></item></channel></rss>"
    slow = _HEAD + b"&" * 9_000_000
    # a process has to start within this too
    room = ReadingRoom(1, seconds=4)
    try:
        for bomb in (hungry, slow):
            begun = time.perf_counter()
            with pytest.raises(InputError, match=r"took longer|more memory"):
                await room.read(bomb, source="the feed")
            assert time.perf_counter() - begun < 8
        found = await room.read(RSS.encode(), source="the feed")
        assert len(found.items) == 2
    finally:
        await room.close()


async def test_feeds_are_read_side_by_side_and_each_gets_its_own_answer() -> None:
    room = ReadingRoom(2)
    try:
        titles = [f"Story number {number}" for number in range(12)]
        feeds = [rss(entry("1", title)) for title in titles]
        found = await asyncio.gather(*(room.read(one, source="x") for one in feeds))
        assert [one.items[0].title for one in found] == titles
    finally:
        await room.close()


def test_one_feed_alone_is_read_apart_too() -> None:
    assert len(read_apart(RSS.encode(), source="the feed").items) == 2
    with pytest.raises(InputError, match="declares entities"):
        read_apart(BOMBS["a billion laughs"], source="the feed")
