"""Many subscriptions changed in one transaction: read together, and their histories written together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.store import keep_others_off, subscription_from, whole_subscriptions
from subscribers.subscription import Subscription
from subscribers.tables import standing_changes, subscribers, subscriptions
from subscribers.wishes import address_key


async def subscriptions_by_id(connection: AsyncConnection, ids: Collection[int]) -> tuple[Subscription, ...]:
    """Those of these subscriptions whose reader is not erased; nobody else's to change until commit."""
    found: list[Subscription] = []
    for some in chunks(sorted(ids)):
        mine = subscriptions.c.id.in_(some)
        await keep_others_off(connection, mine)
        query = whole_subscriptions().where(mine, subscribers.c.address.isnot(None))
        found += [subscription_from(row) for row in await connection.execute(query)]
    return tuple(found)


async def subscriptions_among(
    connection: AsyncConnection, addresses: Collection[str]
) -> tuple[Subscription, ...]:
    """All subscriptions of these addresses, to be changed: others are kept off them until commit."""
    found: list[Subscription] = []
    for some in chunks(sorted({address_key(address) for address in addresses})):
        mine = subscribers.c.address_key.in_(some)
        whose = select(subscribers.c.id).where(mine)
        await keep_others_off(connection, subscriptions.c.subscriber_id.in_(whose))
        rows = await connection.execute(whole_subscriptions().where(mine))
        found += [subscription_from(row) for row in rows]
    return tuple(found)


async def note_standings(
    connection: AsyncConnection,
    before: Collection[Subscription],
    after: Standing,
    reasons: Mapping[int, str],
    now: datetime,
) -> None:
    """Keep that subscriptions, given as they were, have another standing now; reasons are by their ids."""
    rows = [
        {
            "subscription_id": one.id,
            "at": now,
            "before": one.standing,
            "after": after,
            "reason": reasons[one.id],
        }
        for one in before
    ]
    if rows:
        await connection.execute(insert(standing_changes), rows)
