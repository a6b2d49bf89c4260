"""Waits for a store that is locked, full or away for now, so that what is known is not thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from digest.errors import PassingStoreError

#: How long a store may be out of use before a run gives up. A lease is fifteen minutes and a server may take
#: ten of them for its answer: a result that is kept longer than this may belong to somebody else by then.
PATIENCE: Final = timedelta(minutes=5)
#: Pauses between tries: the first, doubled up to the longest. A locked store waits by itself besides.
FIRST_PAUSE: Final = timedelta(seconds=0.25)
LONGEST_PAUSE: Final = timedelta(seconds=10)

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Patience:
    """The patience of one run: it is used up by one trouble, whoever meets it, and whole again after it."""

    def __init__(self) -> None:
        """Begin without any trouble."""
        #: since when the store cannot be used, in the loop's time
        self._since: float | None = None

    async def through(self, write: Callable[[], Awaitable[T]], *, stop: asyncio.Event | None = None) -> T:
        """Do a transaction that may be tried again; raises PassingStoreError when patience ends.

        With `stop`, nothing is at stake: what cannot be done at once is left when a stop is asked for.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                done = await write()
            except PassingStoreError as error:
                if self._ends() or (stop is not None and stop.is_set()):
                    raise
                log.warning(
                    "the store cannot be used for now; this is kept and tried again", error=str(error)
                )
                await _sleep(pause, stop)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if self._since is not None:
                    log.warning("the store can be used again")
                    self._since = None
                return done

    def _ends(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._since is None:
            self._since = now
        return now - self._since >= PATIENCE.total_seconds()


async def _sleep(pause: timedelta, stop: asyncio.Event | None) -> None:
    """Wait, but not on after a stop is asked for."""
    waiting = asyncio.Event() if stop is None else stop
    try:
        async with asyncio.timeout(pause.total_seconds()):
            await waiting.wait()
    except TimeoutError:
        return
