"""Figures of the house are read from its rows, and kept for a while: whoever asks often costs no more.

quick look (5 s and more)   issues, copies, slots, notices, what came back, feeds, webhooks, who works
slow look (60 s and more)   readers, slots to come, size
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from msgspec import Struct, field

from digest.core.metrics import Sample
from digest.core.readiness import StoreState
from digest.errors import DigestError
from digest.flows import metrics_read
from digest.store.database import Database
from digest.store.readiness import state_of

log = structlog.get_logger(__name__)

#: A look is kept for so many seconds at least, and for so many times as long as it took: nobody who asks can
#: have the store do this for more than a twentieth of its time.
QUICK_KEPT: Final = 5.0
SLOW_KEPT: Final = 60.0
_KEPT_TIMES: Final = 20.0
#: A look that takes longer than so many seconds has failed: Prometheus waits for ten.
LONGEST: Final = 8.0

_Looking = Callable[[datetime], Awaitable[Iterable[Sample]]]


class StoreSeen(Struct, frozen=True):
    """What the rows say, or that they could not be read."""

    samples: tuple[Sample, ...]
    is_up: bool
    #: how long the looks took, in seconds
    seconds: float


class _Look(Struct):
    """One look, and what it has seen last."""

    look: _Looking
    kept: float
    samples: tuple[Sample, ...] = ()
    is_up: bool = False
    seconds: float = 0.0
    #: by the clock of whoever keeps it; nothing was seen before
    good_until: float = field(default=float("-inf"))


class StoreMetrics:
    """The figures from the rows of one store."""

    def __init__(
        self,
        *,
        store: Database,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        longest: float = LONGEST,
    ) -> None:
        """Look at nothing yet; `clock` gives seconds that only go forward."""
        self._store: Final = store
        self._now: Final = now
        self._clock: Final = clock
        self._longest: Final = longest
        self._looks: Final = (
            _Look(partial(metrics_read.quick, store), QUICK_KEPT),
            _Look(partial(metrics_read.slow, store), SLOW_KEPT),
        )
        self._one_looks: Final = asyncio.Lock()
        self._was_up = True

    async def seen(self) -> StoreSeen:
        """What the last looks have seen; looks again when that is old. Of a store that fails, nothing."""
        async with self._one_looks:
            for one in self._looks:
                if self._clock() >= one.good_until:
                    await self._look(one)
        is_up = all(one.is_up for one in self._looks)
        samples = tuple(sample for one in self._looks for sample in one.samples)
        return StoreSeen(samples, is_up, sum(one.seconds for one in self._looks))

    async def _look(self, one: _Look) -> None:
        began = self._clock()
        try:
            async with asyncio.timeout(self._longest):
                one.samples, one.is_up = await self._read(one.look)
        except (DigestError, TimeoutError) as error:
            # what was seen before is not shown as if it were of now
            one.samples, one.is_up = (), False
            self._tell(str(error) or f"no answer within {self._longest:g} s")
        else:
            self._was_up = self._was_up or one.is_up
        one.seconds = self._clock() - began
        one.good_until = self._clock() + max(one.kept if one.is_up else QUICK_KEPT, _KEPT_TIMES * one.seconds)

    async def _read(self, look: _Looking) -> tuple[tuple[Sample, ...], bool]:
        state = await state_of(self._store)
        # a closed store is read as ever: somebody may want to know what it came to
        if state not in (StoreState.READY, StoreState.CLOSED):
            self._tell(state.value)
            return (), False
        return tuple(await look(self._now())), True

    def _tell(self, words: str) -> None:
        if self._was_up:
            log.warning("the store cannot be read for its figures", error=words)
        self._was_up = False
