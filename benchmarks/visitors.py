"""Fifty visitors of a web server, in a process of their own: each as fast as it is answered, or like people.

They speak raw HTTP/1.1 over kept connections, so that they take little of the processors that they share with
the server.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Final

from subscribers.tokens import Purpose, Tokens

CLIENTS: Final = 50
KEY: Final = "a key for measurements that is long enough"
#: Before anything is measured: templates are compiled by the first who sees them.
_WARMING: Final = 10
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
_GOOD: Final = (b"HTTP/1.1 200", b"HTTP/1.1 303")
_FORM: Final = b"List-Unsubscribe=One-Click"


async def at_once(port: int, page: str, first: int, requests: int) -> dict[str, float]:
    """A closed loop: each visitor asks again as soon as it is answered, so that all are always waiting."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(300):
        visitors = await _visitors(port)
        await _warm(visitors, page, first)
        asked = _asked(page, first + CLIENTS * _WARMING, requests)
        waits: list[float] = []

        async def visit(visitor: _Visitor) -> None:
            for request in asked:
                began = perf_counter()
                await visitor.ask(request)
                waits.append(perf_counter() - began)

        began = loop.time()
        await asyncio.gather(*map(visit, visitors))
        return _figures(waits, loop.time() - began)


async def like_people(port: int, page: str, first: int, pause: float, seconds: float) -> dict[str, float]:
    """An open loop: visitors ask when they please, `pause` seconds apart on average, come what may.

    When each will ask is drawn beforehand. A wait begins at that moment, also when the visitor still waited
    for the answer before: who is slow is not asked less. To connect anew is a part of the wait.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds + 300):
        visitors = await _visitors(port)
        await _warm(visitors, page, first)
        chance = random.Random(first)
        plans = [list(_moments(chance, pause, seconds)) for _ in visitors]
        asked = _asked(page, first + CLIENTS * _WARMING, sum(map(len, plans)))
        began = loop.time()
        waits: list[float] = []

        async def visit(visitor: _Visitor, plan: Sequence[float]) -> None:
            for moment in plan:
                await asyncio.sleep(max(0.0, began + moment - loop.time()))
                if visitor.is_gone:
                    # servers hang up on who says nothing for some seconds; browsers then connect anew
                    visitor = await _visitor(port)
                await visitor.ask(next(asked))
                waits.append(loop.time() - began - moment)

        await asyncio.gather(*map(visit, visitors, plans))
        return _figures(waits, loop.time() - began)


def _moments(chance: random.Random, pause: float, seconds: float) -> Iterator[float]:
    """Seconds after the beginning: random and independent (a Poisson process)."""
    moment = chance.expovariate(1 / pause)
    while moment < seconds:
        yield moment
        moment += chance.expovariate(1 / pause)


def _figures(waits: Sequence[float], seconds: float) -> dict[str, float]:
    """Milliseconds of answers, and how many there were a second."""
    ordered = sorted(waits)
    return {
        "rate": len(ordered) / seconds,
        "median": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "worst": 1000 * ordered[-1],
    }


def _asked(page: str, first: int, count: int) -> Iterator[bytes]:
    """Requests, each for another reader, made before anything is measured."""
    ask = _PAGES[page]
    return iter([ask(number) for number in range(first, first + count)])


class _Visitor(asyncio.Protocol):
    """One connection; one answer at a time."""

    def __init__(self) -> None:
        self._heard = bytearray()
        #: octets of the whole answer; 0 before its head has come
        self._whole = 0
        self._answered: asyncio.Future[None] | None = None
        #: the server has hung up
        self.is_gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[None]:
        """Send a request; done when its answer has come."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        heard = self._heard
        heard += data
        if not self._whole:
            end = heard.find(_END)
            if end < 0:
                return
            self._whole = end + len(_END) + _length_in(bytes(heard[: end + 2]))
        if len(heard) >= self._whole:
            heard.clear()
            self._whole = 0
            assert self._answered is not None
            self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionError("the server hung up"))


def _length_in(head: bytes) -> int:
    if not head.startswith(_GOOD):
        raise RuntimeError(f"a page was not answered: {head.splitlines()[0].decode()}")
    found = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[found : head.index(b"\r\n", found)])


async def _visitors(port: int) -> list[_Visitor]:
    return [await _visitor(port) for _ in range(CLIENTS)]


async def _visitor(port: int) -> _Visitor:
    return (await asyncio.get_running_loop().create_connection(_Visitor, "127.0.0.1", port))[1]


async def _warm(visitors: Sequence[_Visitor], page: str, first: int) -> None:
    asked = _asked(page, first, CLIENTS * _WARMING)
    for _ in range(_WARMING):
        await asyncio.gather(*(visitor.ask(next(asked)) for visitor in visitors))


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: news.example\r\n\r\n".encode()


def _one_click(path: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: news.example\r\nContent-Length: {len(_FORM)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    return head.encode() + _FORM


_TOKENS: Final = Tokens([KEY.encode()])
#: The request for the nth reader.
_PAGES: Final[dict[str, Callable[[int], bytes]]] = {
    "nothing": lambda _n: _get("/"),
    "preferences page": lambda n: _get(f"/preferences/{_TOKENS.make(Purpose.PREFERENCES, n)}"),
    "unsubscribe page": lambda n: _get(f"/unsubscribe/{_TOKENS.make(Purpose.UNSUBSCRIBE, n)}"),
    "one-click POST": lambda n: _one_click(f"/unsubscribe/{_TOKENS.make(Purpose.UNSUBSCRIBE, n)}"),
    "subscribe page": lambda _n: _get("/subscribe"),
}
PAGES: Final = tuple(_PAGES)
