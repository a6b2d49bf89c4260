"""Issues are planned and sent by workers, on whatever machines: work is handed to the engine.

Our rows say what there is to do; a round only sees to it that there are enough jobs for it. So it may run in
several schedulers, and what was lost on the way is handed in again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from digest.core.shares import BEAT
from digest.errors import StoreError
from digest.flows.publish import Planned, due_slots
from digest.flows.roll import Roll
from digest.flows.tally import Tally
from digest.jobs.engine import Engine, Job, PlanSlots, SendSome, jobs_for_copies
from digest.jobs.here import Here
from digest.jobs.place import Place
from digest.store import issues, workers
from digest.store.claimable import claimable_by_issue
from digest.store.database import Database
from digest.store.workers import Kind

log = structlog.get_logger(__name__)

#: Jobs of one issue that wait at a time, at most: some hours of work for many workers.
_MOST_JOBS: Final = 5000


class Elsewhere:
    """Hands planning and sending to workers."""

    def __init__(self, *, store: Database, engine: Engine, resend_uncertain: bool) -> None:
        """Take the parts."""
        self._store: Final = store
        self._engine: Final = engine
        self._resend_uncertain: Final = resend_uncertain

    async def plan(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Have planned what is due; nothing is when this returns."""
        due = await due_slots(store=self._store, now=now)
        if not due or stop.is_set():
            return []
        wanted = dict.fromkeys(PlanSlots(one.newsletter_id, one.cadence_id) for one in due)
        async with self._store.write() as connection:
            waiting = await self._engine.waiting(connection)
            await self._engine.hand_in(connection, [job for job in wanted if job not in waiting])
        return []

    async def send(self, issue_ids: Sequence[int], now: datetime, stop: asyncio.Event) -> Tally:
        """See to it that there are enough jobs for what can be sent; none of it is when this returns."""
        tally = Tally()
        await self._engine.sweep()
        if not issue_ids or stop.is_set():
            return tally
        async with self._store.read() as connection:
            copies = await claimable_by_issue(
                connection, issue_ids, now=now, resend_uncertain=self._resend_uncertain
            )
            over = await issues.without_open_copies(connection, set(issue_ids) - copies.keys())
        for issue_id in over:
            # nobody gets a job for it: whoever had the last of its copies has ended before it was closed
            async with self._store.write() as connection:
                await issues.close_when_settled(connection, issue_id)
        tally.handed_over = sum(copies.values())
        if tally.handed_over:
            async with self._store.write() as connection:
                waiting = await self._engine.waiting(connection)
                await self._engine.hand_in(connection, missing(copies, waiting))
        return tally

    async def hand_in_again(self) -> None:
        """What somebody held who is gone is handed in at once, and waits for no round."""
        async with self._store.read() as connection:
            now = await workers.clock(connection)
            open_ids = [issue.id for issue in await issues.still_sending(connection, now)]
        await self.send(open_ids, now, asyncio.Event())


def missing(copies: dict[int, int], waiting: Counter[Job]) -> list[Job]:
    """The jobs to hand in, for so many copies of issues, beside those that wait already."""
    return [
        job
        for issue_id, count in copies.items()
        for job in [SendSome(issue_id)]
        * (min(jobs_for_copies(count), _MOST_JOBS) - waiting[SendSome(issue_id)])
    ]


class WhereWorkersAre:
    """Hands work over while there are workers, and does it here while there are none."""

    def __init__(self, *, store: Database, here: Here, elsewhere: Elsewhere, roll: Roll) -> None:
        """Take both places, and the roll on which workers stand."""
        self._store: Final = store
        self._here: Final = here
        self._elsewhere: Final = elsewhere
        self._roll: Final = roll
        self._handed_over: bool | None = None

    async def plan(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Plan, or have it planned."""
        return await (await self._place()).plan(now, stop)

    async def send(self, issue_ids: Sequence[int], now: datetime, stop: asyncio.Event) -> Tally:
        """Send, or have it sent; what is sent here is handed over as soon as a worker may send."""
        if await self._place() is self._elsewhere:
            return await self._elsewhere.send(issue_ids, now, stop)
        enough = asyncio.Event()
        watching = asyncio.create_task(self._watch(enough, stop), name="watch")
        try:
            tally = await self._here.send(issue_ids, now, enough)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if enough.is_set() and not stop.is_set() and await self._place() is self._elsewhere:
            tally.handed_over = (await self._elsewhere.send(issue_ids, now, stop)).handed_over
        return tally

    async def _watch(self, enough: asyncio.Event, stop: asyncio.Event) -> None:
        """Set `enough` with `stop`, or once a worker has its share, so that it takes over without a gap."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await asyncio.wait([stopped], timeout=BEAT)
                with suppress(StoreError):
                    async with self._store.read() as connection:
                        there = await workers.here(connection)
                    if any(one.kind is Kind.WORKER and one.doing.lanes for one in there):
                        break
            enough.set()
        finally:
            stopped.cancel()

    async def _place(self) -> Place:
        async with self._store.read() as connection:
            there = await workers.here(connection)
        hands_over = any(one.kind is Kind.WORKER for one in there)
        if hands_over is not self._handed_over:
            log.info("workers send" if hands_over else "no worker is there: this process sends")
            self._handed_over = hands_over
        await self._roll.become(Kind.SCHEDULER if hands_over else Kind.SENDER)
        return self._elsewhere if hands_over else self._here
