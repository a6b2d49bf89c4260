"""What may need a person, counted over what is recent or unfinished: never over all readers or all copies."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import GENERAL, BriefingStatus, Issue, IssueStatus
from digest.store import issues as shelf
from digest.store.tables import UNFINISHED, briefing_topics, briefings, cohorts, issues
from subscribers.model import Standing
from subscribers.tables import groups, standing_changes, subscriptions

#: Changes of standing that are looked at, the newest: an import may have written a million before them.
_CHANGES: Final = 20_000


async def newest_issues(
    connection: AsyncConnection,
    *,
    before: int | None = None,
    limit: int = 50,
    newsletter_id: int | None = None,
    statuses: Collection[IssueStatus] = (),
    with_copies: bool = False,
) -> tuple[Issue, ...]:
    """Issues, the newest first, from below the id `before` on.

    `with_copies` leaves out those that are at their end and of which no reader was to get a copy.
    """
    query = select(issues.c.id).order_by(issues.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(issues.c.id < before)
    if newsletter_id is not None:
        query = query.where(issues.c.newsletter_id == newsletter_id)
    if statuses:
        query = query.where(issues.c.status.in_(statuses))
    if with_copies:
        copy = exists().where(cohorts.c.issue_id == issues.c.id, cohorts.c.skip.is_(None))
        query = query.where(or_(issues.c.status.in_(UNFINISHED), copy))
    ids = list((await connection.execute(query)).scalars())
    return tuple([found for id_ in ids if (found := await shelf.by_id(connection, id_)) is not None])


async def has_begun(connection: AsyncConnection) -> tuple[bool, bool]:
    """Whether anything was ever written or taken in, and whether anybody ever read."""
    row = (
        await connection.execute(select(exists(select(briefings.c.id)), exists(select(subscriptions.c.id))))
    ).one()
    return bool(row[0]), bool(row[1])


async def readers_by_cadence(connection: AsyncConnection) -> dict[tuple[int, int], int]:
    """Active readers by newsletter and cadence: a walk along the index of groups."""
    sizes = (
        select(subscriptions.c.group_id, func.count().label("size"))
        .group_by(subscriptions.c.group_id)
        .subquery()
    )
    mine = groups.c
    query = (
        select(mine.newsletter_id, mine.cadence_id, func.sum(sizes.c.size))
        .join(sizes, sizes.c.group_id == mine.id)
        .where(mine.is_active)
        .group_by(mine.newsletter_id, mine.cadence_id)
    )
    return {(newsletter, cadence): int(size) for newsletter, cadence, size in await connection.execute(query)}


async def drafts(connection: AsyncConnection) -> int:
    """Briefings that wait to be published: none of them has a number."""
    query = select(func.count()).where(
        briefings.c.number.is_(None), briefings.c.status == BriefingStatus.DRAFT
    )
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def drafts_without_time(connection: AsyncConnection) -> int:
    """Those of them that wait for a person: the others come out at an appointed time."""
    query = select(func.count()).where(
        briefings.c.number.is_(None),
        briefings.c.status == BriefingStatus.DRAFT,
        briefings.c.publish_at.is_(None),
    )
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def without_topic(connection: AsyncConnection, since: datetime) -> int:
    """Briefings published since then of which no rule knew what they are about."""
    mine = briefing_topics.c
    known = exists().where(mine.briefing_id == briefings.c.id, mine.slug != GENERAL)
    recent = and_(briefings.c.published_at >= since, briefings.c.status == BriefingStatus.PUBLISHED)
    count: int = (await connection.execute(select(func.count()).where(recent, ~known))).scalar_one()
    return count


async def bounced(connection: AsyncConnection, since: datetime) -> int:
    """Readers whose addresses were found bad since then, among the newest changes of standing."""
    mine = standing_changes.c
    newest = (await connection.execute(select(func.max(mine.id)))).scalar() or 0
    query = select(func.count()).where(
        mine.id > newest - _CHANGES, mine.at >= since, mine.after == Standing.BOUNCING
    )
    count: int = (await connection.execute(query)).scalar_one()
    return count
