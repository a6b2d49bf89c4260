"""The copies of one reader, the newest first, with what each said of its items when it was made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store import bound_copies
from digest.store.bound_copies import BoundCopy
from digest.store.issues import numbers_in
from digest.store.tables import briefings, cohorts, deliveries, issue_briefings, issues, revisions
from subscribers.interning import chunks


class OwnCopy(Struct, frozen=True):
    """One delivery as its reader may see it."""

    issue_id: int
    cohort_id: int
    round: int
    day: date
    due_at: datetime
    #: written by an editor; None lets the items say it
    subject: str | None
    #: in reading order
    numbers: tuple[int, ...]
    status: DeliveryStatus
    reason: str
    doubts: int


class Carried(NamedTuple):
    """An item as an issue carries it."""

    title: str
    source: str | None
    url: str | None
    language: str


async def newest(
    connection: AsyncConnection, subscription_id: int, *, before: int | None = None, count: int
) -> tuple[OwnCopy, ...]:
    """The copies of a subscription by issue, the newest first, from below the issue `before` on."""
    query = _copies().where(deliveries.c.subscription_id == subscription_id)
    if before is not None:
        query = query.where(deliveries.c.issue_id < before)
    rows = (await connection.execute(query.order_by(deliveries.c.issue_id.desc()).limit(count))).all()
    above = rows[-1].issue_id if len(rows) == count else 0
    bound = await bound_copies.of_readers(
        connection, [subscription_id], above=above, below=before, count=count
    )
    both = [*map(_copy_from, rows), *map(_copy_of, bound)]
    return tuple(sorted(both, key=lambda one: one.issue_id, reverse=True)[:count])


async def one(connection: AsyncConnection, subscription_id: int, issue_id: int) -> OwnCopy | None:
    """The copy of an issue that was made for this subscription, if there is one."""
    mine = and_(deliveries.c.issue_id == issue_id, deliveries.c.subscription_id == subscription_id)
    row = (await connection.execute(_copies().where(mine))).first()
    if row is not None:
        return _copy_from(row)
    bound = await bound_copies.one(connection, subscription_id, issue_id)
    return None if bound is None else _copy_of(bound)


async def carried(
    connection: AsyncConnection, wanted: Mapping[tuple[int, int], Collection[int]]
) -> dict[tuple[int, int, int], Carried]:
    """Items by issue, round and number, in the revisions that are pinned there; `wanted` has the numbers."""
    keys = [(*where, number) for where, numbers in wanted.items() for number in numbers]
    pinned = issue_briefings.c
    found: dict[tuple[int, int, int], Carried] = {}
    for some in chunks(keys, 200):
        either = or_(*(and_(pinned.issue_id == i, pinned.round == r, pinned.number == n) for i, r, n in some))
        query = (
            select(
                *(pinned.issue_id, pinned.round, pinned.number),
                *(revisions.c.title, revisions.c.source, revisions.c.url, revisions.c.language),
            )
            .join(briefings, briefings.c.number == pinned.number)
            .join(
                revisions,
                and_(revisions.c.briefing_id == briefings.c.id, revisions.c.revision == pinned.revision),
            )
            .where(either)
        )
        for row in await connection.execute(query):
            key = row.issue_id, row.round, row.number
            found[key] = Carried(row.title, row.source, row.url, row.language)
    return found


def _copies() -> Select[Any]:
    mine = deliveries.c
    return (
        select(
            *(mine.issue_id, mine.cohort_id, mine.status, mine.reason, mine.doubts),
            *(cohorts.c.round, cohorts.c.groups),
            *(issues.c.day, issues.c.due_at, issues.c.subject),
        )
        .join(cohorts, cohorts.c.id == mine.cohort_id)
        .join(issues, issues.c.id == mine.issue_id)
    )


def _copy_from(row: Row[Any]) -> OwnCopy:
    values = dict(row._mapping)
    numbers = tuple(numbers_in(values.pop("groups")))
    return OwnCopy(**{**values, "status": DeliveryStatus(row.status)}, numbers=numbers)


def _copy_of(bound: BoundCopy) -> OwnCopy:
    its = bound.cohort
    return OwnCopy(
        issue_id=its.issue_id,
        cohort_id=its.id,
        round=its.round,
        day=its.day,
        due_at=its.due_at,
        subject=its.subject,
        numbers=tuple(numbers_in(its.groups)),
        status=bound.fate.status,
        reason=bound.fate.reason,
        doubts=int(bound.fate.in_doubt),
    )
