"""What one of several may do while it sends: it waits for its share, and goes by what that becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from msgspec import Struct

from digest.core.pace import Limit, Pace
from digest.core.shares import BEAT, SharedLimits
from digest.flows.roll import Roll

log = structlog.get_logger(__name__)


class Share(Struct, frozen=True):
    """What may be done in one piece of work."""

    #: the name under which copies are claimed
    owner: str
    #: connections at most
    lanes: int
    #: set when nothing more may begin: a stop was asked for, or the share is gone, or the name
    halt: asyncio.Event
    #: None for all of it
    limits: SharedLimits | None = None

    @property
    def is_one_of_many(self) -> bool:
        """Others may be sending at the same time."""
        return self.limits is not None

    def copies_of(self, all_copies: int) -> int:
        """So many of copies that all together may send."""
        return all_copies if self.limits is None else self.limits.copies_of(all_copies)


def all_of(owner: str, lanes: int, stop: asyncio.Event) -> Share:
    """The share of who is alone."""
    return Share(owner, lanes, stop)


@asynccontextmanager
async def share_of(
    roll: Roll, pace: Pace, stop: asyncio.Event, *, lanes: int, clock: Callable[[], float]
) -> AsyncIterator[Share]:
    """Wait for a share, and keep a pace by it while the block runs.

    `halt` is set when the share is gone, or its owner goes by another name: what it had under this one was
    taken from it. So it is by `stop`; one that comes while it waits gives no lane at all.
    Afterwards the pace is what it was: single notices do not count among what is shared.
    """
    halt = asyncio.Event()
    limit = await _wait_for_share(roll, stop)
    owner = roll.owner
    share = Share(owner, 0 if limit is None else min(lanes, limit.connections), halt, roll.limits())
    if limit is None:
        halt.set()
        yield share
        return
    pace.adopt(roll.limits(), clock())
    following = asyncio.create_task(_follow(roll, owner, pace, halt, clock), name="share")
    passing_on = asyncio.create_task(_pass_on(stop, halt), name="stop")
    try:
        yield share
    finally:
        following.cancel()
        passing_on.cancel()
        await asyncio.gather(following, passing_on, return_exceptions=True)
        pace.adopt(roll.whole, clock())


async def _wait_for_share(roll: Roll, stop: asyncio.Event) -> Limit | None:
    """The limit of our connections to the server; None when a stop came first."""
    if not stop.is_set() and roll.limits().of_server() is None:
        log.info("others send too: waits for its share of the limits")
    while not stop.is_set():
        limit = roll.limits().of_server()
        if limit is not None:
            return limit
        await roll.changed(0.5)
    return None


async def _follow(
    roll: Roll, owner: str, pace: Pace, halt: asyncio.Event, clock: Callable[[], float]
) -> None:
    while True:
        await roll.changed(BEAT)
        limits = roll.limits()
        pace.adopt(limits, clock())
        # who is alone may send again as soon as it has its new name, and not under the former one
        if limits.of_server() is None or roll.owner != owner:
            halt.set()


async def _pass_on(stop: asyncio.Event, halt: asyncio.Event) -> None:
    await stop.wait()
    halt.set()
