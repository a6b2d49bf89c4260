"""Who is on watch: looks for what is late, sees to it that admins hear of it, and gives signs of life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from digest.flows.heartbeat import Heartbeat
from digest.flows.overdue import Lookout, Seen
from digest.jobs.local import Jobs

log = structlog.get_logger(__name__)


class OnWatch:
    """One look after the other; what it needs of the work is that mails and webhooks go out."""

    def __init__(
        self,
        *,
        lookout: Lookout,
        jobs: Jobs | None,
        heartbeat: Heartbeat | None = None,
        trouble: Callable[[], str] = lambda: "",
    ) -> None:
        """Without `jobs` what is to be told waits for who has some.

        A sign of life is given only while nothing is late, and the last round had no `trouble`.
        """
        self._lookout: Final = lookout
        self._jobs: Final = jobs
        self._heartbeat: Final = heartbeat
        self._trouble: Final = trouble

    async def look(self, now: datetime, stop: asyncio.Event) -> Seen:
        """Look once; while something is late, who should send the mails about it may be what is broken."""
        seen = await self._lookout.look(now)
        if self._jobs is not None and (seen.late or seen.cleared):
            await self._jobs.notify(now, stop)
            await self._jobs.hand_over(stop)
        if self._heartbeat is not None and not seen.late and not self._trouble():
            await self._heartbeat.beat()
        return seen

    async def look_whatever_happens(self, now: datetime, stop: asyncio.Event) -> None:
        """Look, as one who goes on with something else: what goes wrong with looking is told, too."""
        try:
            await self.look(now, stop)
        except Exception as error:
            log.error("nobody could look for what is late", error=f"{type(error).__name__}: {error}")
