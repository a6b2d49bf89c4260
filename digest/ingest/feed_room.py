"""A room apart for reading what strangers wrote: processes with limits, which may be stopped at any moment.

Whatever a feed does to its parser - a loop, all memory, a crash - ends that process and is a refusal of that
feed; no other feed is held up, and nothing but plain values comes back. A process serves many feeds, since
starting one takes longer than reading most.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from digest.errors import InputError
from digest.ingest.apart import surroundings

if TYPE_CHECKING:
    from digest.ingest.feeds import FeedRead

#: How long one feed may be read; the largest of the honest ones take some seconds.
SECONDS: Final = 10.0
#: The answer of a feed of the largest size, with room to spare.
_ANSWER_LIMIT: Final = 200_000_000
_CALL: Final = "from digest.ingest.feed_pipe import serve; serve()"


class ReadingRoom:
    """Some processes that read feeds, started when they are needed; close it at the end."""

    def __init__(self, places: int = 2, *, seconds: float = SECONDS) -> None:
        """At most so many feeds are read at a time."""
        self._seconds: Final = seconds
        self._free: Final[list[asyncio.subprocess.Process]] = []
        self._places: Final = asyncio.Semaphore(places)

    async def read(self, data: bytes, *, content_type: str = "", url: str = "", source: str) -> FeedRead:
        """Read a feed as `read_feed` does; raises InputError, also when it took too much time or memory."""
        # imported here: a room is furnished by many who have no feed to read in the end
        from digest.ingest.feed_pipe import asked, told

        async with self._places:
            reader = self._free.pop() if self._free else await _started()
            question = asked(data, content_type, url, source)
            try:
                async with asyncio.timeout(self._seconds):
                    said = await _exchange(reader, question)
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
            return told(said)

    async def close(self) -> None:
        """End the processes."""
        while self._free:
            await _end(self._free.pop())


def read_apart(data: bytes, *, content_type: str = "", url: str = "", source: str) -> FeedRead:
    """Read one feed in a process that is started for it, and wait; raises InputError as the room does."""
    from digest.ingest.feed_pipe import LENGTH, asked, told

    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-c", _CALL],
            input=asked(data, content_type, url, source),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings(),
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{source} took longer than {SECONDS:g} seconds to read") from None
    if len(done.stdout) <= LENGTH.size:
        raise InputError(f"{source} took more memory than a feed may, or broke its reader")
    return told(done.stdout[LENGTH.size :])


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _CALL),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=surroundings(),
    )


async def _exchange(reader: asyncio.subprocess.Process, question: bytes) -> bytes:
    from digest.ingest.feed_pipe import LENGTH

    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(question)
    await reader.stdin.drain()
    _nothing, length = LENGTH.unpack(await reader.stdout.readexactly(LENGTH.size))
    if length > _ANSWER_LIMIT:
        raise ConnectionError("too long an answer")
    return await reader.stdout.readexactly(length)


async def _end(reader: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        reader.kill()
    await reader.wait()
