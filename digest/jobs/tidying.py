"""What is done now and then beside the work itself: who did not confirm is forgotten, what is old shrinks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from digest.core.retention import Keep
from digest.flows.shrink import shrink
from digest.flows.tidy import tidy
from digest.flows.unhurried import Unhurried
from digest.store.database import Database

log = structlog.get_logger(__name__)

#: How often a process that goes on looks for what is to be forgotten.
TIDY_EVERY: Final = timedelta(hours=1)
#: For how many seconds what is old shrinks then: in a day that is several times what a million readers get.
SHRINK_FOR: Final = 10.0


class Tidying:
    """Knows when each was done last."""

    def __init__(self, store: Database, keep_unconfirmed: timedelta | None, keep: Keep | None) -> None:
        """Without `keep_unconfirmed` nobody is forgotten, without `keep` nothing shrinks."""
        self._store: Final = store
        self._keep_unconfirmed: Final = keep_unconfirmed
        self._keep: Final = keep
        self._tidied_at: datetime | None = None
        self._shrunk_at: datetime | None = None

    async def before_sending(self, now: datetime) -> None:
        """Forget what is to be forgotten, when it is time."""
        if self._keep_unconfirmed is None or not _is_time(self._tidied_at, now):
            return
        self._tidied_at = now
        done = await tidy(store=self._store, now=now, keep_unconfirmed=self._keep_unconfirmed)
        if done.removed or done.left:
            log.info("who did not confirm was forgotten", removed=done.removed, left=done.left)

    async def after_sending(self, now: datetime, stop: asyncio.Event) -> None:
        """Go on for some seconds with making what is old smaller, when it is time."""
        if self._keep is None or not _is_time(self._shrunk_at, now):
            return
        self._shrunk_at = now
        pace = Unhurried(stop, seconds=SHRINK_FOR)
        done = await shrink(store=self._store, now=now, keep=self._keep, pace=pace)
        if not done.is_nothing:
            log.info("what is old became smaller", copies_bound=done.copies, dropped=dict(done.dropped))


def _is_time(last: datetime | None, now: datetime) -> bool:
    return last is None or now >= last + TIDY_EVERY
