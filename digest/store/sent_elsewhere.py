"""Mails that are open here and may have gone out from another store: they are not sent from here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, IssueStatus, Skip
from digest.store import facts
from digest.store import issues as shelf
from digest.store import notices as notice_shelf
from digest.store.issue_states import IS_UNFINISHED
from digest.store.outcomes import IS_OPEN
from digest.store.recording import FREE
from digest.store.tables import deliveries, issues, notices

#: Of one that is held a person knows whether it was let go.
_MAY_HAVE_GONE: Final = (IssueStatus.SENDING, IssueStatus.WAITING, IssueStatus.CANCELLING)
_SETTLED: Final[Mapping[str, Any]] = {
    "status": DeliveryStatus.SKIPPED,
    "reason": Skip.SENT_ELSEWHERE,
    "detail": "",
    "retry_at": None,
    **FREE,
}


#: The fact that says until when another store sent.
_UNTIL: Final = "sent-elsewhere-until"


class Settled(NamedTuple):
    """How many mails are not sent from here."""

    copies: int
    notices: int


async def note_until(connection: AsyncConnection, until: datetime) -> None:
    """Remember until when the other store sent."""
    await facts.replace(connection, _UNTIL, until.isoformat())


async def until(connection: AsyncConnection) -> datetime | None:
    """Until when another store sent of which this one is a backup; None when there is none."""
    said = await facts.recall(connection, _UNTIL)
    return None if said is None else datetime.fromisoformat(said)


async def settle(connection: AsyncConnection, by: datetime) -> Settled:
    """Skip every open mail that was due by then, with that reason; it may have arrived.

    So a correction reaches its reader, and no later copy brings the same briefings.
    """
    query = select(issues.c.id).where(
        IS_UNFINISHED,
        issues.c.status.in_(_MAY_HAVE_GONE),
        issues.c.due_at <= by,
        issues.c.planned_at <= by,
    )
    copies = 0
    for issue_id in (await connection.execute(query.order_by(issues.c.id))).scalars().all():
        mine = update(deliveries).where(deliveries.c.issue_id == issue_id, IS_OPEN)
        settled = {**_SETTLED, "doubts": deliveries.c.doubts + 1}
        copies += (await connection.execute(mine.values(**settled))).rowcount
        await shelf.close_when_settled(connection, issue_id)
    open_ = update(notices).where(notice_shelf.IS_OPEN, notices.c.due_at <= by)
    return Settled(copies, (await connection.execute(open_.values(**_SETTLED))).rowcount)
