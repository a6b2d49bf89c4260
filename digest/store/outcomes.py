"""What became of the copies of issues, counted without looking at those of others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store.tables import OPEN, cohorts, deliveries, issues

#: Deliveries that keep their issue open. SQLite serves this from the partial index of open deliveries, and
#: PostgreSQL from prepared statements too, only when it repeats the index's own words: a bound value would
#: mean a full scan.
IS_OPEN: Final = or_(*(deliveries.c.status == bindparam(None, one, literal_execute=True) for one in OPEN))

#: Copies by status and, of each, by reason.
Outcomes = dict[str, dict[str, int]]


async def counts_of(connection: AsyncConnection, issue_id: int) -> Outcomes:
    """Count the copies of an issue: a walk along the ids between which they lie."""
    span = select(issues.c.first_copy, issues.c.last_copy).where(issues.c.id == issue_id)
    row = (await connection.execute(span)).first()
    if row is None or row.first_copy is None:
        return {}
    mine = deliveries.c
    here = and_(mine.id >= row.first_copy, mine.id <= row.last_copy, mine.issue_id == issue_id)
    query = select(mine.status, mine.reason, func.count()).where(here).group_by(mine.status, mine.reason)
    found: Outcomes = {}
    for status, reason, copies in await connection.execute(query):
        found.setdefault(status, {})[reason] = copies
    return found


async def of_issue(connection: AsyncConnection, issue_id: int) -> Outcomes:
    """The outcomes of an issue: those that were counted when it was settled, else counted now."""
    kept = (await connection.execute(select(issues.c.outcomes).where(issues.c.id == issue_id))).scalar()
    return dict(kept) if kept is not None else await counts_of(connection, issue_id)


async def kept(connection: AsyncConnection, issue_ids: Collection[int]) -> dict[int, Outcomes]:
    """The outcomes of those of these issues that are settled."""
    query = select(issues.c.id, issues.c.outcomes).where(issues.c.id.in_(issue_ids))
    rows = await connection.execute(query)
    return {row.id: dict(row.outcomes) for row in rows if row.outcomes is not None}


async def planned_copies(connection: AsyncConnection, issue_ids: Collection[int]) -> dict[int, int]:
    """How many readers each of these issues is for who get a copy, by its cohorts."""
    query = (
        select(cohorts.c.issue_id, func.sum(cohorts.c.size))
        .where(cohorts.c.issue_id.in_(issue_ids), cohorts.c.skip.is_(None))
        .group_by(cohorts.c.issue_id)
    )
    return {issue_id: int(size) for issue_id, size in await connection.execute(query)}


async def open_counts(connection: AsyncConnection, issue_id: int) -> dict[str, int]:
    """How many copies of an issue are not settled, by status: the index of those alone is looked at."""
    found: dict[str, int] = {}
    for status in OPEN:
        found[status.value] = await _count(connection, issue_id, status)
    return {status: copies for status, copies in found.items() if copies}


async def _count(connection: AsyncConnection, issue_id: int, status: DeliveryStatus) -> int:
    # in the index's own words, too, or all that are open would be looked at
    these = deliveries.c.status == bindparam(None, status, literal_execute=True)
    query = select(func.count()).select_from(deliveries)
    query = query.where(deliveries.c.issue_id == issue_id, IS_OPEN, these)
    count: int = (await connection.execute(query)).scalar_one()
    return count
