"""What is counted for operators and nowhere else: bounded looks along indices, however many readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, IssueStatus
from digest.core.reputation import What
from digest.store.issue_states import IS_UNFINISHED
from digest.store.notices import IS_OPEN as IS_OPEN_NOTICE
from digest.store.outcomes import IS_OPEN
from digest.store.tables import briefings, deliveries, issues, notices
from digest.store.watch_tables import family_answers
from digest.store.webhook_tables import events, handovers
from subscribers.interning import chunks
from subscribers.tables import subscriptions

_WAITS: Final = (DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED)


class OpenIssue(Struct, frozen=True):
    """An issue that is not at its end, or has copies that are not."""

    newsletter_id: int
    status: IssueStatus
    #: from when on it may be sent
    begins_at: datetime
    #: copies that are not settled, by where they stand
    copies: Mapping[str, int]


class Waiting(NamedTuple):
    """How many of something wait, and since when the first does."""

    how_many: int
    since: datetime | None


async def open_issues(connection: AsyncConnection) -> tuple[OpenIssue, ...]:
    """Along the indices of what is unfinished: what is done is not looked at."""
    mine = deliveries.c
    query = select(mine.issue_id, mine.status, func.count()).where(IS_OPEN)
    copies: dict[int, dict[str, int]] = {}
    for issue_id, status, count in await connection.execute(query.group_by(mine.issue_id, mine.status)):
        copies.setdefault(issue_id, {})[status] = count
    unfinished = (await connection.execute(select(issues.c.id).where(IS_UNFINISHED))).scalars()
    return await _with_copies(connection, copies, {*unfinished, *copies})


async def _with_copies(
    connection: AsyncConnection, copies: Mapping[int, Mapping[str, int]], ids: Collection[int]
) -> tuple[OpenIssue, ...]:
    mine = issues.c
    query = select(mine.id, mine.newsletter_id, mine.status, mine.due_at, mine.planned_at)
    return tuple(
        [
            OpenIssue(
                row.newsletter_id,
                IssueStatus(row.status),
                max(row.due_at, row.planned_at),
                copies.get(row.id, {}),
            )
            for some in chunks(sorted(ids))
            for row in await connection.execute(query.where(mine.id.in_(some)))
        ]
    )


async def newest_publication(connection: AsyncConnection) -> datetime | None:
    """When the newest briefing came out."""
    found: datetime | None = (await connection.execute(select(func.max(briefings.c.published_at)))).scalar()
    return found


async def open_notices(connection: AsyncConnection) -> Counter[str]:
    """Mails that are no issue and not settled, by kind."""
    query = select(notices.c.kind, func.count()).where(IS_OPEN_NOTICE).group_by(notices.c.kind)
    return Counter({row[0]: row[1] for row in await connection.execute(query)})


async def oldest_due_notice(connection: AsyncConnection, now: datetime) -> datetime | None:
    """When the earliest of them was due that could have been sent."""
    mine = notices.c
    query = select(func.min(mine.due_at)).where(IS_OPEN_NOTICE, mine.status.in_(_WAITS), mine.due_at <= now)
    found: datetime | None = (await connection.execute(query)).scalar()
    return found


async def answers_since(connection: AsyncConnection, since: datetime) -> dict[str, dict[What, int]]:
    """What servers answered for good since then, by family of mailboxes."""
    mine = family_answers.c
    sums: Iterable[What] = tuple(What)
    query = select(mine.family, *(func.sum(mine[what.value]) for what in sums)).where(mine.at >= since)
    rows = await connection.execute(query.group_by(mine.family))
    # PostgreSQL's sums are decimals
    return {row[0]: dict(zip(sums, map(int, row[1:]), strict=True)) for row in rows}


async def waiting_events(connection: AsyncConnection) -> Waiting:
    """What webhooks are still to be told."""
    query = (
        select(func.count(), func.min(events.c.at))
        .select_from(handovers)
        .join(events, events.c.id == handovers.c.event_id)
        .where(handovers.c.due_at.isnot(None))
    )
    return Waiting(*(await connection.execute(query)).one())


async def readers(connection: AsyncConnection) -> dict[tuple[int, str], int]:
    """Subscriptions by newsletter and standing: a walk along one index, so the answer is worth keeping."""
    mine = subscriptions.c
    query = select(mine.newsletter_id, mine.standing, func.count())
    rows = await connection.execute(query.group_by(mine.newsletter_id, mine.standing))
    return {(row[0], row[1]): row[2] for row in rows}


async def octets(connection: AsyncConnection) -> int:
    """What the store takes on its disk."""
    if connection.dialect.name == "sqlite":
        asked = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    else:
        asked = text("SELECT pg_database_size(current_database())")
    found: int = (await connection.execute(asked)).scalar_one()
    return found
