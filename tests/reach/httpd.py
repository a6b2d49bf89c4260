"""A real HTTP server in the process that notes what it was asked and answers as it is told, well or badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_network
from typing import Final, cast

from digest.reach.client import Reach

#: What tests may reach besides the open internet.
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


#: A reply, what makes one of a request, or something that writes to the connection as it likes.
Page = Reply | Callable[[Asked], Reply] | Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


class Httpd:
    """Answers by path, and with 404 for what it does not know."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.open_now = 0
        self.most_open = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._answer(await _read(reader), writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asked)
        page = self.pages.get(asked.path.partition("?")[0], Reply(b"not here", 404))
        if isinstance(page, Reply):
            reply = page
        else:
            if asyncio.iscoroutinefunction(page):
                await page(asked, writer)
                return
            reply = cast("Reply", page(asked))  # type: ignore[call-arg]
        writer.write(written(reply))
        await writer.drain()


def written(reply: Reply) -> bytes:
    """The reply as bytes."""
    headers = {"Content-Length": str(len(reply.body)), "Connection": "close", **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if reply.status == 304 else reply.body)


async def _read(reader: asyncio.StreamReader) -> Asked:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _version = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _colon, value in (one.partition(":") for one in lines) if name
    }
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


@asynccontextmanager
async def httpd(host: str = "127.0.0.1") -> AsyncIterator[Httpd]:
    """A server on a free port."""
    server = Httpd()
    listening = await asyncio.start_server(server.serve, host, 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def reaching(**options: object) -> AsyncIterator[Reach]:
    """A way out that may go to the loopback, unless told otherwise."""
    reach = Reach(**{"agent": "tests/1 (+https://news.example)", "own": LOOPBACK} | options)  # type: ignore[arg-type]
    try:
        yield reach
    finally:
        await reach.close()
