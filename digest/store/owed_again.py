"""Copies that were skipped because their reader had left, for a reader who takes the leaving back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, Skip
from digest.core.reasons import OurReason
from digest.store.deliveries import give_back
from digest.store.outcomes import IS_OPEN
from digest.store.tables import deliveries, issues


async def owe_again(connection: AsyncConnection, subscription_id: int, since: datetime) -> None:
    """Give the briefings of copies planned since then, and skipped for leaving, back to the bookmark.

    The caller has held corrections off (`kept_apart.hold_off`) before it took the reader.
    The new reason says that it was done, so it is done once, however often a reader leaves and comes back.
    """
    # a claim that is under way may be skipping one: it is waited for, and seen by the next statement only
    waits = select(deliveries.c.id).where(
        deliveries.c.subscription_id == subscription_id,
        IS_OPEN,
        deliveries.c.status != DeliveryStatus.SENDING,
    )
    await connection.execute(waits.order_by(deliveries.c.id).with_for_update())
    recent = select(issues.c.id).where(issues.c.planned_at >= since)
    query = (
        update(deliveries)
        .where(
            deliveries.c.subscription_id == subscription_id,
            deliveries.c.status == DeliveryStatus.SKIPPED,
            deliveries.c.reason == Skip.LEFT,
            deliveries.c.issue_id.in_(recent),
        )
        .values(reason=OurReason.LEFT_AND_CAME_BACK)
    )
    found = (await connection.execute(query.returning(deliveries.c.id, deliveries.c.issue_id))).all()
    # what was counted of these issues has changed
    changed = update(issues).where(issues.c.id.in_({row.issue_id for row in found}))
    await connection.execute(changed.values(outcomes=null(), families=null()))
    for row in found:
        # one by one: each moves the bookmark that the one before has left
        await give_back(connection, [row.id])
