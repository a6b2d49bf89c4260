"""The binding of old issues: begun about once a month, then some thousand copies a transaction.

What a copy needs as long as something may happen to it - a row, its indices, what the server said - goes; who
got the copy of which cohort, and what became of it, stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, delete, false, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.binding import Bound, Fate, bind
from digest.core.model import SETTLED, DeliveryStatus, IssueStatus
from digest.store import outcomes
from digest.store.tables import deliveries, issues
from digest.store.volume_tables import leaves, volumes
from subscribers.interning import chunks
from subscribers.tables import subscriptions

#: A volume holds the issues of so long: a reader's lists are alike over weeks, and a reader has few leaves.
SPAN: Final = timedelta(days=31)
#: Copies of one transaction; a single reader with more is taken whole.
TOGETHER: Final = 2000
#: Readers that are looked through in one transaction, when most of them had none of these issues.
_READERS: Final = 2000
#: Numbers in one statement.
_IDS: Final = 1000
#: Nothing more is sent of these.
_FINISHED: Final = (IssueStatus.DONE, IssueStatus.CANCELLED)


class Step(NamedTuple):
    """What one transaction did."""

    #: copies that have no row of their own any more
    copies: int
    #: nothing is left to be done in the volume
    is_last: bool


async def holds(connection: AsyncConnection, issue_id: int) -> bool:
    """Whether the copies of an issue are bound, or about to be."""
    query = select(issues.c.volume_id).where(issues.c.id == issue_id)
    return (await connection.execute(query)).scalar() is not None


async def without_counts(connection: AsyncConnection, before: datetime, limit: int) -> list[int]:
    """Finished issues due before then whose outcomes are not counted, since something of them changed."""
    query = select(issues.c.id).where(_to_be_bound(before), issues.c.outcomes.is_(None))
    return list((await connection.execute(query.order_by(issues.c.id).limit(limit))).scalars())


async def keep_counts(connection: AsyncConnection, issue_id: int, found: outcomes.Outcomes) -> None:
    """Keep the outcomes of an issue for good, when nobody else has counted them meanwhile."""
    query = update(issues).where(issues.c.id == issue_id, issues.c.outcomes.is_(None))
    await connection.execute(query.where(issues.c.status.in_(_FINISHED)).values(outcomes=found))


async def waiting(connection: AsyncConnection, before: datetime) -> int:
    """How many copies could be bound: those of finished issues due before then, whole months of them."""
    copies = 0
    query = select(volumes.c.id, volumes.c.next_subscription).where(volumes.c.bound_at.is_(None))
    for open_one in (await connection.execute(query)).all():
        count = (
            select(func.count()).select_from(deliveries).join(issues, issues.c.id == deliveries.c.issue_id)
        )
        copies += (await connection.execute(count.where(issues.c.volume_id == open_one.id))).scalar_one()
    counted = select(issues.c.outcomes).where(await _next_issues(connection, before))
    for found in (await connection.execute(counted)).scalars():
        copies += sum(n for by_reason in found.values() for n in by_reason.values())
    return copies


async def is_due(connection: AsyncConnection, before: datetime) -> bool:
    """Whether a volume is being bound, or one should begin."""
    begun = select(volumes.c.id).where(volumes.c.bound_at.is_(None)).limit(1)
    if (await connection.execute(begun)).first() is not None:
        return True
    first = select(issues.c.id).where(await _next_issues(connection, before)).limit(1)
    return (await connection.execute(first)).first() is not None


async def begin(connection: AsyncConnection, before: datetime, now: datetime) -> bool:
    """Gather the issues of the next volume, if a month of them is due before then; False when it is not.

    One whose outcomes are not counted waits for its counting.
    """
    query = select(issues.c.id).where(await _next_issues(connection, before))
    # two processes at once: the second one finds none
    ids = sorted((await connection.execute(query.with_for_update())).scalars())
    if not ids:
        return False
    newest_reader = (await connection.execute(select(func.max(subscriptions.c.id)))).scalar() or 0
    row = {
        "first_issue": ids[0],
        "last_issue": ids[-1],
        "next_subscription": 1,
        "last_subscription": newest_reader,
        "begun_at": now,
    }
    made = await connection.execute(insert(volumes).values(row).returning(volumes.c.id))
    volume_id = made.scalar_one()
    for some in chunks(ids):
        await connection.execute(update(issues).where(issues.c.id.in_(some)).values(volume_id=volume_id))
    return True


async def step(connection: AsyncConnection, now: datetime) -> Step | None:
    """Bind the copies of some more readers; None when no volume is open, or another process is at it."""
    query = select(volumes).where(volumes.c.bound_at.is_(None)).order_by(volumes.c.id).limit(1)
    volume = (await connection.execute(query.with_for_update(skip_locked=True))).first()
    if volume is None:
        return None
    first = volume.next_subscription
    found = await _some_copies(connection, volume)
    last = min(first + _READERS - 1, volume.last_subscription)
    if len(found) > TOGETHER:
        found, last = await _whole_readers(connection, volume, found)
    bound = await _take(connection, await _of_volume(connection, volume.id, found))
    if bound:
        leaf = {
            "volume_id": volume.id,
            "first_subscription": first,
            "last_subscription": last,
            "copies": len(bound),
            "content": bind(bound),
        }
        await connection.execute(insert(leaves).values(leaf))
    is_last = last >= volume.last_subscription
    after = {"next_subscription": last + 1, "bound_at": now if is_last else None}
    await connection.execute(update(volumes).where(volumes.c.id == volume.id).values(after))
    return Step(len(bound), is_last)


async def _next_issues(connection: AsyncConnection, before: datetime) -> ColumnElement[bool]:
    """Of the issues that may be bound the oldest month, once the whole of it lies before then."""
    oldest: datetime | None = (
        await connection.execute(select(func.min(issues.c.due_at)).where(_to_be_bound(before)))
    ).scalar()
    if oldest is None or oldest + SPAN > before:
        return false()
    return and_(_to_be_bound(oldest + SPAN), issues.c.outcomes.isnot(None))


def _to_be_bound(before: datetime) -> ColumnElement[bool]:
    """Finished issues due before then that are in no volume.

    The newest copy keeps its row, and its issue with it: SQLite would give its number once more, and what is
    known of a mail by that number would be said of another.
    """
    newest = select(func.max(deliveries.c.id)).scalar_subquery()
    mine = issues.c
    return and_(
        mine.volume_id.is_(None),
        mine.due_at < before,
        mine.status.in_(_FINISHED),
        mine.last_copy < newest,
    )


async def _some_copies(
    connection: AsyncConnection, volume: Row[Any], reader: int | None = None
) -> Sequence[Row[Any]]:
    """Settled copies of the next readers, by reader: one more than fit when there are more; or all of one."""
    first = volume.next_subscription if reader is None else reader
    last = min(first + _READERS - 1, volume.last_subscription) if reader is None else reader
    mine = deliveries.c
    # one walk along the index of deliveries, which begins with the reader: joined to issues, PostgreSQL may
    # begin with these, and look through all their copies each time
    query: Select[Any] = (
        select(mine.id, mine.subscription_id, mine.issue_id)
        .where(
            mine.subscription_id.between(first, last),
            mine.issue_id.between(volume.first_issue, volume.last_issue),
            mine.status.in_(SETTLED),
        )
        .order_by(mine.subscription_id)
    )
    if reader is None:
        query = query.limit(TOGETHER + 1)
    rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return rows


async def _of_volume(connection: AsyncConnection, volume_id: int, found: Sequence[Row[Any]]) -> list[int]:
    """Those of these copies whose issues are of the volume: others may lie among them."""
    wanted: set[int] = set()
    for some in chunks(sorted({row.issue_id for row in found})):
        query = select(issues.c.id).where(issues.c.id.in_(some), issues.c.volume_id == volume_id)
        wanted.update((await connection.execute(query)).scalars())
    return [row.id for row in found if row.issue_id in wanted]


async def _whole_readers(
    connection: AsyncConnection, volume: Row[Any], found: Sequence[Row[Any]]
) -> tuple[Sequence[Row[Any]], int]:
    """The copies of those readers of whom all are there, and the last of them; at least one reader."""
    cut_off = found[-1].subscription_id
    whole = [row for row in found if row.subscription_id != cut_off]
    if whole:
        return whole, cut_off - 1
    return await _some_copies(connection, volume, cut_off), cut_off


async def _take(connection: AsyncConnection, ids: Sequence[int]) -> list[Bound]:
    """Remove rows and say what was in them; one that somebody set going meanwhile stays."""
    mine = deliveries.c
    found: list[Bound] = []
    for some in chunks(ids, _IDS):
        query = delete(deliveries).where(mine.id.in_(some), mine.status.in_(SETTLED))
        columns = (mine.subscription_id, mine.cohort_id, mine.status, mine.reason, mine.doubts)
        for row in await connection.execute(query.returning(*columns)):
            fate = Fate(DeliveryStatus(row.status), row.reason, row.doubts > 0)
            found.append(Bound(row.subscription_id, row.cohort_id, fate))
    return found
