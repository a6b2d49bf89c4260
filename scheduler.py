"""WHEN: wakes again and again, and has everything done that is due.

What is due lives in the store, so a tick that comes late, twice, or from two machines does no harm; at the
start, slots that were missed while nothing ran become one issue each cadence, not many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digest.core.readiness import Pulse as Pulse
from digest.jobs.local import Jobs
from digest.jobs.on_watch import OnWatch

log = structlog.get_logger(__name__)

#: How often notices, rosters, feeds, files and returned mail are looked for: somebody who has just signed up
#: waits for a mail, and somebody at the desk for an import, or for a feed that was added.
NOTICE_SECONDS: Final = 3
#: How often it is looked for what is late; the first time after this, for rounds come first.
WATCH_SECONDS: Final = 60


async def keep_time(
    jobs: Jobs,
    *,
    tick_seconds: int,
    stop: asyncio.Event,
    pulse: Pulse,
    watch: OnWatch | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Tick until `stop` is set, the first time at once; a tick under way ends well before this returns.

    Who is on `watch` looks between the ticks, however long one takes, and whatever becomes of them.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    at_work: list[asyncio.Lock] = []

    def every(seconds: int, work: Callable[[datetime], Coroutine[Any, Any, None]], first: int = 0) -> None:
        at_work.append(busy := asyncio.Lock())

        async def turn() -> None:
            pulse.woke_at = datetime.now(UTC)
            async with busy:
                if not stop.is_set():
                    await work(clock())

        scheduler.add_job(
            turn,
            "interval",
            seconds=seconds,
            # a tick is never too late, several missed ones are one, and none overtakes another
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            next_run_time=datetime.now(UTC) + timedelta(seconds=first),
        )

    every(tick_seconds, lambda now: _tick(jobs, now, stop, pulse))
    for between in (_notify, _take_in, _hand_over, _poll, _look, _read_mailbox, _record):
        every(min(tick_seconds, NOTICE_SECONDS), partial(between, jobs, stop))
    if watch is not None:
        every(WATCH_SECONDS, partial(_look_out, watch, stop), first=WATCH_SECONDS)
    scheduler.start()
    pulse.is_awake, pulse.woke_at = True, datetime.now(UTC)
    log.info("the scheduler is awake", tick_seconds=tick_seconds)
    try:
        await stop.wait()
        scheduler.remove_all_jobs()
        # the tick under way looks at `stop` itself and comes to a good end
        for busy in at_work:
            await busy.acquire()
        log.info("the scheduler is stopping")
    finally:
        pulse.is_awake = False
        await jobs.end()
        scheduler.shutdown(wait=False)


async def keep_watch(
    watch: OnWatch, *, stop: asyncio.Event, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Look for what is late until `stop` is set: of a process that has no other work."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(WATCH_SECONDS):
                await stop.wait()
        if stop.is_set():
            return
        await watch.look_whatever_happens(clock(), stop)


async def _tick(jobs: Jobs, now: datetime, stop: asyncio.Event, pulse: Pulse) -> None:
    """One tick; whatever goes wrong is told, and the next tick tries again."""
    try:
        report = await jobs.run(now, stop)
    except Exception as error:
        pulse.trouble = f"{type(error).__name__}: {error}"
        log.error("a tick failed", error=pulse.trouble)
        return
    pulse.last_tick, pulse.trouble = now, report.trouble
    totals = report.totals
    if totals.planned or totals.sent or report.trouble:
        waits = {"waiting": report.waiting} if report.waiting else {}
        log.info("a tick is done", planned=totals.planned, sent=totals.sent, trouble=report.trouble, **waits)


async def _look_out(watch: OnWatch, stop: asyncio.Event, now: datetime) -> None:
    await watch.look_whatever_happens(now, stop)


async def _take_in(jobs: Jobs, stop: asyncio.Event, now: datetime) -> None:
    """Go on with rosters between the ticks; a piece that fails is tried again, and stays where it is."""
    try:
        await jobs.take_in(now, stop)
    except Exception as error:
        log.error("a roster could not be taken in", error=f"{type(error).__name__}: {error}")


async def _hand_over(jobs: Jobs, stop: asyncio.Event, _now: datetime) -> None:
    """Tell webhooks what happened; what cannot be told now is told later."""
    try:
        await jobs.hand_over(stop)
    except Exception as error:
        log.error("webhooks could not be told", error=f"{type(error).__name__}: {error}")


async def _poll(jobs: Jobs, stop: asyncio.Event, now: datetime) -> None:
    """Ask feeds between the ticks, so that no mail waits for a slow one."""
    try:
        done = await jobs.poll(now, stop)
    except Exception as error:
        log.error("feeds could not be polled", error=f"{type(error).__name__}: {error}")
        return
    if done.added or done.updated or done.failed:
        log.info("feeds were polled", added=done.added, updated=done.updated, failed=done.failed)


async def _look(jobs: Jobs, stop: asyncio.Event, now: datetime) -> None:
    """Take in what was put into the watched folder; what came of each file is told by who takes it."""
    try:
        await jobs.look(now, stop)
    except Exception as error:
        log.error("the folder could not be looked into", error=f"{type(error).__name__}: {error}")


async def _read_mailbox(jobs: Jobs, stop: asyncio.Event, _now: datetime) -> None:
    """Read what came back; what was not recorded lies in the mailbox until it is."""
    try:
        await jobs.read_mailbox(stop)
    except Exception as error:
        log.error("the mailbox of returned mail could not be read", error=f"{type(error).__name__}: {error}")


async def _record(jobs: Jobs, _stop: asyncio.Event, now: datetime) -> None:
    """Write down who left, beside the store; what goes wrong is told by who writes."""
    await jobs.record_leavings(now)


async def _notify(jobs: Jobs, stop: asyncio.Event, now: datetime) -> None:
    """Send notices between the ticks; what stands in the way is told by the next tick, which meets it too."""
    try:
        await jobs.notify(now, stop)
    except Exception as error:
        log.error("notices could not be sent", error=f"{type(error).__name__}: {error}")
