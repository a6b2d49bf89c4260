"""What each round looks for and few rounds find: what does it is loaded when there is something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from digest.errors import DigestError, StoreError
from digest.store import editing, imports
from digest.store.database import Database
from digest.store.imports import Import

log = structlog.get_logger(__name__)

#: How long a roster rests that could not go on, in seconds: at first, and at most, doubled in between.
_FIRST_REST: Final = 60.0
_LONGEST_REST: Final = 3600.0


async def publish_due(*, store: Database, now: datetime) -> tuple[int, ...]:
    """Publish the drafts whose appointed time has come; their ids."""
    async with store.read() as connection:
        if not await editing.due(connection, now):
            return ()
    from digest.flows import edit_briefing

    return await edit_briefing.publish_due(store=store, now=now)


class Rosters:
    """Takes in rosters that somebody pressed a button for; one that cannot go on holds up nothing else."""

    def __init__(self, store: Database, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none; `clock` gives seconds."""
        self._store: Final = store
        self._clock: Final = clock
        #: of those that rest: for how long, and until when
        self._rests: Final[dict[int, tuple[float, float]]] = {}

    async def work(self, now: datetime, stop: asyncio.Event) -> int:
        """Go on with all that can; how many pieces were done. Raises StoreError."""
        async with self._store.read() as connection:
            waiting = await imports.under_way(connection)
        done = 0
        for one in waiting:
            if self._clock() >= self._rests.get(one.id, (0.0, 0.0))[1]:
                done += await self._go_on(one, now, stop)
        return done

    async def _go_on(self, one: Import, now: datetime, stop: asyncio.Event) -> int:
        from digest.flows import import_work

        try:
            done = await import_work.work_on(one, store=self._store, now=now, stop=stop)
        except StoreError:
            raise
        except Exception as error:
            if isinstance(error, DigestError) and await import_work.ask_again(
                one, str(error), store=self._store, now=now
            ):
                log.warning("an import has to be looked at again", number=one.id, why=str(error))
                return 0
            before, _ = self._rests.get(one.id, (_FIRST_REST / 2, 0.0))
            rest = min(2 * before, _LONGEST_REST)
            self._rests[one.id] = rest, self._clock() + rest
            log.error("an import cannot go on", number=one.id, error=f"{type(error).__name__}: {error}")
            return 0
        self._rests.pop(one.id, None)
        return done
