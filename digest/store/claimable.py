"""Which copies may be claimed: by status and time, and by how often a claim has led to nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, IssueStatus
from digest.store.issues import IS_OPEN
from digest.store.tables import deliveries, issues
from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.tables import subscriptions

#: A copy whose fate stays uncertain so often waits for a person: each try may have been delivered.
MOST_RESENDS: Final = 4
#: A copy that was claimed so often without coming to a result is claimed alone from then on: of many that a
#: process had in its hands when it ended, one may be what ends processes.
CLAIMS_TOGETHER: Final = 3
#: A copy that was claimed so often without coming to a result is given up.
MOST_CLAIMS: Final = 5


async def claimable_count(
    connection: AsyncConnection,
    issue_id: int,
    *,
    now: datetime,
    resend_uncertain: bool,
    alone: bool | None = None,
    at_most: int | None = None,
) -> int:
    """How many copies of an issue could be sent at `now`; with `alone` only those that are claimed so.

    With `at_most` no more are counted: who sends a part of many does not look through them all.
    """
    # kind by kind, and no copy is of two: for an OR of them SQLite would remember every row it has counted
    kinds = claimable(issue_id, now, resend_uncertain, alone)
    some = [select(deliveries.c.id).where(kind).limit(at_most).subquery() for kind in kinds]
    counts = [select(func.count()).select_from(one).scalar_subquery() for one in some]
    found = sum((await connection.execute(select(*counts))).one())
    return found if at_most is None else min(found, at_most)


async def claimable_by_issue(
    connection: AsyncConnection, issue_ids: Sequence[int], *, now: datetime, resend_uncertain: bool
) -> dict[int, int]:
    """How many copies of each of these issues could be sent at `now`; those with none are left out."""
    found: Counter[int] = Counter()
    for kind in _kinds(now, resend_uncertain):
        for some in chunks(issue_ids):
            mine = and_(IS_OPEN, kind, deliveries.c.issue_id.in_(some))
            copies = func.count().label("copies")
            query = select(deliveries.c.issue_id, copies).where(mine).group_by(deliveries.c.issue_id)
            found.update({row.issue_id: row.copies for row in await connection.execute(query)})
    return dict(found)


async def left_in_doubt(connection: AsyncConnection) -> int:
    """How many copies in doubt are sent again by nobody, though those in doubt are: a person has to say.

    They were sent again as often as may be, or their issue was taken back.
    """
    mine = deliveries.c
    doubtful: ColumnElement[str] = bindparam(None, DeliveryStatus.UNCERTAIN, literal_execute=True)
    taken_back = exists().where(issues.c.id == mine.issue_id, issues.c.status == IssueStatus.CANCELLING)
    # issue by issue along the index: a large one has many copies that are open
    under_way = select(issues.c.id).where(issues.c.status.in_((IssueStatus.SENDING, IssueStatus.CANCELLING)))
    query = select(func.count()).where(
        *(IS_OPEN, mine.status == doubtful, mine.issue_id.in_(under_way)),
        or_(mine.doubts >= MOST_RESENDS, mine.claims >= MOST_CLAIMS, taken_back),
    )
    found: int = (await connection.execute(query)).scalar_one()
    return found


def claimable(
    issue_id: int | ColumnElement[int],
    now: datetime | ColumnElement[datetime],
    resend_uncertain: bool,
    alone: bool | None,
) -> list[ColumnElement[bool]]:
    """The kinds of copies that may be sent now: planned, deferred and due again, uncertain and rested.

    Of each, with `alone` those that must be claimed so, or that need not; None for both.
    """
    mine = deliveries.c
    which: list[ColumnElement[bool]] = []
    if alone is not None:
        which.append(mine.claims >= CLAIMS_TOGETHER if alone else mine.claims < CLAIMS_TOGETHER)
    kinds = _kinds(now, resend_uncertain)
    return [and_(open_of(issue_id), kind, *which, _is_being_sent(issue_id)) for kind in kinds]


def _kinds(now: datetime | ColumnElement[datetime], resend_uncertain: bool) -> list[ColumnElement[bool]]:
    mine = deliveries.c
    kinds = [_stands_as(DeliveryStatus.PLANNED)]
    kinds.append(and_(_stands_as(DeliveryStatus.DEFERRED), mine.retry_at <= now))
    if resend_uncertain:
        rested = or_(mine.retry_at.is_(None), mine.retry_at <= now)
        few = and_(mine.doubts < MOST_RESENDS, mine.claims < MOST_CLAIMS)
        kinds.append(and_(_stands_as(DeliveryStatus.UNCERTAIN), rested, few, ~_reader_paused()))
    return kinds


def _stands_as(status: DeliveryStatus) -> ColumnElement[bool]:
    """The copies of one status, as a range: so that only the index of open copies has the order of a claim.

    Of a status that equals a value the primary key has that order, too, and PostgreSQL may take it: each
    claim would then walk over every copy that was sent before.
    """
    return deliveries.c.status.between(status, status)


def _is_being_sent(issue_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """What a person has stopped is claimed no more; asked with each claim, and once for all its copies."""
    status = select(issues.c.status).where(issues.c.id == issue_id).scalar_subquery()
    return status == IssueStatus.SENDING


def open_of(issue_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The copies of an issue that are not settled, in words that the index knows."""
    return and_(deliveries.c.issue_id == issue_id, IS_OPEN)


def _reader_paused() -> ColumnElement[bool]:
    """A copy in doubt waits for the end of a pause: it can neither be skipped nor be owed again."""
    mine = subscriptions.c
    return exists().where(mine.id == deliveries.c.subscription_id, mine.standing == Standing.PAUSED)
