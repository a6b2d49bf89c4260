"""Work that blocks, in a thread of its own: waited for no longer than it deserves, and then cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: When it is time to stop, so many seconds more for the step that is under way.
_LAST_SECONDS: Final = 2.0


class OwnThread:
    """One thread for a whole session: connections of libraries belong to who opened them."""

    def __init__(self, name: str, stop: asyncio.Event, *, longest: float) -> None:
        """A step that takes `longest` seconds, or some after `stop`, is cut off by `on_cut`."""
        self._pool: Final = ThreadPoolExecutor(1, name)
        self._stop: Final = stop
        self._longest: Final = longest
        #: ends what the thread waits for; nothing can be done before there is something
        self.on_cut: Callable[[], None] = lambda: None

    async def do(self, work: Callable[..., T], *args: object) -> T:
        """Do a step; raises what it raises, also when it was cut off."""
        step = asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args))
        stopped = asyncio.create_task(self._stop.wait())
        first: set[asyncio.Future[Any]] = {step, stopped}
        try:
            await asyncio.wait(first, timeout=self._longest, return_when=asyncio.FIRST_COMPLETED)
            if not step.done():
                await asyncio.wait({step}, timeout=_LAST_SECONDS)
        finally:
            stopped.cancel()
            if not step.done():
                self.on_cut()
        return await step

    def leave(self) -> None:
        """Nothing more will be done; waits for nothing."""
        self._pool.shutdown(wait=False, cancel_futures=True)
