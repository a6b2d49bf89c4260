"""Who did not get what was taken back, and would have: for when it comes back.

A copy that is planned meanwhile leaves it out as retracted, and one that has not begun loses it. Either way
the bookmark has passed it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.accounts import INCLUDING
from digest.core.model import DeliveryStatus, LeftOut
from digest.store import stories, volumes
from digest.store.issues import numbers_in
from digest.store.tables import cohorts, deliveries, issues
from digest.store.telling import Copies, carrying
from subscribers.model import Standing
from subscribers.tables import gaps

#: The copy brings what it holds, has brought it, or may have; one that was refused may be tried again.
_CARRIES: Final[ColumnElement[bool]] = or_(
    deliveries.c.status.in_([*INCLUDING, DeliveryStatus.REFUSED]), deliveries.c.doubts > 0
)
#: A plan is of the time at which its run began: what came out during the run may be in it.
_LONGEST_RUN: Final = timedelta(days=1)


class _LeftOut(NamedTuple):
    """Cohorts that left something out as retracted, by issue."""

    #: its copies cannot have come with it
    surely: dict[int, list[int]]
    #: those of its copies can that were in doubt, and of which nobody has said since that they did not come
    in_doubt: dict[int, list[int]]

    def after(self, issue_id: int) -> _LeftOut:
        """Those of later issues."""
        return _LeftOut(
            *({its_id: ids for its_id, ids in some.items() if its_id > issue_id} for some in self)
        )


async def who_missed(
    connection: AsyncConnection,
    number: int,
    since: datetime,
    *,
    beside: int | None = None,
    among: ColumnElement[bool] | None = None,
) -> tuple[Copies, Copies]:
    """Copies that left out as retracted what came out then under a number, if no other copy brought it.

    First those that never held it, then those that did when they were in doubt, and did not come by it. With
    `beside` they left that out, too; with `among` no other copies are looked at.

    One that tells of the same event by another item is none of them, nor one that asked no bookmark. Those
    whose rows are gone (`digest.store.volumes`) are not looked for, nor older ones, if such a one brought it.
    """
    recent = issues.c.planned_at >= since - _LONGEST_RUN
    found = await _who_left_out(
        connection,
        {number} if beside is None else {number, beside},
        await stories.numbers_beside(connection, number),
        recent if among is None else cohorts.c.id.in_(_cohorts_of(among)),
    )
    which = ~_is_before_a_new_beginning(number)
    if among is not None:
        which = and_(which, among)
    brought = await carrying(connection, [number])
    for issue_id in brought:
        if await volumes.holds(connection, issue_id):
            # its readers are not looked up one by one: of older issues nobody is owed anything
            found = found.after(issue_id)
    for _issue_id, some in Copies(brought, _CARRIES).conditions():
        had = select(deliveries.c.subscription_id).where(some).correlate(None)
        which = and_(which, deliveries.c.subscription_id.not_in(had))
    return Copies(found.surely, which), Copies(found.in_doubt, and_(which, deliveries.c.doubts == 0))


def only(copy_id: int) -> ColumnElement[bool]:
    """No other copy than this one."""
    return deliveries.c.id == copy_id


async def moved_from_now_on(connection: AsyncConnection, issue_id: int) -> ColumnElement[bool]:
    """The copies of an issue that go over to rounds which it does not have yet."""
    query = select(issues.c.rounds).where(issues.c.id == issue_id)
    newest = (await connection.execute(query)).scalar_one()
    newer = select(cohorts.c.id).where(cohorts.c.issue_id == issue_id, cohorts.c.round > newest)
    return and_(deliveries.c.issue_id == issue_id, deliveries.c.cohort_id.in_(newer))


async def taken_in_doubt(connection: AsyncConnection, copy_id: int) -> frozenset[int]:
    """What a copy lost while it was in doubt, since it was taken back."""
    query = select(cohorts.c.left_out).where(cohorts.c.id.in_(_cohorts_of(only(copy_id))))
    left_out: dict[str, list[int]] = (await connection.execute(query)).scalar_one()
    return frozenset(left_out.get(LeftOut.RETRACTED_IN_DOUBT, ()))


async def _who_left_out(
    connection: AsyncConnection, numbers: set[int], same: frozenset[int], which: ColumnElement[bool]
) -> _LeftOut:
    """Cohorts that left out all of these as retracted, and hold none of the same event."""
    mine = cohorts.c
    query: Select[Any] = select(mine.id, mine.issue_id, mine.groups, mine.left_out).join(
        issues, issues.c.id == mine.issue_id
    )
    of_rows = and_(issues.c.volume_id.is_(None), ~issues.c.ignores_bookmarks)
    # both reasons begin with it
    left_out = cast(mine.left_out, Text).like(f'%"{LeftOut.RETRACTED}%')
    found = _LeftOut({}, {})
    async for row in await connection.stream(query.where(of_rows, left_out, which).order_by(mine.id)):
        surely = set(row.left_out.get(LeftOut.RETRACTED, ()))
        if not same.isdisjoint(numbers_in(row.groups)):
            continue
        if numbers <= surely:
            found.surely.setdefault(row.issue_id, []).append(row.id)
        elif numbers <= surely.union(row.left_out.get(LeftOut.RETRACTED_IN_DOUBT, ())):
            found.in_doubt.setdefault(row.issue_id, []).append(row.id)
    return found


def _cohorts_of(some: ColumnElement[bool]) -> Select[Any]:
    return select(deliveries.c.cohort_id).where(some)


def _is_before_a_new_beginning(number: int) -> ColumnElement[bool]:
    """Its reader had been away for good, and came back after this number: what was decided is over."""
    mine = gaps.c
    return exists().where(
        mine.subscription_id == deliveries.c.subscription_id,
        mine.upto >= number,
        mine.reason != Standing.PAUSED,
    )
