"""Readers whose address was entered and who never said yes to it: found, and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.store import keep_others_off
from subscribers.tables import consents, gaps, standing_changes, subscribers, subscriptions


async def asked_before(connection: AsyncConnection, instant: datetime, *, limit: int) -> list[int]:
    """Subscriptions that wait for a yes, nothing of whose standing has changed since an instant, by id.

    Others are kept off them until commit.
    """
    found = await _waiting(connection, instant, limit)
    these = subscriptions.c.id.in_(found)
    await keep_others_off(connection, these)
    # who said yes just now is a reader
    return await _waiting(connection, instant, limit, these)


async def _waiting(
    connection: AsyncConnection, instant: datetime, limit: int, *which: ColumnElement[bool]
) -> list[int]:
    last = func.max(standing_changes.c.at)
    query = (
        select(subscriptions.c.id)
        .join(standing_changes, standing_changes.c.subscription_id == subscriptions.c.id)
        .where(subscriptions.c.standing == Standing.PENDING, subscriptions.c.began_at < instant, *which)
        .group_by(subscriptions.c.id)
        .having(last < instant)
    )
    return list((await connection.execute(query.order_by(subscriptions.c.id).limit(limit))).scalars())


async def never_active(connection: AsyncConnection, subscription_ids: Sequence[int]) -> list[int]:
    """Those of these that have waited from their beginning on: nothing was ever sent to them."""
    once = set()
    for some in chunks(subscription_ids):
        query = select(standing_changes.c.subscription_id).where(
            standing_changes.c.subscription_id.in_(some), standing_changes.c.after != Standing.PENDING
        )
        once |= set((await connection.execute(query)).scalars())
    return [one for one in subscription_ids if one not in once]


async def remove(connection: AsyncConnection, subscription_ids: Sequence[int]) -> None:
    """Remove subscriptions to which nothing was ever sent, and readers who then have none.

    The caller keeps others off them, and has looked for copies since.
    """
    for some in chunks(subscription_ids):
        theirs = select(subscriptions.c.subscriber_id).where(subscriptions.c.id.in_(some))
        people = list((await connection.execute(theirs.distinct())).scalars())
        for table in (consents, standing_changes, gaps):
            await connection.execute(delete(table).where(table.c.subscription_id.in_(some)))
        await connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(some)))
        still = select(subscriptions.c.subscriber_id).where(subscriptions.c.subscriber_id.in_(people))
        alone = subscribers.c.id.in_(people) & subscribers.c.id.not_in(still)
        await connection.execute(delete(subscribers).where(alone))
