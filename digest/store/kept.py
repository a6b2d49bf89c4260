"""What is kept on one reader beside the subscriptions themselves: looked up to be handed out, or wiped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store import bound_copies
from digest.store.bound_copies import BoundCopy
from digest.store.tables import (
    briefings,
    cohorts,
    deliveries,
    issue_briefings,
    issues,
    notices,
    opinions,
    revisions,
)
from subscribers.interning import chunks
from subscribers.tables import consents, gaps, subscribers


class CopyKept(Struct, frozen=True):
    """A copy that was made for a reader, sent or not."""

    subscription_id: int
    issue_id: int
    status: str
    reason: str
    detail: str
    #: None, as the time, when the copy is kept in a volume
    attempts: int | None
    sent_at: datetime | None
    due_at: datetime
    #: as in the cohort: topics and the numbers under each
    groups: list[tuple[str, list[int]]]
    round: int


async def person(connection: AsyncConnection, subscriber_id: int) -> Row[Any]:
    """The row of a reader."""
    query: Select[Any] = select(subscribers.c.address, subscribers.c.name, subscribers.c.created_at)
    found: Row[Any] = (await connection.execute(query.where(subscribers.c.id == subscriber_id))).one()
    return found


async def consents_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Rows of consents, oldest first."""
    query = select(consents).where(consents.c.subscription_id.in_(subscription_ids))
    return (await connection.execute(query.order_by(consents.c.id))).all()


async def gaps_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Rows of gaps with their times, oldest first."""
    query = select(gaps).where(gaps.c.subscription_id.in_(subscription_ids))
    return (await connection.execute(query.order_by(gaps.c.id))).all()


async def notices_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Rows of notices, oldest first."""
    query = select(notices).where(notices.c.subscription_id.in_(subscription_ids))
    return (await connection.execute(query.order_by(notices.c.id))).all()


async def copies_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> list[CopyKept]:
    """All copies with their issue and what their cohort got, in the order of issues."""
    mine = deliveries.c
    query: Select[Any] = (
        select(
            *(mine.subscription_id, mine.issue_id, mine.status, mine.reason, mine.detail),
            *(mine.attempts, mine.sent_at),
            *(issues.c.due_at, cohorts.c.groups, cohorts.c.round),
        )
        .join(cohorts, cohorts.c.id == mine.cohort_id)
        .join(issues, issues.c.id == mine.issue_id)
        .where(mine.subscription_id.in_(subscription_ids))
    )
    found = [CopyKept(**row._mapping) for row in await connection.execute(query)]
    found += map(_copy_of, await bound_copies.of_readers(connection, subscription_ids))
    return sorted(found, key=lambda one: one.issue_id)


def _copy_of(bound: BoundCopy) -> CopyKept:
    its = bound.cohort
    return CopyKept(
        subscription_id=bound.subscription_id,
        issue_id=its.issue_id,
        status=bound.fate.status,
        reason=bound.fate.reason,
        detail="",
        attempts=None,
        sent_at=None,
        due_at=its.due_at,
        groups=its.groups,
        round=its.round,
    )


async def titles_in(
    connection: AsyncConnection, issue_ids: Collection[int]
) -> dict[tuple[int, int, int], str]:
    """What briefings were called in issues, by issue, round and number."""
    query = (
        select(
            *(issue_briefings.c.issue_id, issue_briefings.c.round, issue_briefings.c.number),
            revisions.c.title,
        )
        .join(briefings, briefings.c.number == issue_briefings.c.number)
        .join(
            revisions,
            (revisions.c.briefing_id == briefings.c.id)
            & (revisions.c.revision == issue_briefings.c.revision),
        )
    )
    found: dict[tuple[int, int, int], str] = {}
    for some in chunks(sorted(issue_ids), 300):
        rows = await connection.execute(query.where(issue_briefings.c.issue_id.in_(some)))
        found.update(((row.issue_id, row.round, row.number), row.title) for row in rows)
    return found


async def opinions_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Rows of opinions, oldest first."""
    query = select(opinions).where(opinions.c.subscription_id.in_(subscription_ids))
    return (await connection.execute(query.order_by(opinions.c.at, opinions.c.number))).all()


async def forget_opinions(connection: AsyncConnection, subscription_ids: Collection[int]) -> None:
    """Delete what these readers said of items."""
    await connection.execute(delete(opinions).where(opinions.c.subscription_id.in_(subscription_ids)))
