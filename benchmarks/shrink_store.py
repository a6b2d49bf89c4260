"""Measures how old issues are bound: room for a copy, time of a step, how long others wait meanwhile."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any, Final

from sqlalchemy import func, select, text, update

from benchmarks.readers import NOW
from benchmarks.stores import opened_at, prepare_at
from digest.config import Settings
from digest.core.retention import Keep
from digest.flows import my_data
from digest.flows.explain import explain
from digest.flows.shrink import shrink
from digest.flows.unhurried import Unhurried
from digest.store import counters, outcomes, own_copies
from digest.store.database import Database
from digest.store.tables import deliveries, issues
from digest.store.volume_tables import leaves

_LATER: Final = NOW + timedelta(days=500)
_EACH: Final = 20


class _Timed(Unhurried):
    """Notes how long each step took."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[float] = []

    async def goes_on(self) -> bool:
        self.steps.append(perf_counter() - self._began)
        return await super().goes_on()


async def measure(url: str, readers: int, past: int) -> dict[str, Any]:
    """Fill a store with `past` issues of each cadence, and bind them while another writer is at work."""
    url = Settings(database_url=url).database_url
    await prepare_at(url, readers, past=past)
    async with opened_at(url) as store, opened_at(url) as other:
        await _set_apart(store)
        before = await _octets(store, "deliveries")
        stop = asyncio.Event()
        waits = asyncio.create_task(_write_now_and_then(other, stop))
        pace, start = _Timed(), perf_counter()
        done = await shrink(store=store, now=_LATER, keep=Keep(copies=timedelta(days=400)), pace=pace)
        wall = perf_counter() - start
        stop.set()
        waited = await waits
        return {
            "copies": done.copies,
            "before": before / done.copies,
            "after": await _octets(store, "leaves") / done.copies,
            "content": await _content(store) / done.copies,
            "wall": wall,
            "working": sum(pace.steps),
            "step": median(pace.steps) * 1000,
            "longest_step": max(pace.steps) * 1000,
            "waited": median(waited) * 1000,
            "longest_wait": max(waited) * 1000,
            **await _looked_up(store, readers),
        }


async def _set_apart(store: Database) -> None:
    """Give issues their spans and outcomes, as settling does; one of them is of today."""
    async with store.write() as connection:
        mine = deliveries.c.issue_id == issues.c.id
        span = [select(of(deliveries.c.id)).where(mine).scalar_subquery() for of in (func.min, func.max)]
        await connection.execute(update(issues).values(first_copy=span[0], last_copy=span[1]))
        newest = (await connection.execute(select(func.max(issues.c.id)))).scalar_one()
        await connection.execute(update(issues).where(issues.c.id == newest).values(due_at=_LATER))
        for issue_id in list((await connection.execute(select(issues.c.id))).scalars()):
            found = await outcomes.counts_of(connection, issue_id)
            await connection.execute(update(issues).where(issues.c.id == issue_id).values(outcomes=found))


async def _write_now_and_then(store: Database, stop: asyncio.Event) -> list[float]:
    found = []
    while not stop.is_set():
        start = perf_counter()
        async with store.write() as connection:
            await counters.pages_change(connection)
        found.append(perf_counter() - start)
        await asyncio.sleep(0.01)
    return found


async def _octets(store: Database, name: str) -> float:
    """The room that a table takes with its indices."""
    async with store.read() as connection:
        if store.is_sqlite:
            sum_of_pages = "SELECT sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name"
            query = text(f"{sum_of_pages} WHERE m.tbl_name = :name")
        else:
            query = text("SELECT pg_total_relation_size(:name)")
        return float((await connection.execute(query, {"name": name})).scalar_one())


async def _content(store: Database) -> float:
    async with store.read() as connection:
        return float((await connection.execute(select(func.sum(func.length(leaves.c.content))))).scalar_one())


async def _looked_up(store: Database, readers: int) -> dict[str, float]:
    """Milliseconds until some readers have a page of their archive, all their data, and a why."""
    chance = random.Random(3)
    pages, whole, reasons = [], [], []
    for reader in chance.sample(range(1, readers + 1), _EACH):
        start = perf_counter()
        async with store.read() as connection:
            assert await own_copies.newest(connection, reader, count=21)
        pages.append(perf_counter() - start)
        start = perf_counter()
        document = await my_data.all_behind(reader, store=store)
        whole.append(perf_counter() - start)
        assert document is not None
        start = perf_counter()
        await explain(document["address"], 1, store=store, now=_LATER)
        reasons.append(perf_counter() - start)
    return {
        name: median(times) * 1000 for name, times in (("page", pages), ("data", whole), ("why", reasons))
    }
