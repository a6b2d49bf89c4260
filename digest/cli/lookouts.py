"""How a command gets who looks for what is late, and who gives signs of life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from msgspec import Struct

from digest import wiring
from digest.cli.dispatch import jobs_for
from digest.config import Settings, Uncertain
from digest.errors import DigestError
from digest.flows.heartbeat import Heartbeat
from digest.flows.overdue import Lookout
from digest.jobs.local import LocalJobs
from digest.jobs.on_watch import OnWatch
from digest.store.database import Database

log = structlog.get_logger(__name__)


class Round(Struct):
    """A run, and what was wrong with it."""

    trouble: str = "it did not end"


@asynccontextmanager
async def on_watch(
    settings: Settings, store: Database, jobs: LocalJobs | None, trouble: Callable[[], str] = lambda: ""
) -> AsyncIterator[OnWatch]:
    """Who looks while the block runs; `trouble` says what was wrong with the last round.

    A process with no work of its own has some made for what is to be told, and gives no sign of life: others
    do the work, and it is their silence that should be heard.
    """
    if jobs is None:
        yield OnWatch(lookout=lookout_of(settings, store), jobs=await _for_telling(settings, store))
        return
    reach = wiring.reach_to_heartbeat(settings)
    url = settings.heartbeat_url.get_secret_value()
    try:
        yield OnWatch(
            lookout=lookout_of(settings, store),
            jobs=jobs,
            heartbeat=Heartbeat(url=url, reach=reach) if url else None,
            trouble=trouble,
        )
    finally:
        await reach.close()


@asynccontextmanager
async def watching(
    settings: Settings, store: Database, jobs: LocalJobs, stop: asyncio.Event, *, as_if: bool
) -> AsyncIterator[Round]:
    """Look once when a run has ended, and also when it broke; what it says of itself is the round.

    A run `as_if` it were another time tells nobody anything.
    """
    ended = Round()
    try:
        yield ended
    finally:
        if not as_if:
            async with on_watch(settings, store, jobs, lambda: ended.trouble) as watch:
                await watch.look_whatever_happens(datetime.now(UTC), stop)


def lookout_of(settings: Settings, store: Database) -> Lookout:
    """Who looks for what is late."""
    return Lookout(
        store=store,
        graces=wiring.graces_of(settings),
        alerts_to=wiring.alerts_to_of(settings),
        warm_up=wiring.warm_up_of(settings),
        resend_uncertain=settings.uncertain is Uncertain.AGAIN,
    )


async def _for_telling(settings: Settings, store: Database) -> LocalJobs | None:
    """What sends mails about what is late; None where none can be sent: pages are shown all the same."""
    try:
        return await jobs_for(settings, store)
    except DigestError as error:
        log.warning("nobody can be mailed from here when something is late", error=str(error))
        return None
