"""What comes at a time that is its own, and no cadence's: drafts, one-offs, the ends of pauses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import BriefingStatus
from digest.store.one_off_tables import OrderStatus, orders
from digest.store.tables import briefings
from subscribers.model import Standing
from subscribers.tables import subscriptions


async def next_after(connection: AsyncConnection, instant: datetime) -> datetime | None:
    """The first moment after an instant for which anything is appointed; None when nothing is."""
    appointments = (
        (briefings.c.publish_at, briefings.c.status == BriefingStatus.DRAFT),
        (orders.c.due_at, orders.c.status == OrderStatus.WAITING),
        (subscriptions.c.paused_until, subscriptions.c.standing == Standing.PAUSED),
    )
    found = [
        (await connection.execute(select(func.min(at)).where(at > instant, waits))).scalar()
        for at, waits in appointments
    ]
    return min((one for one in found if one is not None), default=None)
