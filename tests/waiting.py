"""Waits in tests until another transaction has run into a lock."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from digest.store.database import Database


async def until_someone_waits(store: Database) -> None:
    """Return as soon as a transaction of this store waits for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(10):
        while True:
            async with store.read() as connection:
                if (await connection.execute(query)).scalar_one():
                    return
            await asyncio.sleep(0.01)
