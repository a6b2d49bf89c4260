"""Looks at everything for who has no shell: one at a time in a process, the last of which is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import structlog
from msgspec import Struct

from digest.core.doctor_findings import Finding

log = structlog.get_logger(__name__)

#: Seconds after a look within which nobody looks again: each asks mail servers and name servers of others.
REST: Final = 10.0
#: Seconds for one: the look itself ends sooner, but for a disk or a plugin that hangs.
_LONGEST: Final = 45.0

BROKE: Final = "the look broke off, and nothing was found out: the log of this process says why"
HUNG: Final = f"the look came to no end within {_LONGEST:g} s: something on this machine hangs"

Look = Callable[[], Coroutine[object, object, tuple[Finding, ...]]]


class LastLook(Struct, frozen=True):
    """What a look that came to its end has found."""

    at: datetime
    took: timedelta
    findings: tuple[Finding, ...]


class Looking:
    """Begins a look when it is asked for, and knows what the last one found."""

    def __init__(
        self, look: Look, *, now: Callable[[], datetime], clock: Callable[[], float] = monotonic
    ) -> None:
        """Look by `look`; `clock` gives seconds that only go forward."""
        self._look: Final = look
        self._now: Final = now
        self._clock: Final = clock
        self._task: asyncio.Task[None] | None = None
        self._ended_at: float | None = None
        #: what was found at last; None while nobody has looked
        self.last: LastLook | None = None
        #: why the newest look found nothing, in words; empty when it came to its end
        self.trouble: str = ""
        #: since when one is under way
        self.since: datetime | None = None

    def begin(self) -> bool:
        """Begin a look, or join the one that is under way; False when one has ended just now."""
        if self._task is not None and not self._task.done():
            return True
        if self._ended_at is not None and self._clock() - self._ended_at < REST:
            return False
        self.since = self._now()
        self._task = asyncio.create_task(self._run(), name="look")
        return True

    async def ended(self, seconds: float) -> None:
        """Wait until nobody looks, for so long at most; the look goes on, whoever goes away."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)

    async def _run(self) -> None:
        begun = self._clock()
        try:
            found = await asyncio.wait_for(self._look(), _LONGEST)
        except TimeoutError:
            log.error("a look at everything broke off", error=HUNG)
            self.trouble = HUNG
        except Exception as error:
            # what it says may be anything, and is for the log, which hides what is secret
            log.error("a look at everything broke off", error=f"{type(error).__name__}: {error}")
            self.trouble = BROKE
        else:
            self.last = LastLook(self._now(), timedelta(seconds=self._clock() - begun), found)
            self.trouble = ""
        finally:
            self._ended_at, self.since = self._clock(), None
