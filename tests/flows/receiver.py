"""A receiver of events: a real server on this machine, which answers by a script and keeps what came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

#: A whole answer, or what the receiver does instead.
HANGS = b"hangs"
CLOSES = b"closes"


def status(code: int, *headers: str) -> bytes:
    """An answer without a body."""
    lines = [f"HTTP/1.1 {code} As scripted", "Content-Length: 0", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Posted:
    """What came in one call."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """What answers; behind the end of its script it answers as at last."""

    script: Sequence[bytes] = (status(204),)
    posted: list[Posted] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    #: called with each post before it is answered
    meanwhile: Callable[[], None] = lambda: None
    at_once: int = 0
    most_at_once: int = 0
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def types(self) -> list[str]:
        return [one.told["type"] for one in self.posted]

    async def times(self, count: int) -> None:
        """Wait until so many have come."""
        async with self.came:
            await self.came.wait_for(lambda: len(self.posted) >= count)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Receiver]:
        """Answer while the block runs."""
        calls: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            calls.add(task)
            try:
                await self._answer(reader, writer)
            finally:
                calls.discard(task)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tuple(calls):
                task.cancel()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in _pairs(head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        answer = self.script[min(len(self.posted), len(self.script) - 1)]
        self.posted.append(Posted(head[0].split()[1], headers, body))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.meanwhile()
        async with self.came:
            self.came.notify_all()
        try:
            # others may come in the meantime
            await asyncio.sleep(0)
            if answer == HANGS:
                await asyncio.sleep(3600)
            if answer != CLOSES:
                with suppress(ConnectionError):
                    writer.write(answer)
                    await writer.drain()
        finally:
            self.at_once -= 1


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        yield name, value.strip()
