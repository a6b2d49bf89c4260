"""A process says whether it can serve: asked at most once a second, and never for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from digest.core.readiness import Pulse, Readiness, StoreState, scheduler_runs
from digest.errors import StoreError
from digest.store.database import Database
from digest.store.readiness import state_of

log = structlog.get_logger(__name__)

#: Whoever asks again within so many seconds gets the same answer: strangers may ask.
KEPT: Final = 1.0
#: A store that has not answered after so many seconds is no store to serve from.
LONGEST: Final = 3.0


class ReadyOrNot:
    """Asks the store and the scheduler of this process."""

    def __init__(
        self,
        *,
        store: Database,
        pulse: Pulse | None = None,
        is_stopping: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        longest: float = LONGEST,
    ) -> None:
        """With a `pulse` the scheduler has to run as well; `clock` gives seconds that only go forward."""
        self._store: Final = store
        self._pulse: Final = pulse
        self._is_stopping: Final = is_stopping
        self._clock: Final = clock
        self._longest: Final = longest
        self._one_asks: Final = asyncio.Lock()
        self._state = StoreState.READY
        self._good_until = float("-inf")

    async def look(self) -> Readiness:
        """How it is now."""
        async with self._one_asks:
            if self._clock() >= self._good_until:
                await self._ask()
                self._good_until = self._clock() + KEPT
        return Readiness(
            self._state, scheduler_runs(self._pulse, datetime.now(UTC)), is_stopping=self._is_stopping()
        )

    async def _ask(self) -> None:
        before, words = self._state, ""
        try:
            async with asyncio.timeout(self._longest):
                self._state = await state_of(self._store)
        except StoreError as error:
            self._state, words = StoreState.UNREACHABLE, str(error)
        except TimeoutError:
            self._state = StoreState.SLOW
        if self._state is not before and self._state is StoreState.READY:
            log.info("the store can be served from again")
        elif self._state is not before:
            log.warning("the store cannot be served from", why=words or self._state.value)
