"""Plans and retractions keep each other off: at once, neither would see what the other writes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

#: The advisory lock that plans share and retractions take alone; any number that nothing else takes.
_PLANNING: Final = 0x7265_7472_6163


async def hold_off(connection: AsyncConnection, *, alone: bool = False) -> None:
    """Keep plans and retractions apart until commit; whoever plans or retracts asks for this first.

    Plans do not wait for each other. SQLite has one writer at a time and needs none of this.
    """
    if connection.dialect.name == "postgresql":
        take = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        await connection.execute(select(take(_PLANNING)))


async def held_off_at_once(connection: AsyncConnection) -> bool:
    """Keep retractions off until commit, unless one is under way: False then, and nobody is waited for.

    That is for who holds copies already, which a retraction may wait for.
    """
    if connection.dialect.name != "postgresql":
        return True
    taken: bool = (
        await connection.execute(select(func.pg_try_advisory_xact_lock_shared(_PLANNING)))
    ).scalar_one()
    return taken
