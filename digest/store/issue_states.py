"""Issues that people stop, let go or take back, and what becomes of their copies then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Dialect, and_, bindparam, case, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, Issue, IssueStatus, Skip
from digest.store import issues as shelf
from digest.store.claimable import open_of
from digest.store.deliveries import give_back
from digest.store.outcomes import IS_OPEN
from digest.store.tables import UNFINISHED, deliveries, issues
from digest.store.taking import is_among
from subscribers import store as readers
from subscribers.tables import subscriptions

#: In the words of the index, as with open copies.
IS_UNFINISHED: Final = or_(
    *(issues.c.status == bindparam(None, one, literal_execute=True) for one in UNFINISHED)
)
#: Not begun, and in nobody's hands.
_WAITS: Final = deliveries.c.status.in_([DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED])


async def move(
    connection: AsyncConnection,
    issue_id: int,
    before: Collection[IssueStatus],
    after: IssueStatus,
    planned_at: datetime | None = None,
) -> bool:
    """Let an issue stand elsewhere; False when it stood at none of the places `before`.

    With `planned_at` it is as young as that, so that its copies get as long to be sent as those of a new one;
    by a clock that went back it is no older than it was, or it would wait for its time once more.
    """
    values: dict[str, Any] = {"status": after}
    if planned_at is not None:
        was = issues.c.planned_at
        then = literal(planned_at, was.type)
        values["planned_at"] = case((was < then, then), else_=was)
    query = update(issues).where(issues.c.id == issue_id, issues.c.status.in_(before))
    return (await connection.execute(query.values(**values))).rowcount > 0


async def make_young(connection: AsyncConnection, issue_id: int, now: datetime) -> None:
    """Give what is to come of an issue as long to be sent as the copies of a new one."""
    mine = issues.c
    older = update(issues).where(mine.id == issue_id, mine.planned_at < now)
    await connection.execute(older.values(planned_at=now))


async def unfinished(
    connection: AsyncConnection, statuses: Collection[IssueStatus] = UNFINISHED
) -> tuple[Issue, ...]:
    """Issues that stand at one of these places, all of which are before the end; by id."""
    query = select(issues.c.id).where(IS_UNFINISHED, issues.c.status.in_(statuses)).order_by(issues.c.id)
    ids = list((await connection.execute(query)).scalars())
    return tuple([found for id_ in ids if (found := await shelf.by_id(connection, id_)) is not None])


async def keep_as_it_is(connection: AsyncConnection, issue_id: int) -> None:
    """Let nobody move an issue until commit; before any of its copies is touched."""
    mine = select(issues.c.id).where(issues.c.id == issue_id)
    await connection.execute(mine.with_for_update(key_share=True))


async def keep_planning_off(connection: AsyncConnection, issue_id: int) -> None:
    """Let nobody move the readers whose copies of an issue are open, until commit.

    This comes before anything is written, in the order in which those who plan go about it.
    """
    whose = select(deliveries.c.subscription_id).where(deliveries.c.issue_id == issue_id, IS_OPEN)
    await readers.keep_others_off(connection, subscriptions.c.id.in_(whose))


async def withdraw(connection: AsyncConnection, issue_id: int, reason: Skip) -> int:
    """Skip what nobody has begun to send: how many. Its briefings go back to the readers' bookmarks.

    A copy that may have arrived is left in doubt, for a person; what senders have in hand is settled by them.
    """
    waits = and_(open_of(issue_id), _WAITS)
    doubtful = {"status": DeliveryStatus.UNCERTAIN, "retry_at": None}
    in_doubt = _in_nobodys_hands(connection.dialect, and_(waits, deliveries.c.doubts > 0))
    await connection.execute(update(deliveries).where(in_doubt).values(doubtful))
    query = (
        update(deliveries)
        .where(_in_nobodys_hands(connection.dialect, and_(waits, deliveries.c.doubts == 0)))
        .values(status=DeliveryStatus.SKIPPED, reason=reason, retry_at=None)
        .returning(deliveries.c.id)
    )
    ids = [row.id for row in await connection.execute(query)]
    await give_back(connection, ids)
    return len(ids)


def _in_nobodys_hands(dialect: Dialect, waiting: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those of these copies that no claim under way has taken: who claims may wait for the readers we hold.

    They are in a sender's hands then, as if it had come first; what it gives back is withdrawn later.
    """
    some = select(deliveries.c.id).where(waiting).with_for_update(skip_locked=True).cte("some")
    return is_among(dialect, select(some.c.id))
