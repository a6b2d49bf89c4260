"""Who has had a text, and the owing of a number to the readers of copies: of its correction to all of these.

Readers who share a group and have all had the text go on sharing it: one row changes for all of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store import bound_copies
from digest.store.correction_tables import corrections
from digest.store.issues import numbers_in
from digest.store.tables import cohorts, deliveries, issue_briefings, issues
from subscribers.groups import groups_with_bookmarks, hold_all_alone
from subscribers.interning import bookmark_from, chunks, intern_bookmarks
from subscribers.model import Bookmark
from subscribers.tables import bookmarks, groups, subscriptions

#: Copies that were delivered, may have been, or will be before anything about them can be changed.
_HAD: Final = or_(
    deliveries.c.status == DeliveryStatus.SENT,
    deliveries.c.doubts > 0,
    and_(deliveries.c.status == DeliveryStatus.SENDING, deliveries.c.started_at.isnot(None)),
)


class Copies:
    """Copies whose readers are meant: by issue, within it by cohort, and of these those that `which` says."""

    def __init__(
        self,
        cohorts_by_issue: Mapping[int, Sequence[int]],
        which: ColumnElement[bool],
        bound: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self._by_issue: Final = cohorts_by_issue
        self._which: Final = which
        #: by issue the readers whose copies are kept in volumes
        self.bound: Final[Mapping[int, Sequence[int]]] = bound or {}

    def conditions(self) -> list[tuple[int, ColumnElement[bool]]]:
        """For each issue conditions on its deliveries; no delivery meets two."""
        mine = deliveries.c
        return [
            (issue_id, and_(mine.issue_id == issue_id, mine.cohort_id.in_(some), self._which))
            for issue_id, ids in self._by_issue.items()
            for some in chunks(ids)
        ]


async def who_had(connection: AsyncConnection, numbers: Collection[int], before: int | None = None) -> Copies:
    """The copies that carry any of these numbers, in a revision older than `before` if that is given."""
    found = await carrying(connection, numbers, before)
    return Copies(found, _HAD, await bound_copies.who_had(connection, found))


async def carrying(
    connection: AsyncConnection, numbers: Collection[int], before: int | None = None
) -> dict[int, list[int]]:
    """The same as cohorts by issue, whatever became of their copies."""
    pinned = issue_briefings.c
    rounds = select(pinned.issue_id, pinned.round).where(pinned.number.in_(sorted(numbers))).distinct()
    if before is not None:
        rounds = rounds.where(pinned.revision < before)
    wanted = rounds.subquery()
    same_round = and_(cohorts.c.issue_id == wanted.c.issue_id, cohorts.c.round == wanted.c.round)
    query = select(cohorts.c.id, cohorts.c.issue_id, cohorts.c.groups).join(wanted, same_round)
    found: dict[int, list[int]] = {}
    async for row in await connection.stream(query.where(cohorts.c.skip.is_(None))):
        if not set(numbers).isdisjoint(numbers_in(row.groups)):
            found.setdefault(row.issue_id, []).append(row.id)
    return dict(sorted(found.items()))


async def last_revision_told(
    connection: AsyncConnection, briefing_id: int, numbers: Collection[int]
) -> int | None:
    """The newest revision that issues or corrections of a briefing have told; None when there are none."""
    pinned = select(func.max(issue_briefings.c.revision)).where(issue_briefings.c.number.in_(sorted(numbers)))
    told = select(func.max(corrections.c.revision)).where(corrections.c.briefing_id == briefing_id)
    found = [(await connection.execute(query)).scalar() for query in (pinned, told)]
    return max((revision for revision in found if revision is not None), default=None)


async def has_readers(connection: AsyncConnection, copies: Copies) -> bool:
    """True when there is any of these copies."""
    if copies.bound:
        return True
    for _issue_id, some in copies.conditions():
        if (await connection.execute(select(exists().where(some)))).scalar_one():
            return True
    return False


async def owe(connection: AsyncConnection, copies: Copies, number: int) -> int:
    """Owe a number to the readers of these copies: to how many subscriptions it was not owed yet.

    The caller holds plans off alone.
    """
    await hold_all_alone(connection)
    told = 0
    for issue_id, some in copies.conditions():
        span = select(issues.c.first_copy, issues.c.last_copy).where(issues.c.id == issue_id)
        first, last = (await connection.execute(span)).one()
        mine = and_(some, deliveries.c.id.between(first, last)) if first else some
        told += await _owe_to_readers_of(connection, mine, number)
    for readers in copies.bound.values():
        told += await _owe_to_readers(connection, readers, number)
    return told


async def _owe_to_readers_of(connection: AsyncConnection, copies: ColumnElement[bool], number: int) -> int:
    """The same for the readers of some copies of one issue: each has one of them at most."""
    here = subscriptions.c.group_id
    counts = (
        select(here, func.count().label("readers"))
        .join(deliveries, deliveries.c.subscription_id == subscriptions.c.id)
        .where(copies)
        .group_by(here)
    )
    readers: dict[int, int] = {row.group_id: row.readers for row in await connection.execute(counts)}
    of_reader = exists().where(deliveries.c.subscription_id == subscriptions.c.id, copies)
    return await _move(connection, readers, number, lambda _group_id: [of_reader])


async def _owe_to_readers(connection: AsyncConnection, subscription_ids: Sequence[int], number: int) -> int:
    """The same for readers by their numbers."""
    mine = subscriptions.c
    by_group: dict[int, array[int]] = {}
    for some in chunks(subscription_ids):
        query = select(mine.group_id, mine.id).where(mine.id.in_(list(some)))
        for group_id, id_ in await connection.execute(query):
            by_group.setdefault(group_id, array("q")).append(id_)
    readers = {group_id: len(ids) for group_id, ids in by_group.items()}
    return await _move(
        *(connection, readers, number),
        lambda group_id: [mine.id.in_(list(some)) for some in chunks(by_group[group_id])],
    )


async def _move(
    connection: AsyncConnection,
    readers: Mapping[int, int],
    number: int,
    conditions_of: Callable[[int], list[ColumnElement[bool]]],
) -> int:
    """Owe a number to so many readers of each group, whom conditions of the group name; to how many."""
    whole, part = await _those_to_move(connection, readers, number)
    ids = await intern_bookmarks(connection, {*whole.values(), *part.values()})
    if whole:
        moved = [{"its_group": group_id, "bookmark_id": ids[mark]} for group_id, mark in whole.items()]
        await connection.execute(update(groups).where(groups.c.id == bindparam("its_group")), moved)
    targets = await groups_with_bookmarks(connection, {(id_, ids[mark]) for id_, mark in part.items()})
    for group_id, bookmark in part.items():
        for condition in conditions_of(group_id):
            move = update(subscriptions).where(subscriptions.c.group_id == group_id, condition)
            await connection.execute(move.values(group_id=targets[group_id, ids[bookmark]]))
    return sum(readers[group_id] for group_id in (*whole, *part))


async def _those_to_move(
    connection: AsyncConnection, readers: Mapping[int, int], number: int
) -> tuple[dict[int, Bookmark], dict[int, Bookmark]]:
    """The next bookmark of each group of which all readers have had the text, and of which some have."""
    whole: dict[int, Bookmark] = {}
    part: dict[int, Bookmark] = {}
    size = select(func.count()).where(subscriptions.c.group_id == groups.c.id).scalar_subquery()
    mark = bookmarks.c
    columns: tuple[ColumnElement[Any], ...] = (
        groups.c.id,
        size.label("size"),
        *(mark.cut, mark.deferred, mark.ahead),
    )
    query: Select[Any] = select(*columns).join(bookmarks, mark.id == groups.c.bookmark_id)
    for some in chunks(sorted(readers)):
        for row in await connection.execute(query.where(groups.c.id.in_(some))):
            bookmark = bookmark_from(row)
            if number in bookmark.deferred:
                continue
            (whole if row.size == readers[row.id] else part)[row.id] = bookmark.owing(number)
    return whole, part
