"""The shelf of answers: what people wrote to mails lies in the notices that hand it on to the newsroom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.notices import NoticeKind
from digest.store.notices import IS_OPEN
from digest.store.tables import notices
from digest.store.wiped_notices import wipe

# SQLite uses a partial index only for a query that repeats its condition to the letter
IS_ANSWER: Final = notices.c.kind == bindparam(None, NoticeKind.ANSWER.value, literal_execute=True)


async def about(
    connection: AsyncConnection, address: str, subscription_ids: Collection[int]
) -> Sequence[Row[Any]]:
    """Rows of what was written from this address, or to a mail of these readers; oldest first."""
    mine = notices.c
    theirs = or_(
        func.lower(mine.data["writer"].as_string()) == address.lower(),
        mine.data["subscription"].as_integer().in_(subscription_ids),
    )
    query: Select[Any] = select(mine.newsletter_id, mine.data, mine.status, mine.due_at, mine.sent_at)
    found: Sequence[Row[Any]] = (
        await connection.execute(query.where(IS_ANSWER, theirs).order_by(mine.id))
    ).all()
    return found


async def forget_old(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Wipe words and addresses of answers that were handed on before then, or given up; how many.

    Who wrote makes no difference. What is not settled yet waits, and the rows stay as counts.
    """
    mine = notices.c
    over = func.coalesce(mine.sent_at, mine.due_at) < before
    # `due_at` is never later, and stands in the index
    old = (IS_ANSWER, mine.due_at < before, over, mine.address.isnot(None), ~IS_OPEN)
    some = list((await connection.execute(select(mine.id).where(*old).limit(limit))).scalars())
    if some:
        await wipe(connection, mine.id.in_(some))
    return len(some)
