"""Waits in tests until another transaction has run into a lock, or is done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from sqlalchemy import text

from digest.store.database import Database


async def until_someone_waits(store: Database, many: int = 1) -> None:
    """Return as soon as a transaction of this store waits for a lock, or so many do."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(10):
        while True:
            async with store.read() as connection:
                if (await connection.execute(query)).scalar_one() >= many:
                    return
            await asyncio.sleep(0.01)


async def begun(store: Database, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Begin something, and return when it is done or waits for a lock."""
    task = asyncio.create_task(work)
    waits = asyncio.create_task(until_someone_waits(store))
    await asyncio.wait({task, waits}, return_when=asyncio.FIRST_COMPLETED)
    waits.cancel()
    await asyncio.gather(waits, return_exceptions=True)
    return task
