"""Leavings that come together are written together: after a large mailing many press the button at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.flows.notices import goodbyes
from digest.store.database import Database
from subscribers import together
from subscribers.model import Standing
from subscribers.subscription import TRANSITIONS, Event, Subscription

#: Who left from here had agreed to mail; who never confirmed, or was imported as gone, had not.
HAD_AGREED: Final = frozenset({Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING})
#: In one transaction.
_TOGETHER: Final = 100


class Leaving(NamedTuple):
    """A subscription that is to end, and why."""

    subscription_id: int
    reason: str


class _Waiting(Struct):
    leaving: Leaving
    done: asyncio.Future[bool]


class Leavings:
    """Ends subscriptions at once; those that come during a transaction are in the next one."""

    def __init__(self, *, store: Database, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._now: Final = now
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def end(self, leaving: Leaving) -> bool:
        """End one; True when it was not over before. It is durable when this returns."""
        mine = _Waiting(leaving, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await mine.done

    async def _write(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
                await self._write_some(some)
        finally:
            self._writing = None

    async def _write_some(self, some: Sequence[_Waiting]) -> None:
        wanted = [one.leaving for one in some]
        now = self._now()
        try:
            ended = await self._store.write_briefly(lambda connection: _end(connection, wanted, now))
        except Exception as error:
            for one in some:
                if not one.done.done():
                    one.done.set_exception(error)
            return
        for one in some:
            # who has gone away meanwhile has left all the same
            if not one.done.done():
                one.done.set_result(one.leaving.subscription_id in ended)


async def end_all(
    connection: AsyncConnection, mine: Sequence[Subscription], reasons: Mapping[int, str], now: datetime
) -> list[Subscription]:
    """End those of these subscriptions that are not over; as they were before. Reasons are by their ids.

    What is planned for them is skipped at the claim. Nobody is told: that is for the caller to do.
    """
    ending = [one for one in mine if (one.standing, Event.LEFT) in TRANSITIONS]
    await together.take_out(connection, [one.id for one in ending], Standing.LEFT)
    await together.note_standings(connection, ending, Standing.LEFT, reasons, now)
    return ending


async def _end(connection: AsyncConnection, wanted: Sequence[Leaving], now: datetime) -> set[int]:
    reasons = {one.subscription_id: one.reason for one in wanted}
    found = await together.subscriptions_by_id(connection, sorted(reasons))
    ended = await end_all(connection, found, reasons, now)
    await goodbyes(connection, [one for one in ended if one.standing in HAD_AGREED], now)
    return {one.id for one in ended}
