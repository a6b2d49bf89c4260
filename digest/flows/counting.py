"""What settled issues came to is counted: by provider for the page of numbers, and added up for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from digest.store import provider_figures, totals
from digest.store.database import Database

#: How far back the numbers look.
REACH: Final = timedelta(days=30)
#: Issues in one go: an issue of a million copies takes some seconds, and mail may be waiting.
_AT_A_TIME: Final = 20


async def count_families(*, store: Database, now: datetime) -> int:
    """Count issues that were settled and are not counted yet; how many."""
    async with store.read() as connection:
        ids = await provider_figures.to_be_counted(connection, now - REACH, _AT_A_TIME)
    for issue_id in ids:
        async with store.read() as connection:
            found = await provider_figures.count(connection, issue_id)
        async with store.write() as connection:
            await provider_figures.keep(connection, issue_id, found)
    return len(ids)


async def add_up(*, store: Database) -> int:
    """Add to the totals what was settled and came back since that was done last; how many issues."""
    async with store.read() as connection:
        if not await totals.is_behind(connection):
            return 0
    async with store.write() as connection:
        return await totals.add_up(connection)
