"""Notices of readers who are gone: addresses and words are wiped, and what remains is counted."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.store.notices import IS_OPEN
from digest.store.recording import FREE
from digest.store.tables import notices
from subscribers.wishes import address_key


async def forget(connection: AsyncConnection, subscription_ids: Collection[int]) -> None:
    """Wipe addresses and words from the notices of these subscriptions; what is not sent never will be."""
    await wipe(connection, notices.c.subscription_id.in_(subscription_ids))


async def forget_address(connection: AsyncConnection, address: str) -> None:
    """Wipe what other readers have to do with an address: one asked to move to it, or moved away from it."""
    named = select(notices.c.occasion, notices.c.subscription_id)
    rows = await connection.execute(named.where(notices.c.address_key == address_key(address)))
    for row in rows.all():
        # the other mail about the same move names it too
        same = and_(notices.c.occasion == row.occasion, notices.c.subscription_id == row.subscription_id)
        await wipe(connection, same)


async def forget_answers(
    connection: AsyncConnection, address: str, subscription_ids: Collection[int]
) -> None:
    """Wipe what a reader wrote in answer to mails, from any address, and what was written from this one."""
    theirs = or_(
        func.lower(notices.c.data["writer"].as_string()) == address.lower(),
        func.lower(notices.c.data["went_to"].as_string()) == address.lower(),
        notices.c.data["subscription"].as_integer().in_(subscription_ids),
    )
    await wipe(connection, and_(notices.c.kind == NoticeKind.ANSWER, theirs))


async def detach(connection: AsyncConnection, subscription_ids: Collection[int]) -> None:
    """Wipe the notices of subscriptions that are about to be removed; they stay as counts."""
    await forget(connection, subscription_ids)
    mine = notices.c.subscription_id.in_(subscription_ids)
    await connection.execute(update(notices).where(mine).values(subscription_id=None))


async def wipe(connection: AsyncConnection, mine: ColumnElement[bool]) -> None:
    """Wipe addresses and words from these notices; what is not sent never will be."""
    # the words last: there are some that are known by them alone
    unsent = {"status": DeliveryStatus.SKIPPED, "reason": "erased", "retry_at": None, **FREE}
    still = and_(mine, IS_OPEN, notices.c.started_at.is_(None))
    await connection.execute(update(notices).where(still).values(unsent))
    await connection.execute(
        update(notices).where(mine).values(address=None, address_key=None, data={}, detail="")
    )
