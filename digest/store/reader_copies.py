"""All copies of a reader as they are shown: those with a row of their own, and those in volumes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store import bound_copies, ledger, numbered
from digest.store.bound_copies import BoundCopy
from digest.store.issues import numbers_in
from digest.store.ledger import Entry
from subscribers.interning import chunks
from subscribers.tables import subscribers, subscriptions


async def newest_of(
    connection: AsyncConnection,
    subscription_ids: Collection[int],
    *,
    before: int | None = None,
    limit: int = 25,
) -> tuple[Entry, ...]:
    """A reader's copies, those of the newest issues first, below the number of an issue.

    An issue is of one newsletter, and a reader has one subscription to it: no two are of the same issue.
    """
    found = await ledger.newest_of(connection, subscription_ids, before=before, limit=limit)
    above = found[-1].issue_id if len(found) == limit else 0
    bound = await bound_copies.of_readers(
        connection, subscription_ids, above=above, below=before, count=limit
    )
    both = [*found, *await _entries(connection, bound)]
    return tuple(sorted(both, key=lambda one: one.issue_id, reverse=True)[:limit])


async def deciding_about(
    connection: AsyncConnection, subscription_id: int, numbers: Collection[int]
) -> list[Entry]:
    """A reader's copies in which any of these numbers was carried, put off or left out, the oldest first."""
    bound = await bound_copies.of_readers(connection, [subscription_id])
    found = await _entries(connection, [one for one in reversed(bound) if _speaks_of(one.cohort, numbers)])
    after = 0
    while page := await ledger.page(connection, after=after, limit=500, subscription_id=subscription_id):
        found += [copy for copy in page if any(copy.speaks_of(number) for number in numbers)]
        after = page[-1].id
    return found


def _speaks_of(cohort: Row[Any], numbers: Collection[int]) -> bool:
    decided = {
        *numbers_in(cohort.groups),
        *cohort.deferred,
        *(n for some in cohort.left_out.values() for n in some),
    }
    return not decided.isdisjoint(numbers)


async def _entries(connection: AsyncConnection, copies: Sequence[BoundCopy]) -> list[Entry]:
    numbers = {number for copy in copies for number in numbers_in(copy.cohort.groups)}
    ids = await numbered.ids_by_number(connection, numbers)
    corrected = await numbered.corrected_ids(connection, numbers - ids.keys())
    whose = await _readers(connection, {copy.subscription_id for copy in copies})
    return [_entry_from(copy, whose[copy.subscription_id], ids, corrected) for copy in copies]


async def _readers(connection: AsyncConnection, subscription_ids: Collection[int]) -> dict[int, Row[Any]]:
    query: Select[Any] = select(
        *(subscriptions.c.id, subscriptions.c.subscriber_id, subscribers.c.address, subscribers.c.name)
    ).join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    found: dict[int, Row[Any]] = {}
    for some in chunks(sorted(subscription_ids)):
        for row in await connection.execute(query.where(subscriptions.c.id.in_(some))):
            found[row.id] = row
    return found


def _entry_from(
    copy: BoundCopy, reader: Row[Any], ids: Mapping[int, int], corrected: Mapping[int, int]
) -> Entry:
    its = copy.cohort
    numbers = numbers_in(its.groups)
    return Entry(
        id=0,
        issue_id=its.issue_id,
        newsletter=its.slug,
        subscription_id=copy.subscription_id,
        cohort_id=its.id,
        subscriber_id=reader.subscriber_id,
        address=reader.address,
        name=reader.name,
        status=copy.fate.status,
        attempts=0,
        reason=copy.fate.reason,
        detail="",
        domain=its.domain,
        briefing_ids=tuple(ids[number] for number in numbers if number in ids),
        corrected_ids=tuple(corrected[number] for number in numbers if number in corrected),
        numbers=tuple(numbers),
        deferred=tuple(its.deferred),
        left_out=dict(its.left_out),
        due_at=its.due_at,
        retry_at=None,
        sent_at=None,
    )
