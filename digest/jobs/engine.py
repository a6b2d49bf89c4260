"""What we want of an engine that brings work to many machines: little, and nothing that our rows do not know.

A job is a permit: whoever gets one looks at the store for what there is to do. So one that is lost, comes
twice, or comes when all is done does no harm; what has no job gets one anew by the next round.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

#: Copies that one job may send: some seconds of a worker's time, so that what is urgent does not wait long,
#: and that taking up a job costs next to nothing beside it.
COPIES_A_JOB: Final = 1000


class PlanSlots(Struct, frozen=True):
    """Plan what is due of a cadence of a newsletter."""

    newsletter_id: int
    cadence_id: int


class SendSome(Struct, frozen=True):
    """Claim and send up to `COPIES_A_JOB` copies of an issue."""

    issue_id: int


Job = PlanSlots | SendSome


def jobs_for_copies(copies: int) -> int:
    """How many jobs so many copies are."""
    return -(-copies // COPIES_A_JOB)


class Engine(Protocol):
    """Brings jobs to whoever works."""

    async def set_up(self) -> None:
        """Make its own tables, or bring them up to date; safe to repeat."""
        ...

    async def hand_in(self, connection: AsyncConnection, jobs: Iterable[Job]) -> None:
        """Take jobs within the caller's transaction: they are there when that is, and not without it."""
        ...

    async def waiting(self, connection: AsyncConnection) -> Counter[Job]:
        """The jobs that nobody has taken up yet, alike ones counted.

        Until the end of the transaction nobody else gets an answer: two who both miss a job hand in one.
        """
        ...

    async def sweep(self) -> int:
        """Forget the jobs of workers that are gone: how many."""
        ...

    async def work(self, do: Callable[[Job], Awaitable[None]], *, name: str, stop: asyncio.Event) -> None:
        """Do one job after the other until `stop` is set, the one under way to its end.

        Ends in no other way: when the engine cannot be reached, it is tried again.
        """
        ...
