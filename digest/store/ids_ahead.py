"""Ids that a store never gives again, though it has forgotten that it gave them.

Who puts a backup back loses the rows made since, and not what went out with their ids: links that are signed
for a number, Message-IDs, return paths. Were these numbers given again, a link in an old mail would open
another reader's page, and a mail program would drop a new issue for one that it has.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, IssueStatus, Skip
from digest.core.moving import Closed
from digest.core.notices import NoticeKind
from digest.store import facts
from digest.store.click_tables import links
from digest.store.copied_stores import sequences
from digest.store.tables import cohorts, deliveries, issues, notices
from subscribers.groups import resting_groups
from subscribers.model import Standing
from subscribers.tables import groups, subscribers, subscriptions

#: More than are given between two backups: of what is made for each mail, and of all else.
_AHEAD_OF_MAILS: Final = 1_000_000_000
_AHEAD: Final = 1_000_000
_FOR_MAILS: Final = frozenset({table.name for table in (cohorts, deliveries, links, notices)})
_LARGEST: Final = 2**31 - 1
#: The fact that says of which backup this was done.
_DONE: Final = "ids-ahead-of"


async def go_ahead(connection: AsyncConnection, word: Closed, now: datetime) -> None:
    """Let new rows get ids far behind all that may have been given since the backup; once for each backup."""
    if await facts.recall(connection, _DONE) == word.copy:
        return
    if connection.dialect.name == "sqlite":
        await _leave_marks(connection, word, now)
    else:
        await _set_sequences(connection)
    await facts.replace(connection, _DONE, word.copy)


async def _set_sequences(connection: AsyncConnection) -> None:
    for table, sequence in (await sequences(connection)).items():
        query = select(func.pg_sequence_last_value(text(f"'{sequence}'::regclass")))
        given = (await connection.execute(query)).scalar() or 0
        await connection.execute(text(f"SELECT setval('{sequence}', {_beyond(table, given)})"))


def _beyond(table: Table, newest: int) -> int:
    """An id that nobody has given."""
    if table.name in _FOR_MAILS:
        return newest + _AHEAD_OF_MAILS
    return min(newest + _AHEAD, max(newest, _LARGEST - _AHEAD))


async def _leave_marks(connection: AsyncConnection, word: Closed, now: datetime) -> None:
    """SQLite gives the id after the largest, so rows with large ones stand there: of an issue to nobody.

    Its reader has no address, as if erased, and has left; whoever lists issues sees from when on it goes.
    """
    newest = (
        await connection.execute(
            select(subscriptions, groups.c.profile_id, groups.c.bookmark_id)
            .join(groups, groups.c.id == subscriptions.c.group_id)
            .order_by(subscriptions.c.id.desc())
            .limit(1)
        )
    ).first()
    if newest is None:
        # nobody has had a link or a mail by the time of the backup
        return
    subscription = await _mark_reader(connection, newest, now)
    await _mark(
        *(connection, notices),
        kind=NoticeKind.TEST,
        occasion=f"restored {word.copy}",
        newsletter_id=newest.newsletter_id,
        data={},
        domain="localhost",
        due_at=now,
        expires_at=now + timedelta(hours=1),
        status=DeliveryStatus.SKIPPED,
        reason=Skip.SENT_ELSEWHERE,
    )
    issue = await _mark(
        *(connection, issues),
        newsletter_id=newest.newsletter_id,
        slot=f"restored {word.copy}",
        day=now.date(),
        zone="UTC",
        due_at=now,
        planned_at=now,
        rounds=1,
        status=IssueStatus.CANCELLED,
        subject=f"Put back from the backup of {word.at:%Y-%m-%d %H:%M} UTC",
        ignores_bookmarks=True,
        outcomes={DeliveryStatus.SKIPPED: {Skip.SENT_ELSEWHERE: 1}},
        families={},
        domain="localhost",
    )
    cohort = await _mark(
        *(connection, cohorts),
        issue_id=issue,
        round=1,
        profile_id=newest.profile_id,
        bookmark_id=newest.bookmark_id,
        next_bookmark_id=newest.bookmark_id,
        size=1,
        groups=[],
        deferred=[],
        left_out={},
        skip=Skip.SENT_ELSEWHERE,
        covers_from=now.date(),
    )
    copy = await _mark(
        *(connection, deliveries),
        issue_id=issue,
        cohort_id=cohort,
        subscription_id=subscription,
        status=DeliveryStatus.SKIPPED,
        reason=Skip.SENT_ELSEWHERE,
    )
    mine = issues.update().where(issues.c.id == issue)
    await connection.execute(mine.values(first_copy=copy, last_copy=copy))
    # leads nowhere: the issue has no such item
    await _mark(connection, links, issue_id=issue, number=0)


async def _mark_reader(connection: AsyncConnection, like: Row[Any], now: datetime) -> int:
    group = (await resting_groups(connection, [like.id]))[like.id]
    reader = await _mark(connection, subscribers, created_at=now, erased_at=now)
    return await _mark(
        *(connection, subscriptions),
        subscriber_id=reader,
        newsletter_id=like.newsletter_id,
        standing=Standing.LEFT,
        group_id=group,
        began_after=like.began_after,
        began_at=now,
    )


async def _mark(connection: AsyncConnection, table: Table, **values: Any) -> int:
    newest = (await connection.execute(select(func.max(table.c.id)))).scalar() or 0
    beyond = _beyond(table, newest)
    await connection.execute(insert(table).values(id=beyond, **values))
    return beyond
