"""Deliveries as people and programs ask for them: listed, looked up, resolved by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import AT_ONCE_SIGN, SETTLED, DeliveryStatus, IssueStatus
from digest.store import numbered
from digest.store.issues import numbers_in
from digest.store.outcomes import IS_OPEN
from digest.store.tables import OPEN, cohorts, deliveries, issues, newsletters
from subscribers.interning import chunks
from subscribers.tables import subscribers, subscriptions
from subscribers.wishes import address_key

#: No clock shows a yesterday that lies further back: a day that was served before forbids nothing any more.
_LONG_AGO: Final = timedelta(days=2)


class Entry(Struct, frozen=True):
    """One delivery as it is shown."""

    #: 0 when its row is gone and it is kept in a volume
    id: int
    issue_id: int
    newsletter: str
    subscription_id: int
    cohort_id: int
    subscriber_id: int
    #: None when the reader was erased
    address: str | None
    name: str
    status: DeliveryStatus
    attempts: int
    reason: str
    detail: str
    domain: str
    #: briefing ids in reading order; empty for a copy that was skipped
    briefing_ids: tuple[int, ...]
    #: ids of the briefings whose corrections it carries
    corrected_ids: tuple[int, ...]
    numbers: tuple[int, ...]
    #: numbers that a cap put off, and numbers left out by reason
    deferred: tuple[int, ...]
    left_out: dict[str, list[int]]
    due_at: datetime
    #: when a copy that waits is tried again
    retry_at: datetime | None
    sent_at: datetime | None

    def speaks_of(self, number: int) -> bool:
        """True when a number was carried, put off or left out."""
        return (
            number in self.numbers
            or number in self.deferred
            or any(number in numbers for numbers in self.left_out.values())
        )


async def page(
    connection: AsyncConnection,
    *,
    after: int = 0,
    limit: int = 100,
    issue_id: int | None = None,
    status: DeliveryStatus | None = None,
    address: str | None = None,
    subscription_id: int | None = None,
) -> tuple[Entry, ...]:
    """Deliveries by id, from `after` on."""
    query = _whole().where(deliveries.c.id > after)
    if issue_id is not None:
        query = query.where(await _of_issue(connection, issue_id))
    if status is not None:
        query = query.where(*_having(status))
    if address is not None:
        query = query.where(subscribers.c.address_key == address_key(address))
    if subscription_id is not None:
        query = query.where(deliveries.c.subscription_id == subscription_id)
    rows = (await connection.execute(query.order_by(deliveries.c.id).limit(limit))).all()
    return await _entries(connection, rows)


async def ids_of(
    connection: AsyncConnection, issue_id: int, status: DeliveryStatus, *, after: int, limit: int
) -> list[int]:
    """The deliveries of an issue that have a status, by id."""
    mine = deliveries.c
    query = select(mine.id).where(await _of_issue(connection, issue_id), *_having(status))
    found = await connection.execute(query.where(mine.id > after).order_by(mine.id).limit(limit))
    return list(found.scalars())


def _having(status: DeliveryStatus) -> list[ColumnElement[bool]]:
    """Deliveries of a status; of those that are open, in the words of the index that has few others."""
    if status not in OPEN:
        return [deliveries.c.status == status]
    return [IS_OPEN, deliveries.c.status == bindparam(None, status, literal_execute=True)]


async def _of_issue(connection: AsyncConnection, issue_id: int) -> ColumnElement[bool]:
    """Deliveries of an issue, and between which ids they lie: others are not looked at."""
    span = select(issues.c.first_copy, issues.c.last_copy).where(issues.c.id == issue_id)
    row = (await connection.execute(span)).first()
    first, last = (row.first_copy or 0, row.last_copy or 0) if row else (0, 0)
    return and_(deliveries.c.issue_id == issue_id, deliveries.c.id >= first, deliveries.c.id <= last)


async def newest_of(
    connection: AsyncConnection,
    subscription_ids: Collection[int],
    *,
    before: int | None = None,
    limit: int = 25,
) -> tuple[Entry, ...]:
    """A reader's deliveries that have rows, those of the newest issues first, below the number of an issue.

    An issue is of one newsletter, and a reader has one subscription to it: no two are of the same issue.
    """
    query = _whole().where(deliveries.c.subscription_id.in_(subscription_ids))
    if before is not None:
        query = query.where(deliveries.c.issue_id < before)
    # of the index by subscription alone: a walk along all issues would never end
    newest = deliveries.c.issue_id + 0
    rows = (await connection.execute(query.order_by(newest.desc()).limit(limit))).all()
    return await _entries(connection, rows)


async def by_id(connection: AsyncConnection, delivery_id: int) -> Entry | None:
    """One delivery, or None."""
    rows = (await connection.execute(_whole().where(deliveries.c.id == delivery_id))).all()
    found = await _entries(connection, rows)
    return found[0] if found else None


async def last_days(
    connection: AsyncConnection, subscription_ids: Collection[int], now: datetime
) -> dict[int, date]:
    """The newest local day whose slot was planned for each of these subscriptions; none for long ago.

    News at once and one-offs by hand take no day.
    """
    recent = issues.c.day >= now.astimezone(UTC).date() - _LONG_AGO
    # skips the years before in the index of deliveries: issues get their ids in the order of their making
    first = select(func.min(issues.c.id)).where(recent).scalar_subquery()
    takes_a_day = issues.c.cadence_id.isnot(None) & issues.c.slot.not_like(f"{AT_ONCE_SIGN}%")
    query = (
        select(deliveries.c.subscription_id, func.max(issues.c.day))
        .join(issues, issues.c.id == deliveries.c.issue_id)
        .where(deliveries.c.issue_id >= first, recent, takes_a_day)
        .group_by(deliveries.c.subscription_id)
    )
    found: dict[int, date] = {}
    for some in chunks(sorted(subscription_ids)):
        rows = await connection.execute(query.where(deliveries.c.subscription_id.in_(some)))
        found.update((id_, day) for id_, day in rows)
    return found


async def resolve(connection: AsyncConnection, delivery_id: int, *, was_sent: bool, now: datetime) -> bool:
    """Settle an uncertain copy by a person's word; False when it is not uncertain any more.

    One that did not come is without a doubt from then on.
    """
    values: dict[str, Any] = {"retry_at": None, "reason": "", "detail": "", "claims": 0}
    if was_sent:
        values |= {"status": DeliveryStatus.SENT, "sent_at": now}
    else:
        values |= {"status": DeliveryStatus.PLANNED, "doubts": 0}
    return await _settle(connection, delivery_id, DeliveryStatus.UNCERTAIN, values)


async def sent_between(connection: AsyncConnection, first: datetime, last: datetime) -> int:
    """How many copies were sent from `first` on and before `last`."""
    sent_at = deliveries.c.sent_at
    query = select(func.count()).where(sent_at >= first, sent_at < last)
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def under_way(connection: AsyncConnection) -> int:
    """How many copies are in the hands of senders, and will most likely be sent."""
    query = select(func.count()).where(IS_OPEN, deliveries.c.status == DeliveryStatus.SENDING)
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def retry(connection: AsyncConnection, delivery_id: int, status: DeliveryStatus) -> bool:
    """Plan a refused or deferred copy again; False when its status is not `status` any more."""
    values = {"status": DeliveryStatus.PLANNED, "retry_at": None, "reason": "", "detail": "", "claims": 0}
    return await _settle(connection, delivery_id, status, values)


async def _settle(
    connection: AsyncConnection, delivery_id: int, expected: DeliveryStatus, values: dict[str, Any]
) -> bool:
    # what is bound is counted for good
    bound = exists().where(issues.c.id == deliveries.c.issue_id, issues.c.volume_id.isnot(None))
    query = (
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.status == expected)
        .where(~bound)
        .values(**values)
        .returning(deliveries.c.issue_id)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return False
    mine = update(issues).where(issues.c.id == row.issue_id)
    await connection.execute(mine.values(outcomes=null(), families=null()))
    if values["status"] is DeliveryStatus.PLANNED:
        # one that a person stopped stays so
        reopen = mine.where(issues.c.status == IssueStatus.DONE).values(status=IssueStatus.SENDING)
        await connection.execute(reopen)
    return True


def _whole() -> Select[Any]:
    mine = deliveries.c
    return (
        select(
            *(
                mine.id,
                mine.issue_id,
                mine.cohort_id,
                mine.subscription_id,
                mine.status,
                mine.attempts,
                mine.reason,
            ),
            *(mine.detail, mine.retry_at, mine.sent_at),
            *(cohorts.c.groups, cohorts.c.deferred, cohorts.c.left_out),
            *(issues.c.domain, issues.c.due_at, newsletters.c.slug, subscribers.c.address),
            *(subscribers.c.name, subscriptions.c.subscriber_id),
        )
        .join(cohorts, cohorts.c.id == mine.cohort_id)
        .join(issues, issues.c.id == mine.issue_id)
        .join(newsletters, newsletters.c.id == issues.c.newsletter_id)
        .join(subscriptions, subscriptions.c.id == mine.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    )


async def _entries(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> tuple[Entry, ...]:
    numbers = {number for row in rows for number in numbers_in(row.groups)}
    ids = await numbered.ids_by_number(connection, numbers)
    corrected = await numbered.corrected_ids(connection, numbers - ids.keys())
    return tuple(_entry_from(row, ids, corrected) for row in rows)


def _entry_from(row: Row[Any], ids: dict[int, int], corrected: dict[int, int]) -> Entry:
    numbers, status = numbers_in(row.groups), DeliveryStatus(row.status)
    return Entry(
        id=row.id,
        issue_id=row.issue_id,
        newsletter=row.slug,
        subscription_id=row.subscription_id,
        cohort_id=row.cohort_id,
        subscriber_id=row.subscriber_id,
        address=row.address,
        name=row.name,
        status=status,
        attempts=row.attempts,
        reason=row.reason,
        detail=row.detail,
        domain=row.domain,
        briefing_ids=tuple(ids[number] for number in numbers if number in ids),
        corrected_ids=tuple(corrected[number] for number in numbers if number in corrected),
        numbers=tuple(numbers),
        deferred=tuple(row.deferred),
        left_out=dict(row.left_out),
        due_at=row.due_at,
        # the row of a copy that went out keeps when it would have been tried again
        retry_at=None if status in SETTLED else row.retry_at,
        sent_at=row.sent_at,
    )
