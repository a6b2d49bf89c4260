"""Waits in tests until another transaction has run into a lock."""

from __future__ import annotations

import asyncio

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
