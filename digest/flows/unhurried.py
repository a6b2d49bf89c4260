"""Work that nobody waits for: in small steps, with as long a pause after each, and an end when it is time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

#: The shortest pause, in seconds: others who wait for their turn come to it.
_PAUSE: Final = 0.02


class Unhurried:
    """Says after each step whether there is time for another."""

    def __init__(
        self,
        stop: asyncio.Event | None = None,
        *,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on until `stop`, for so many seconds; without either until all is done."""
        self._stop: Final = stop or asyncio.Event()
        self._clock: Final = clock
        self._began: float = clock()
        self._ends: Final = None if seconds is None else self._began + seconds
        #: something was left, for another time
        self.broke_off = False

    async def goes_on(self) -> bool:
        """Pause for as long as the step took that was just done; False when no other is to follow."""
        now = self._clock()
        took = now - self._began
        if self._ends is not None and now + took > self._ends:
            self.broke_off = True
            return False
        try:
            await asyncio.wait_for(self._stop.wait(), max(_PAUSE, took))
        except TimeoutError:
            self._began = self._clock()
            return True
        self.broke_off = True
        return False
