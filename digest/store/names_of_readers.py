"""What readers are called in an answer to who runs the house: by address, as long as they have one."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks
from subscribers.tables import subscribers, subscriptions


async def names_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> dict[int, str]:
    """The addresses behind subscriptions; of who was erased only that."""
    found: dict[int, str] = {}
    query = select(subscriptions.c.id, subscribers.c.address)
    query = query.join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    for some in chunks(sorted(subscription_ids)):
        for id_, address in await connection.execute(query.where(subscriptions.c.id.in_(some))):
            found[id_] = address or f"subscription {id_}, erased"
    return found
