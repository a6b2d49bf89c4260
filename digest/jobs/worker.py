"""A worker: one of many processes that plan and send what is handed to them, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from digest import tracing
from digest.core.notices import LATE_BY
from digest.core.stopwatch import Stopwatch
from digest.errors import DigestError
from digest.flows.alerts import Told, tell
from digest.flows.publish import Planned, due_slots
from digest.flows.roll import Roll
from digest.jobs.engine import COPIES_A_JOB, Engine, Job, PlanSlots, SendSome, jobs_for_copies
from digest.jobs.here import Here
from digest.mail.kept import KeptLanes
from digest.store import issues, workers
from digest.store.database import Database
from digest.store.workers import State

log = structlog.get_logger(__name__)

#: Seconds until a worker takes up anything after it could not send: a server that is down, or refuses
#: everything, is not asked by every job.
_AFTER_TROUBLE: Final = 10.0
#: Seconds between two looks at lanes that nobody uses.
_LOOK_AT_LANES: Final = 5.0


def announcing(engine: Engine) -> _Announce:
    """Hands in the jobs for an issue in the transaction that plans it."""
    return _Announce(engine)


class _Announce:
    def __init__(self, engine: Engine) -> None:
        self._engine: Final = engine

    async def __call__(self, connection: AsyncConnection, planned: Planned) -> None:
        # one that waits for its time, or for somebody's word, is handed in by the round that finds it
        if await issues.is_sending(connection, planned.issue_id, await workers.clock(connection)):
            jobs = [SendSome(planned.issue_id)] * jobs_for_copies(planned.copies)
            await self._engine.hand_in(connection, jobs)


class Worker:
    """Does the jobs of the engine by what the store says, one after the other."""

    def __init__(
        self,
        *,
        store: Database,
        here: Here,
        engine: Engine,
        roll: Roll,
        kept: KeptLanes,
        alerts_to: Sequence[str] = (),
    ) -> None:
        """Take the parts: `here` sends over `kept` lanes."""
        self._store: Final = store
        self._here: Final = here
        self._engine: Final = engine
        self._roll: Final = roll
        self._kept: Final = kept
        self._alerts_to: Final = tuple(alerts_to)
        self._stop = asyncio.Event()

    @property
    def name(self) -> str:
        """By which people know it."""
        return self._roll.name

    @property
    def copies(self) -> int:
        """How many came to an end here."""
        return self._roll.copies

    @property
    def stopwatch(self) -> Stopwatch:
        """What sending takes here."""
        return self._here.stopwatch

    async def work(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; the messages on the wire end well, and what is left is others'."""
        self._stop = stop
        tidying = asyncio.create_task(self._tidy_lanes(), name="lanes")
        leaving = asyncio.create_task(self._say_leaving(), name="leaving")
        try:
            await self._has_a_share()
            await self._engine.work(self.do, name=self.name, stop=stop)
        finally:
            for task in (tidying, leaving):
                task.cancel()
            await asyncio.gather(tidying, leaving, return_exceptions=True)
            await self._kept.close()

    async def do(self, job: Job) -> None:
        """Do one job; what goes wrong is told, and somebody else tries it by another one."""
        if self._stop.is_set():
            return
        try:
            with tracing.span("job", kind="send" if isinstance(job, SendSome) else "plan"):
                trouble = await (self._send(job) if isinstance(job, SendSome) else self._plan(job))
        except DigestError as error:
            trouble = str(error)
        finally:
            if not self._stop.is_set():
                self._roll.is_at(State.IDLE)
        if trouble:
            log.error("a job came to no end", job=str(job), error=trouble)
            await self._rest()

    async def _send(self, job: SendSome) -> str:
        # since others have come it may have no share, and wait for hours: it goes by the time at their end
        await self._has_a_share()
        now = self._roll.wall()
        async with self._store.read() as connection:
            if not await issues.is_sending(connection, job.issue_id, now):
                return ""
        self._roll.is_at(State.SENDING, job.issue_id)
        tally = await self._here.send([job.issue_id], now, self._stop, at_most=COPIES_A_JOB)
        if not tally.trouble:
            await self._here.watch.afterwards(now)
        return tally.whole_trouble

    async def _plan(self, job: PlanSlots) -> str:
        self._roll.is_at(State.PLANNING)
        now = self._roll.wall()
        due = await due_slots(store=self._store, now=now, only=(job.newsletter_id, job.cadence_id))
        planned = await self._here.plan_slots(due, now, self._stop)
        late = [one for one in planned if one.late_by >= LATE_BY]
        if late and self._alerts_to:
            await tell(Told("", 0, late), self._alerts_to, store=self._store, now=now)
        return "; ".join(self._here.unplanned())

    async def _has_a_share(self) -> None:
        """A newcomer takes up no job as long as it may not send: others may."""
        while not self._stop.is_set() and self._roll.limits().of_server() is None:
            await self._roll.changed(0.5)
        self._roll.is_at(State.IDLE)

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_AFTER_TROUBLE):
                await self._stop.wait()

    async def _say_leaving(self) -> None:
        await self._stop.wait()
        self._roll.is_at(State.LEAVING)

    async def _tidy_lanes(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AT_LANES)
            limit = self._roll.limits().of_server()
            await self._kept.close_idle(most=limit.connections if limit else 0)
