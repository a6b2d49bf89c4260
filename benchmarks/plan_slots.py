"""Measures planning: every due slot of a store, and where the time goes."""

from __future__ import annotations

from time import perf_counter, process_time

from sqlalchemy import func, select

from benchmarks.alone import peak_megabytes
from benchmarks.readers import NOW
from benchmarks.stopwatch import Stopwatch
from benchmarks.stores import copy_of
from digest.core.selection import Selector
from digest.flows.publish import Memory, due_slots, publish
from digest.store import planning
from digest.store.database import Database
from digest.store.tables import cohorts


async def plan(file: str) -> dict[str, float]:
    """Plan all that is due in a copy of the store."""
    watch = Stopwatch()
    watch.watch("reading", planning, "groups_due")
    watch.watch("deciding", Selector, "regular")
    watch.watch("writing", planning, "plan_cohorts")
    async with copy_of(file) as store:
        known = await _cohorts_in(store)
        before, start, processor = peak_megabytes(), perf_counter(), process_time()
        memory = Memory()
        for due in await due_slots(store=store, now=NOW):
            await publish(due, store=store, now=NOW, memory=memory)
        wall = perf_counter() - start
        return {
            **watch.seconds,
            "wall": wall,
            "processor": process_time() - processor,
            # opening issues, pinning revisions, and the commits
            "rest": wall - sum(watch.seconds.values()),
            "before": before,
            "peak": peak_megabytes(),
            "cohorts": await _cohorts_in(store) - known,
        }


async def _cohorts_in(store: Database) -> int:
    async with store.read() as connection:
        count: int = (await connection.execute(select(func.count()).select_from(cohorts))).scalar_one()
        return count
