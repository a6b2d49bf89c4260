"""Who did not get what was taken back, and would have: for when it comes back.

A copy that is planned meanwhile leaves it out as retracted, and one that has not begun loses it. Either way
the bookmark has passed it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

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


async def who_missed(
    connection: AsyncConnection, number: int, since: datetime, beside: int | None = None
) -> Copies:
    """Copies that left out as retracted what came out then under a number, if no other copy brought it.

    With `beside` copies that left that out, too, for the same reason.

    One that tells of the same event by another item is none of them, nor one that asked no bookmark. Those
    whose rows are gone (`digest.store.volumes`) are not looked for, nor older ones, if such a one brought it.
    """
    mine = cohorts.c
    left_out = cast(mine.left_out, Text).like(f'%"{LeftOut.RETRACTED}"%')
    query: Select[Any] = select(mine.id, mine.issue_id, mine.groups, mine.left_out).join(
        issues, issues.c.id == mine.issue_id
    )
    recent = issues.c.planned_at >= since - _LONGEST_RUN
    of_rows = and_(issues.c.volume_id.is_(None), ~issues.c.ignores_bookmarks)
    found: dict[int, list[int]] = {}
    wanted = {number} if beside is None else {number, beside}
    same = await stories.numbers_beside(connection, number)
    async for row in await connection.stream(query.where(recent, of_rows, left_out)):
        is_told = not same.isdisjoint(numbers_in(row.groups))
        if wanted.issubset(row.left_out.get(LeftOut.RETRACTED, ())) and not is_told:
            found.setdefault(row.issue_id, []).append(row.id)
    which = ~_is_before_a_new_beginning(number)
    brought = await carrying(connection, [number])
    for issue_id in brought:
        if await volumes.holds(connection, issue_id):
            # its readers are not looked up one by one: of older issues nobody is owed anything
            found = {its_id: some for its_id, some in found.items() if its_id > issue_id}
    for _issue_id, some in Copies(brought, _CARRIES).conditions():
        had = select(deliveries.c.subscription_id).where(some).correlate(None)
        which = and_(which, deliveries.c.subscription_id.not_in(had))
    return Copies(dict(sorted(found.items())), which)


def _is_before_a_new_beginning(number: int) -> ColumnElement[bool]:
    """Its reader had been away for good, and came back after this number: what was decided is over."""
    mine = gaps.c
    return exists().where(
        mine.subscription_id == deliveries.c.subscription_id,
        mine.upto >= number,
        mine.reason != Standing.PAUSED,
    )
