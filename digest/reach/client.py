"""HTTP to places that others name: one question, one answer, within bounds of time and memory.

A name is resolved once and each of its numbers is looked at; the connection is made to the very number that
was looked at, so a name server that answers differently the second time is never asked a second time
(rebinding). Each request has a connection of its own: what was opened for one name never serves another.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from digest.reach.answers import Answer, Bounds, ReachError, Trouble
from digest.reach.places import Address, Network, Place, is_open_to, number_of, place_from, place_of

#: A host's name (in A-labels) and port in, its numbers as text out; raises OSError when it is not known.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: With a name of many numbers the first that answers will do; nobody has us try a hundred.
_TRIED_ADDRESSES: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD: Final = frozenset({301, 308})


class Reach:
    """The way out; one for a process, since it bounds how many connections there are in all."""

    def __init__(
        self,
        *,
        agent: str,
        own: Sequence[Network] = (),
        connections: int = 20,
        per_host: int = 2,
        resolve: Resolve | None = None,
    ) -> None:
        """Go out as `agent`; `own` are networks that are not open to all and still allowed."""
        self._agent: Final = agent
        self._own: Final = tuple(own)
        self._slots: Final = asyncio.Semaphore(connections)
        self._per_host: Final = per_host
        # a host's gate lives for as long as somebody holds it
        self._gates: Final[WeakValueDictionary[str, asyncio.Semaphore]] = WeakValueDictionary()
        # a thread stays until its name server answers; these are ours, so nobody else waits for one
        self._askers: Final = ThreadPoolExecutor(connections, thread_name_prefix="names")
        self._resolve: Final = resolve or self._ask_the_system

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, bounds: Bounds | None = None
    ) -> Answer:
        """Fetch what stands there, following redirects; any status is an answer. Raises ReachError."""
        return await self._within(bounds or Bounds(), "GET", url, headers or {}, b"")

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        bounds: Bounds | None = None,
    ) -> Answer:
        """Hand something over; a redirect is an answer like any other and not followed. Raises ReachError."""
        return await self._within(bounds or Bounds(), "POST", url, headers or {}, body)

    async def close(self) -> None:
        """Ask for no more names."""
        self._askers.shutdown(wait=False, cancel_futures=True)

    async def _within(
        self, bounds: Bounds, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        place = place_of(url)
        async with self._admitted(place.host):
            try:
                async with asyncio.timeout(bounds.seconds):
                    return await self._follow(bounds, method, place, headers, body)
            except TimeoutError:
                raise ReachError(
                    Trouble.TOO_SLOW, f"{place.url} took longer than {bounds.seconds:g} seconds"
                ) from None

    @asynccontextmanager
    async def _admitted(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at the host first: who waits for a slow host holds no slot of others."""
        gate = self._gates.get(host)
        if gate is None:
            gate = self._gates[host] = asyncio.Semaphore(self._per_host)
        async with gate, self._slots:
            yield

    async def _follow(
        self, bounds: Bounds, method: str, place: Place, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        moved_to, for_good = None, True
        for _hop in range(bounds.redirects + 1):
            answer = await self._ask(bounds, method, place, headers, body)
            location = answer.headers.get("location")
            if method != "GET" or answer.status not in _REDIRECTS or not location:
                return Answer(answer.status, answer.headers, answer.body, place.url, moved_to)
            place = place_from(place, location)
            for_good = for_good and answer.status in _FOR_GOOD
            if for_good:
                moved_to = place.url
        raise ReachError(
            Trouble.TOO_MANY_REDIRECTS, f"{place.url} comes after more than {bounds.redirects} redirects"
        )

    async def _ask(
        self, bounds: Bounds, method: str, place: Place, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        # imported here: nearly every command has a way out at hand, and few of them go
        from digest.reach.exchange import Question, ask

        numbers = (await self._numbers(place))[:_TRIED_ADDRESSES]
        question = Question(method, {"User-Agent": self._agent, **headers}, body)
        return await ask(question, place, numbers, bounds)

    async def _numbers(self, place: Place) -> list[Address]:
        """The numbers of a name, all of them open to us; raises ReachError when one is not."""
        try:
            found = [number_of(text) for text in await self._resolve(place.host, place.port)]
        except (OSError, UnicodeError):
            raise ReachError(
                Trouble.UNKNOWN_NAME, f"the host {place.host} is not known: check its name"
            ) from None
        numbers = list(dict.fromkeys(one for one in found if one is not None))
        if not numbers or len(numbers) < len(set(found)):
            raise ReachError(Trouble.REFUSED, f"the host {place.host} has no number that we may connect to")
        for number in numbers:
            if not is_open_to(number, self._own):
                raise ReachError(
                    Trouble.REFUSED,
                    f"{_called(place.host, number)} is not on the open internet; "
                    "networks of your own are named in DIGEST_REACH_PRIVATE",
                )
        return numbers

    async def _ask_the_system(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._askers, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(address[0]) for *_kind, address in found]


def _called(host: str, number: Address) -> str:
    return host if host == str(number) else f"the host {host} is {number}, which"
