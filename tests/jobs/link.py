"""A link between a process and a server that fails in the ways in which networks do, and is mended again."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.engine import URL

from digest.store.database import Database

#: Of `<asm/socket.h>`; Python does not name them.
_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27
#: The one instruction "take nothing": what comes to a socket is dropped before TCP sees it, and not even
#: acknowledged. No program between two others can do that otherwise, for its kernel answers in its place.
_NOTHING: Final = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
_PROGRAM: Final = struct.pack("HL", 1, ctypes.addressof(_NOTHING))

Upstream = Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]


@dataclass(eq=False)
class _Pair:
    """One connection: ours to whoever called, and ours to the server."""

    near: StreamWriter
    far: StreamWriter


@dataclass(eq=False)
class Link:
    """Listens on this machine and carries to a server what comes; whoever knows it may let it fail."""

    upstream: Upstream
    port: int = 0
    #: seconds that each piece takes, either way
    delay: float = 0.0
    #: connections that came in since the beginning
    accepted: int = 0
    _pairs: set[_Pair] = field(default_factory=set)
    #: set while pieces get through to the server, and back
    _there: asyncio.Event = field(default_factory=asyncio.Event)
    _back: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def vanish(self) -> None:
        """From now on all that is sent vanishes, either way: nothing is acknowledged, nobody is told."""
        self.hold()
        self._filter(*(pair.near for pair in self._pairs), *(pair.far for pair in self._pairs))
        self._filter_callers(_SO_ATTACH_FILTER)

    async def vanish_answers(self) -> None:
        """From now on what comes arrives, and no answer comes back: not even that it has arrived."""
        self._back.clear()
        self._filter_callers(_SO_ATTACH_FILTER)

    def hold(self) -> None:
        """Keep all that is sent until it is whole again, as a server does that is frozen."""
        self._there.clear()
        self._back.clear()

    async def refuse(self) -> None:
        """Break all connections, and let nobody connect."""
        assert self._server is not None
        self._server.close()
        self._server = None
        for pair in self._pairs:
            _reset(pair.near)

    async def heal(self) -> None:
        """Be whole again. Connections that vanished go on, if nobody has given them up."""
        for pair in self._pairs:
            for writer in (pair.near, pair.far):
                with suppress(FileNotFoundError):
                    _socket_of(writer).setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
        if self._server is None:
            await self.open()
        self._filter_callers(_SO_DETACH_FILTER)
        self._there.set()
        self._back.set()

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port, backlog=200)
        self.port = self._server.sockets[0].getsockname()[1]
        self._there.set()
        self._back.set()

    async def close(self) -> None:
        """Break all, and listen no more."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url_of(self, store: Database, **query: str) -> str:
        """The store as it is reached over this link; more of what its URL may say."""
        url: URL = store.url.set(host="127.0.0.1", port=self.port)
        kept = {name: value for name, value in url.query.items() if name not in {"host", "port"}}
        return url.set(query={**kept, **query}).render_as_string(hide_password=False)

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.accepted += 1
        far_reader, far = await self.upstream()
        pair = _Pair(writer, far)
        self._pairs.add(pair)
        # as any machine does: who has given a connection up says so when it is asked
        ours = _socket_of(writer)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 127)
        try:
            there = asyncio.create_task(self._pump(reader, far, self._there))
            back = asyncio.create_task(self._pump(far_reader, writer, self._back))
            try:
                # the loop of streams tells at length of a task that was cancelled
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        finally:
            self._pairs.discard(pair)
            self._tasks.discard(task)
            for one in (writer, far):
                one.close()

    async def _pump(self, reader: StreamReader, writer: StreamWriter, way: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if way is self._back and self._there.is_set() and not way.is_set():
                    # the caller hears nothing any more: not even that what it says has arrived
                    self._filter(writer)
                await way.wait()
                writer.write(data)
                await writer.drain()
            await way.wait()

    def _filter(self, *writers: StreamWriter) -> None:
        for writer in writers:
            _socket_of(writer).setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, _PROGRAM)

    def _filter_callers(self, option: int) -> None:
        """Who calls gets no answer, or does again."""
        if self._server is not None:
            with suppress(FileNotFoundError):
                self._server.sockets[0].setsockopt(
                    socket.SOL_SOCKET, option, _PROGRAM if option == _SO_ATTACH_FILTER else 0
                )


@asynccontextmanager
async def link_to(upstream: Upstream) -> AsyncIterator[Link]:
    """A link that is whole, until the block ends."""
    link = Link(upstream)
    await link.open()
    try:
        yield link
    finally:
        await link.close()


def to_store(store: Database) -> Upstream:
    """The PostgreSQL server of a store, over TCP or its socket on this machine."""
    host = str(store.url.query.get("host", store.url.host or "localhost"))
    port = int(str(store.url.query.get("port", store.url.port or 5432)))
    if host.startswith("/"):
        return lambda: asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return lambda: asyncio.open_connection(host, port)


def to_port(port: int) -> Upstream:
    """A server on this machine."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def _socket_of(writer: StreamWriter) -> Any:
    return writer.get_extra_info("socket")


def _reset(writer: StreamWriter) -> None:
    with suppress(OSError):
        _socket_of(writer).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
