"""Lanes that are kept between two pieces of work, so that the next one need not connect anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from digest.mail.lane import Lane

#: Seconds for which a connection is kept that nobody uses: servers do not like to be held for nothing.
KEPT_FOR: Final = 20.0


class KeptLanes:
    """Gives lanes out, the one used last first, and takes them back."""

    def __init__(self, make: Callable[[], Lane], *, clock: Callable[[], float] = monotonic) -> None:
        """`make` makes a lane that is not open yet; `clock` gives seconds."""
        self._make: Final = make
        self._clock: Final = clock
        #: with the time since when nobody uses it
        self._idle: Final[deque[tuple[float, Lane]]] = deque()

    def __len__(self) -> int:
        return len(self._idle)

    def lane(self) -> Lane:
        """One that is kept, or a new one."""
        return self._idle.pop()[1] if self._idle else self._make()

    async def put_away(self, lane: Lane) -> None:
        """Keep a lane over which all went well."""
        self._idle.append((self._clock(), lane))

    async def close_idle(self, *, most: int | None = None, kept_for: float = KEPT_FOR) -> None:
        """Take leave of those that were not used for so long, and of all beyond `most`."""
        while self._idle:
            since, lane = self._idle[0]
            is_too_many = most is not None and len(self._idle) > most
            if not is_too_many and self._clock() - since < kept_for:
                return
            self._idle.popleft()
            await lane.close()

    async def close(self) -> None:
        """Take leave of all."""
        await self.close_idle(most=0)
