"""Measures how a whole store is copied into an empty one: what that takes, and what each step of it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter, process_time

from sqlalchemy import text

from benchmarks.alone import peak_megabytes
from benchmarks.readers import NOW
from benchmarks.stores import opened_at
from digest.flows.move_store import move_store
from digest.flows.publish import Memory, due_slots, publish
from digest.store.closing import reopen


async def plan(url: str) -> dict[str, float]:
    """Plan all that is due: an issue's deliveries lie in the store."""
    copies = 0
    async with opened_at(url) as store:
        memory = Memory()
        for due in await due_slots(store=store, now=NOW):
            done = await publish(due, store=store, now=NOW, memory=memory)
            copies += 0 if done is None else done.copies
        await store.fold_log()
    return {"copies": copies}


async def make(url: str, name: str) -> dict[str, float]:
    """Make an empty database on the server of a URL."""
    async with opened_at(url) as server:
        bare = server.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with bare.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{name}"'))
    return {}


async def move(source: str, target: str) -> dict[str, float]:
    """Copy a store for trial, so that the next one may copy it too; what is closed in the end is the copy."""
    watch = _Watch()
    async with opened_at(source) as one, opened_at(target) as other:
        before, start, processor = peak_megabytes(), perf_counter(), process_time()
        now = datetime.now(UTC)
        done = await move_store(one, other, now=now, keep_open=True, progress=watch)
        end = perf_counter()
    assert not done.unlike
    rows = sum(done.tables.values())
    return {
        "rows": rows,
        "wall": end - start,
        "copied": watch.at(rows) - start,
        "compared": watch.at(3 * rows) - watch.at(rows),
        "processor": process_time() - processor,
        "before": before,
        "peak": peak_megabytes(),
    }


async def open_again(url: str) -> dict[str, float]:
    """Open a copy for trial, so that it can be copied itself."""
    async with opened_at(url) as store:
        await reopen(store)
    return {}


class _Watch:
    """Notes when how much was done."""

    def __init__(self) -> None:
        self._done = 0
        self._times: list[tuple[int, float]] = []

    def expect(self, copies: int) -> None:
        """Not of interest."""

    def settled(self, copies: int) -> None:
        """So many rows more."""
        self._done += copies
        self._times.append((self._done, perf_counter()))

    def at(self, rows: int) -> float:
        """When so many rows were done."""
        return next(time for done, time in self._times if done >= rows)
