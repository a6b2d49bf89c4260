"""Measures what a full store costs beside its work: room, vacuum, and what is asked every few seconds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

from sqlalchemy import text

from benchmarks.scale.population import outside
from benchmarks.stores import opened_at
from digest.config import Settings
from digest.flows.overview import overview
from digest.flows.recover import recover
from digest.jobs.engine import SendSome
from digest.jobs.on_procrastinate import OnProcrastinate
from digest.store import workers
from digest.store.database import Database
from digest.store.workers import Doing, Kind

#: Tables that grow with readers, or with what they get.
_TABLES: Final = ("subscribers", "subscriptions", "groups", "deliveries", "cohorts")
_ROOM: Final = """
    SELECT pg_table_size(:name) AS rows, pg_indexes_size(:name) AS indices,
           (SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)) AS many
"""
_EACH: Final = 20
_WORKERS: Final = 8


async def room(url: str) -> dict[str, float]:
    """Octets a row of each table and of its indices, and megabytes of the whole database."""
    found: dict[str, float] = {}
    async with opened_at(Settings(database_url=url).database_url) as store:
        await outside(store, "ANALYZE")
        async with store.read() as connection:
            for table in _TABLES:
                one = (await connection.execute(text(_ROOM), {"name": table})).one()
                found[f"{table}|count"] = one.many
                found[f"{table}|row"] = one.rows / max(1, one.many)
                found[f"{table}|index"] = one.indices / max(1, one.many)
            whole = text("SELECT pg_database_size(current_database())")
            found["megabytes"] = (await connection.execute(whole)).scalar_one() / 2**20
    return found


async def vacuum(url: str) -> dict[str, float]:
    """Seconds of a VACUUM ANALYZE of the table of copies, after all of them were sent."""
    async with opened_at(Settings(database_url=url).database_url) as store:
        return {"seconds": await outside(store, "VACUUM ANALYZE deliveries")}


async def look_about(url: str) -> dict[str, float]:
    """Milliseconds of what many processes ask again and again while an issue waits to be sent."""
    async with opened_at(Settings(database_url=url).database_url) as store:
        engine = OnProcrastinate(store)
        now = datetime.now(UTC)
        owners = [f"machine:{number}" for number in range(_WORKERS)]
        async with store.write() as connection:
            for number, owner in enumerate(owners):
                name = f"mail-{number}"
                await workers.sign_on(
                    connection, owner=owner, kind=Kind.WORKER, name=name, pid=number, version="0"
                )

        async def beat() -> None:
            async with store.write() as connection:
                await workers.beat(connection, owners[0], Doing())
            async with store.read() as connection:
                await workers.stays(connection, await workers.clock(connection))
                await workers.last_heard(connection)

        async def hand_in() -> None:
            async with store.write() as connection:
                await engine.waiting(connection)
                await engine.hand_in(connection, [SendSome(1)])

        async def tidy() -> None:
            await recover(store=store, is_dead=lambda _: False, now=now, wall=now)

        async def look() -> None:
            await overview(store=store, now=now)

        asked: dict[str, Callable[[], Awaitable[Any]]] = {
            "beat": beat,
            "broom": tidy,
            "jobs swept": engine.sweep,
            "jobs handed in": hand_in,
            "status": look,
        }
        found = {name: await _typical(work) for name, work in asked.items()}
        await _forget(store, owners)
        return found


async def _typical(work: Callable[[], Awaitable[Any]]) -> float:
    times = []
    for _ in range(_EACH):
        began = perf_counter()
        await work()
        times.append(1000 * (perf_counter() - began))
    return median(times)


async def _forget(store: Database, owners: list[str]) -> None:
    async with store.write() as connection:
        await workers.sign_off(connection, owners, "measured")
