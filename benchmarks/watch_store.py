"""One store is looked at as operators have it looked at, before and while an issue is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from statistics import median
from time import perf_counter
from typing import Final

from sqlalchemy import text

from benchmarks.stores import opened_at, prepare_at
from digest.flows import metrics_read
from digest.store.database import Database
from digest.store.readiness import state_of
from digest.wellmade import check_store

_TIMES: Final = 5
#: After everything that the newsroom has published, before anything more is due.
_NOW: Final = datetime(2026, 11, 24, 3, tzinfo=UTC)


async def measure(url: str, readers: int) -> dict[str, float]:
    """Milliseconds of each look, and the longest time for which the event loop could do nothing else."""
    url = check_store(url)
    await prepare_at(url, readers, past=1)
    async with opened_at(url) as store:
        figures = await _looks(store, "")
        async with store.write() as connection:
            await connection.execute(text("UPDATE deliveries SET status = 'planned', sent_at = NULL"))
            await connection.execute(text("UPDATE issues SET status = 'sending'"))
        held = asyncio.create_task(_longest_hold())
        figures |= await _looks(store, " open")
        held.cancel()
        (longest,) = await asyncio.gather(held)
    return figures | {"held": longest}


async def _looks(store: Database, when: str) -> dict[str, float]:
    looks: dict[str, Callable[[], Awaitable[object]]] = {
        "quick": partial(metrics_read.quick, store, _NOW),
        "slow": partial(metrics_read.slow, store, _NOW),
        "ready": partial(state_of, store),
    }
    return {f"{name}{when}": await _median(look) for name, look in looks.items()}


async def _median(look: Callable[[], Awaitable[object]]) -> float:
    took = []
    for _ in range(_TIMES):
        start = perf_counter()
        await look()
        took.append(perf_counter() - start)
    return median(took) * 1000


async def _longest_hold() -> float:
    longest, last = 0.0, perf_counter()
    try:
        while True:
            await asyncio.sleep(0)
            now = perf_counter()
            longest, last = max(longest, now - last), now
    except asyncio.CancelledError:
        return longest * 1000
