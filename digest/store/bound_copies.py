"""Copies whose rows are gone, looked up in the volumes that hold them: by reader, or by cohort."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.binding import Bound, Fate, copies_of, unbind
from digest.store.tables import cohorts, issues, newsletters
from digest.store.volume_tables import leaves, volumes
from subscribers.interning import chunks

#: Leaves in memory at a time.
_LEAVES: Final = 100


class BoundCopy(Struct, frozen=True):
    """A copy of a reader: what became of it, and the row of its cohort with its issue and newsletter."""

    subscription_id: int
    fate: Fate
    cohort: Row[Any]

    @property
    def issue_id(self) -> int:
        """By which a reader's copies are sorted: a reader has one of each issue at most."""
        found: int = self.cohort.issue_id
        return found


async def of_readers(
    connection: AsyncConnection,
    subscription_ids: Collection[int],
    *,
    above: int = 0,
    below: int | None = None,
    count: int | None = None,
) -> list[BoundCopy]:
    """Copies of these readers of issues with numbers above and below some, the newest first.

    `count` asks for the newest of them only.
    """
    query = select(volumes.c.id, volumes.c.last_issue).where(volumes.c.last_issue > above)
    if below is not None:
        query = query.where(volumes.c.first_issue < below)
    found: list[BoundCopy] = []
    for volume in (await connection.execute(query.order_by(volumes.c.last_issue.desc()))).all():
        if count is not None and len(found) >= count and found[count - 1].issue_id > volume.last_issue:
            break
        some = await _in_volume(connection, volume.id, frozenset(subscription_ids))
        found += [one for one in some if above < one.issue_id and (below is None or one.issue_id < below)]
        found.sort(key=lambda one: one.issue_id, reverse=True)
    return found if count is None else found[:count]


async def one(connection: AsyncConnection, subscription_id: int, issue_id: int) -> BoundCopy | None:
    """A reader's copy of an issue, if it is in a volume."""
    query = select(issues.c.volume_id).where(issues.c.id == issue_id)
    volume_id = (await connection.execute(query)).scalar()
    if volume_id is None:
        return None
    some = await _in_volume(connection, volume_id, frozenset([subscription_id]))
    return next((copy for copy in some if copy.issue_id == issue_id), None)


async def who_had(
    connection: AsyncConnection, cohorts_by_issue: Mapping[int, Collection[int]]
) -> dict[int, array[int]]:
    """By issue the readers whose bound copies of these cohorts arrived, or may have, in ascending order."""
    by_volume: dict[int, dict[int, int]] = {}
    for some in chunks(sorted(cohorts_by_issue)):
        query = select(issues.c.id, issues.c.volume_id).where(
            issues.c.id.in_(some), issues.c.volume_id.isnot(None)
        )
        for row in await connection.execute(query):
            wanted = by_volume.setdefault(row.volume_id, {})
            wanted.update(dict.fromkeys(cohorts_by_issue[row.id], row.id))
    found: dict[int, array[int]] = {}
    for volume_id, wanted in by_volume.items():
        after = -1
        while leaf_rows := await _leaves_after(connection, volume_id, after):
            for leaf in leaf_rows:
                for copy in unbind(bytes(leaf.content)):
                    issue_id = wanted.get(copy.cohort_id)
                    if issue_id is not None and copy.fate.may_have_arrived:
                        found.setdefault(issue_id, array("q")).append(copy.subscription_id)
            after = leaf_rows[-1].first_subscription
    return found


async def _leaves_after(connection: AsyncConnection, volume_id: int, after: int) -> Sequence[Row[Any]]:
    mine = leaves.c
    query: Select[Any] = select(mine.first_subscription, mine.content).where(
        mine.volume_id == volume_id, mine.first_subscription > after
    )
    found = await connection.execute(query.order_by(mine.first_subscription).limit(_LEAVES))
    rows: Sequence[Row[Any]] = found.all()
    return rows


async def _in_volume(
    connection: AsyncConnection, volume_id: int, subscription_ids: frozenset[int]
) -> list[BoundCopy]:
    """The copies of these readers in one volume."""
    found: list[Bound] = []
    for some in chunks(sorted(subscription_ids), 100):
        query = select(leaves.c.content).where(or_(*(_holding(volume_id, one) for one in some)))
        for content in (await connection.execute(query)).scalars():
            found += copies_of(bytes(content), frozenset(some))
    rows = await _cohorts(connection, {copy.cohort_id for copy in found})
    return [BoundCopy(copy.subscription_id, copy.fate, rows[copy.cohort_id]) for copy in found]


def _holding(volume_id: int, subscription_id: int) -> ColumnElement[bool]:
    """The one leaf of a volume in which a reader's copies stand, if they stand in any."""
    other = leaves.alias()
    nearest = (
        select(func.max(other.c.first_subscription))
        .where(other.c.volume_id == volume_id, other.c.first_subscription <= subscription_id)
        .scalar_subquery()
    )
    return and_(
        leaves.c.volume_id == volume_id,
        leaves.c.first_subscription == nearest,
        leaves.c.last_subscription >= subscription_id,
    )


async def _cohorts(connection: AsyncConnection, cohort_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Cohorts by number, each with what is shown of its issue and newsletter."""
    mine, its = cohorts.c, issues.c
    query: Select[Any] = (
        select(
            *(mine.id, mine.issue_id, mine.round, mine.groups, mine.deferred, mine.left_out),
            *(its.day, its.due_at, its.subject, its.domain, newsletters.c.slug),
        )
        .join(issues, its.id == mine.issue_id)
        .join(newsletters, newsletters.c.id == its.newsletter_id)
    )
    found: dict[int, Row[Any]] = {}
    for some in chunks(sorted(cohort_ids)):
        for row in await connection.execute(query.where(mine.id.in_(some))):
            found[row.id] = row
    return found
