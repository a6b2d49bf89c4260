"""What is kept on one reader beside the subscriptions themselves: looked up to be handed out, or wiped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

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


async def copies_of(connection: AsyncConnection, subscription_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Rows of deliveries with their issue and what their cohort got, oldest first."""
    mine = deliveries.c
    query: Select[Any] = (
        select(
            *(mine.id, mine.subscription_id, mine.issue_id, mine.status, mine.reason, mine.detail),
            *(mine.attempts, mine.sent_at),
            *(issues.c.due_at, issues.c.subject, cohorts.c.groups, cohorts.c.round),
        )
        .join(cohorts, cohorts.c.id == mine.cohort_id)
        .join(issues, issues.c.id == mine.issue_id)
        .where(mine.subscription_id.in_(subscription_ids))
        .order_by(mine.id)
    )
    found: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return found


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
