"""A room apart for reading what strangers wrote: processes with limits, which may be stopped at any moment.

Whatever a feed does to its parser - a loop, all memory, a crash - ends that process and is a refusal of that
feed; no other feed is held up, and nothing but plain values comes back. A process serves many feeds, since
starting one takes longer than reading most.
"""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, BinaryIO, Final

from digest.errors import InputError
from digest.ingest.apart import limit_memory, surroundings
from digest.ingest.feed_entry import FeedItem
from digest.ingest.feeds import FeedRead, RefusedEntry, read_feed

#: How long one feed may be read; the largest of the honest ones take some seconds.
SECONDS: Final = 10.0
#: What one process may take of memory, its program included.
MEMORY_BYTES: Final = 256 * 1024 * 1024
_LENGTH: Final = struct.Struct("!II")
#: The answer of a feed of the largest size, with room to spare.
_ANSWER_LIMIT: Final = 200_000_000
_CALL: Final = "from digest.ingest.feed_room import serve; serve()"


class ReadingRoom:
    """Some processes that read feeds, started when they are needed; close it at the end."""

    def __init__(self, places: int = 2, *, seconds: float = SECONDS) -> None:
        """At most so many feeds are read at a time."""
        self._seconds: Final = seconds
        self._free: Final[list[asyncio.subprocess.Process]] = []
        self._places: Final = asyncio.Semaphore(places)

    async def read(self, data: bytes, *, content_type: str = "", url: str = "", source: str) -> FeedRead:
        """Read a feed as `read_feed` does; raises InputError, also when it took too much time or memory."""
        async with self._places:
            reader = self._free.pop() if self._free else await _started()
            asked = _asked(data, content_type, url, source)
            try:
                async with asyncio.timeout(self._seconds):
                    said = await _exchange(reader, asked)
            except BaseException as error:
                await _end(reader)
                if isinstance(error, TimeoutError):
                    raise InputError(f"{source} took longer than {self._seconds:g} seconds to read") from None
                if isinstance(error, asyncio.IncompleteReadError | ConnectionError):
                    raise InputError(
                        f"{source} took more memory than a feed may, or broke its reader"
                    ) from None
                raise
            self._free.append(reader)
            return _told(said)

    async def close(self) -> None:
        """End the processes."""
        while self._free:
            await _end(self._free.pop())


def read_apart(data: bytes, *, content_type: str = "", url: str = "", source: str) -> FeedRead:
    """Read one feed in a process that is started for it, and wait; raises InputError as the room does."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-c", _CALL],
            input=_asked(data, content_type, url, source),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings(),
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{source} took longer than {SECONDS:g} seconds to read") from None
    if len(done.stdout) <= _LENGTH.size:
        raise InputError(f"{source} took more memory than a feed may, or broke its reader")
    return _told(done.stdout[_LENGTH.size :])


def serve() -> None:
    """Read feeds from standard input and answer on standard output, until the input ends."""
    limit_memory(MEMORY_BYTES)
    # what a library prints may not stand in the answers
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    while (asked := _next(sys.stdin.buffer)) is not None:
        head, data = asked
        try:
            said: dict[str, Any] = {"read": asdict(read_feed(data, **json.loads(head)))}
        except InputError as error:
            said = {"refused": str(error)}
        except (MemoryError, RecursionError):
            said = {"refused": f"{json.loads(head)['source']} takes more memory than a feed may"}
        except Exception as error:  # a parser's own fault is the feed's refusal, not ours
            said = {"refused": f"{json.loads(head)['source']} cannot be read ({type(error).__name__})"}
        body = json.dumps(said, default=_spelled).encode()
        answers.write(_LENGTH.pack(0, len(body)) + body)
        answers.flush()


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _CALL),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=surroundings(),
    )


async def _exchange(reader: asyncio.subprocess.Process, asked: bytes) -> bytes:
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(asked)
    await reader.stdin.drain()
    _nothing, length = _LENGTH.unpack(await reader.stdout.readexactly(_LENGTH.size))
    if length > _ANSWER_LIMIT:
        raise ConnectionError("too long an answer")
    return await reader.stdout.readexactly(length)


async def _end(reader: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        reader.kill()
    await reader.wait()


def _asked(data: bytes, content_type: str, url: str, source: str) -> bytes:
    head = json.dumps({"content_type": content_type, "url": url, "source": source}).encode()
    return _LENGTH.pack(len(head), len(data)) + head + data


def _next(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    lengths = stream.read(_LENGTH.size)
    if len(lengths) < _LENGTH.size:
        return None
    head, body = _LENGTH.unpack(lengths)
    return stream.read(head), stream.read(body)


def _spelled(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat()


def _told(said: bytes) -> FeedRead:
    """The answer as values; a process that read something hostile is not believed more than its feed."""
    try:
        document = json.loads(said)
        if "refused" in document:
            raise InputError(str(document["refused"]))
        read = document["read"]
        return FeedRead(
            kind=read["kind"],
            title=read["title"],
            link=read["link"],
            items=tuple(_item(one) for one in read["items"]),
            refused=tuple(RefusedEntry(**one) for one in read["refused"]),
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("the reader of feeds gave no sensible answer") from None


def _item(one: dict[str, Any]) -> FeedItem:
    return FeedItem(
        **{
            **one,
            "paragraphs": tuple(one["paragraphs"]),
            "categories": tuple(one["categories"]),
            "day": date.fromisoformat(one["day"]) if one["day"] else None,
            "published": datetime.fromisoformat(one["published"]) if one["published"] else None,
        }
    )
