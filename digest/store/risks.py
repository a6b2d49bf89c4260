"""Readers whose mail keeps coming back, while they still get some: few, and counted as they stand today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.settling import WARN_AT
from digest.store.return_tables import bounce_scores
from digest.store.tables import deliveries
from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.tables import subscribers, subscriptions

#: What counted longer ago has been outweighed since, or the reader gets hardly any mail.
_LATELY: Final = timedelta(days=60)
#: More than people go through one by one.
MOST: Final = 500


class AtRisk(Struct, frozen=True):
    """A reader whose address may soon get no more mail."""

    subscriber_id: int
    address: str
    #: days with returned mail, less those since on which mail went through
    points: int
    #: the last day (UTC) that counted
    day: date
    #: when the mailbox was last asked whether it lives
    probed_at: datetime | None


async def at_risk(connection: AsyncConnection, now: datetime) -> tuple[AtRisk, ...]:
    """Those with `WARN_AT` points or more today, most points first; at most `MOST` are looked at."""
    mine = bounce_scores.c
    gets_mail = exists().where(
        subscriptions.c.subscriber_id == mine.subscriber_id,
        subscriptions.c.standing.in_((Standing.ACTIVE, Standing.PAUSED)),
    )
    query = (
        select(mine.subscriber_id, mine.points, mine.day, mine.probed_at, subscribers.c.address)
        .join(subscribers, subscribers.c.id == mine.subscriber_id)
        .where(mine.points >= WARN_AT, mine.day >= (now - _LATELY).date(), gets_mail)
        .order_by(mine.points.desc(), mine.subscriber_id)
        .limit(MOST)
    )
    rows = (await connection.execute(query)).all()
    good = await _good_days(connection, {row.subscriber_id: row.day for row in rows}, now)
    found = [
        AtRisk(row.subscriber_id, row.address, row.points - good[row.subscriber_id], row.day, row.probed_at)
        for row in rows
    ]
    found = [one for one in found if one.points >= WARN_AT]
    return tuple(sorted(found, key=lambda one: (-one.points, one.subscriber_id)))


async def _good_days(connection: AsyncConnection, since: Mapping[int, date], now: datetime) -> dict[int, int]:
    """On how many days after theirs, and before today, mail to these readers went through."""
    found: defaultdict[int, int] = defaultdict(int)
    if not since:
        return found
    midnight = datetime.combine(now.date(), time(), UTC)
    first = datetime.combine(min(since.values()) + timedelta(days=1), time(), UTC)
    sent_on = func.date(deliveries.c.sent_at).label("sent_on")
    for some in chunks(sorted(since)):
        query = (
            select(subscriptions.c.subscriber_id, sent_on)
            .distinct()
            .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
            .where(
                subscriptions.c.subscriber_id.in_(some),
                deliveries.c.status == DeliveryStatus.SENT,
                deliveries.c.sent_at >= first,
                deliveries.c.sent_at < midnight,
            )
        )
        for row in await connection.execute(query):
            # SQLite gives days as text
            found[row.subscriber_id] += str(row.sent_on) > since[row.subscriber_id].isoformat()
    return found
