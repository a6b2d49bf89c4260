"""Requests are read whole or refused, however they come; a head without an end does not fill memory."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from digest.store.database import Database
from digest.web.app import build_app
from digest.web.hearing import MOST_HEAD_BYTES, Hearing
from tests.flows.newsroom import TUESDAY
from tests.web.visiting import BASE_URL, TOKENS

pytestmark = pytest.mark.anyio

HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: news.example\r\n"
FORM = b"POST /unsubscribe/nobody HTTP/1.1\r\nHost: news.example\r\n"


@asynccontextmanager
async def connected(store: Database) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the application behind the server."""
    app = build_app(store=store, tokens=TOKENS, base_url=BASE_URL, now=lambda: TUESDAY)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, http=Hearing, ws="none", lifespan="off", log_config=None))
        serving = asyncio.create_task(server._serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        try:
            async with asyncio.timeout(20):
                yield reader, writer
        finally:
            writer.close()
            server.should_exit = True
            await serving


async def status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = (line[15:] for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    await reader.readexactly(int(length))
    return int(head.split()[1])


async def poured(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, piece: bytes, most: int) -> int:
    """Send a piece again and again until the server hangs up; how many octets that took."""
    sent = 0
    try:
        while sent < most and not reader.at_eof():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            # lets what was answered be read
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    return sent


async def test_requests_on_one_connection_are_answered_in_turn(blank_store: Database) -> None:
    async with connected(blank_store) as (reader, writer):
        writer.write((HEALTHZ + b"\r\n") * 3)
        assert [await status(reader) for _ in range(3)] == [200, 200, 200]
        for octet in HEALTHZ + b"\r\n":
            writer.write(bytes([octet]))
            await writer.drain()
        assert await status(reader) == 200


async def test_a_head_as_long_as_any_browser_sends_is_read(blank_store: Database) -> None:
    async with connected(blank_store) as (reader, writer):
        for _ in range(3):
            writer.write(HEALTHZ + b"X-Long: " + b"a" * (MOST_HEAD_BYTES - 1000) + b"\r\n\r\n")
            assert await status(reader) == 200


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (HEALTHZ, b"X-More: and more\r\n" * 500),
        (HEALTHZ + b"X-Long: ", b"a" * 9000),
        (b"GET /", b"a" * 9000),
        (FORM + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 9000),
        (FORM + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: and more\r\n" * 500),
    ],
    ids=["headers", "header", "path", "extension of a chunk", "trailers"],
)
async def test_what_never_ends_is_refused(begin: bytes, piece: bytes, blank_store: Database) -> None:
    async with connected(blank_store) as (reader, writer):
        writer.write(begin)
        # what the sockets hold on both sides goes on top
        assert await poured(reader, writer, piece, 200 * MOST_HEAD_BYTES) < 200 * MOST_HEAD_BYTES


async def test_a_body_longer_than_any_form_is_not_read_to_its_end(blank_store: Database) -> None:
    async with connected(blank_store) as (reader, writer):
        token = b"A" * 32
        writer.write(FORM.replace(b"nobody", token) + b"Content-Length: 100000000\r\n\r\n" + b"a" * 50_000)
        assert await status(reader) == 404
