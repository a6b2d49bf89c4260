"""The shelf of attempts: how often something was asked for, under keys that name nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.limits import Counted
from digest.store.tables import attempts
from subscribers.interning import insert_into


async def count(connection: AsyncConnection, all_of: Collection[Counted], key: bytes) -> bool:
    """Count an attempt for each; False when it was one too many for some."""
    allowed = True
    for one in all_of:
        hashed = hashlib.blake2b(one.name.encode(), key=key[:64], digest_size=16).digest()
        row = {"key": hashed, "until": one.until, "count": 1}
        once_more = {"count": attempts.c.count + 1}
        query = insert_into(connection, attempts).values(row)
        query = query.on_conflict_do_update(index_elements=[attempts.c.key], set_=once_more)
        found: int = (await connection.execute(query.returning(attempts.c.count))).scalar_one()
        allowed = allowed and found <= one.most
    return allowed


async def forget(connection: AsyncConnection, now: datetime) -> int:
    """Forget what is of no use any more: how many."""
    return (await connection.execute(delete(attempts).where(attempts.c.until < now))).rowcount
