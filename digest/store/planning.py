"""Who is due, in groups of equal wishes, and the writing down of what was decided for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, DueSlot, Group, PlannedCohort
from digest.store.tables import cohorts, deliveries
from subscribers.groups import join_equal
from subscribers.interning import Preferences, cadence_from, chunks, intern_bookmarks
from subscribers.model import Cadence
from subscribers.tables import bookmarks, cadences, groups, subscriptions

#: So many profiles with a bookmark are looked at first; the usual ones have many readers each.
_FIRST_PAIRS: Final = 50


async def unserved(
    connection: AsyncConnection, only: tuple[int, int] | None = None
) -> list[tuple[int, int, Cadence, date]]:
    """(newsletter, cadence id, cadence, earliest served day) of all cadences with active readers.

    Looks at the groups, never at the readers: there are as many as there are different wishes. With `only`,
    of this newsletter and cadence.
    """
    mine = groups.c
    which = () if only is None else (mine.newsletter_id == only[0], mine.cadence_id == only[1])
    has_readers = exists().where(subscriptions.c.group_id == mine.id)
    oldest = (
        select(mine.newsletter_id, mine.cadence_id, func.min(mine.served_day).label("oldest"))
        .where(mine.is_active, has_readers, *which)
        .group_by(mine.newsletter_id, mine.cadence_id)
        .subquery()
    )
    query = (
        select(oldest.c.newsletter_id, oldest.c.oldest, cadences)
        .join(cadences, cadences.c.id == oldest.c.cadence_id)
        .order_by(oldest.c.newsletter_id, cadences.c.id)
    )
    rows = await connection.execute(query)
    return [(row.newsletter_id, row.id, cadence_from(row), row.oldest) for row in rows]


async def cadences_read(connection: AsyncConnection) -> list[tuple[int, Cadence]]:
    """(newsletter, cadence) of everybody, also of those to whom nothing is sent now."""
    has_readers = exists().where(subscriptions.c.group_id == groups.c.id)
    query = select(groups.c.newsletter_id, cadences).join(cadences, cadences.c.id == groups.c.cadence_id)
    rows = await connection.execute(query.where(has_readers).distinct())
    return [(row.newsletter_id, cadence_from(row)) for row in rows]


async def cadence_of(connection: AsyncConnection, cadence_id: int) -> Cadence:
    """A cadence that is there."""
    return cadence_from((await connection.execute(select(cadences).where(cadences.c.id == cadence_id))).one())


async def is_anybody_due(connection: AsyncConnection, due: DueSlot, newest: int) -> bool:
    """True when a slot has at least one reader who was not served by it yet."""
    anybody = exists().where(subscriptions.c.group_id == groups.c.id, _is_due(due, newest))
    found: bool = (await connection.execute(select(anybody))).scalar_one()
    return found


async def groups_due(
    connection: AsyncConnection, due: DueSlot, newest: int, known: Preferences, at_most: int | None = None
) -> tuple[tuple[Group, ...], bool]:
    """The due readers by profile and bookmark: as many groups as there are different copies to decide.

    All of them, or the first: one at least, and no more than have `at_most` readers. With that, whether there
    are others.
    """
    if at_most is None:
        return await _groups(connection, await _sizes(connection, due, newest), known), False
    found: list[Row[Any]] = []
    readers, pairs = 0, _FIRST_PAIRS
    while True:
        behind = (found[-1].profile_id, found[-1].bookmark_id) if found else None
        page = await _sizes(connection, due, newest, behind, pairs)
        for row in page:
            readers += row.size
            if found and readers > at_most:
                return await _groups(connection, found, known), True
            found.append(row)
        if len(page) < pairs:
            return await _groups(connection, found, known), False
        pairs *= 4


async def _groups(
    connection: AsyncConnection, rows: Sequence[Row[Any]], known: Preferences
) -> tuple[Group, ...]:
    profiles = await known.profiles(connection, {row.profile_id for row in rows})
    bookmarks = await known.bookmarks(connection, {row.bookmark_id for row in rows})
    return tuple(
        [
            Group(
                profile_id=row.profile_id,
                profile=profiles[row.profile_id],
                bookmark_id=row.bookmark_id,
                bookmark=bookmarks[row.bookmark_id],
                size=row.size,
                served_day=row.served_day,
            )
            for row in rows
        ]
    )


async def _sizes(
    connection: AsyncConnection,
    due: DueSlot,
    newest: int,
    behind: tuple[int, int] | None = None,
    pairs: int | None = None,
) -> Sequence[Row[Any]]:
    """How many readers are due of each profile and bookmark, in their order; only `pairs` `behind` one."""
    mine = groups.c
    readers = select(func.count()).where(subscriptions.c.group_id == mine.id)
    which = _is_due(due, newest)
    if behind is not None:
        which = and_(which, tuple_(mine.profile_id, mine.bookmark_id) > behind)
    has_readers = exists().where(subscriptions.c.group_id == mine.id)
    if pairs is not None:
        # named first: of a million readers only those are counted who are planned now
        page = (
            select(mine.profile_id, mine.bookmark_id)
            .where(which, has_readers)
            .distinct()
            .order_by(mine.profile_id, mine.bookmark_id)
            .limit(pairs)
        )
        # a list, which is made once: where a row asks whether it exists, SQLite may make it anew for each
        which = and_(which, tuple_(mine.profile_id, mine.bookmark_id).in_(page))
    # counted group by group: of readers joined with their groups SQLite would sort each one
    counted = (
        select(mine.profile_id, mine.bookmark_id, mine.served_day, readers.scalar_subquery().label("size"))
        .where(which, has_readers)
        .subquery()
    ).c
    sizes = (
        select(
            counted.profile_id,
            counted.bookmark_id,
            cast(func.sum(counted.size), Integer).label("size"),
            func.max(counted.served_day).label("served_day"),
        )
        .group_by(counted.profile_id, counted.bookmark_id)
        .order_by(counted.profile_id, counted.bookmark_id)
    )
    rows: Sequence[Row[Any]] = (await connection.execute(sizes)).all()
    return rows


async def plan_cohorts(
    connection: AsyncConnection,
    due: DueSlot,
    issue_id: int,
    round_: int,
    planned: Sequence[PlannedCohort],
    *,
    newest: int,
    served_day: date,
    goes_on: bool = False,
) -> None:
    """Write cohorts and deliveries down and move the groups: few set-based statements for any size.

    What is planned in parts `goes_on`: groups that have become equal are joined with the last part.

    The caller holds the cadence alone, so a group has the same readers in each statement: nobody is moved
    past a briefing without a delivery.
    """
    await insert_cohorts(connection, issue_id, round_, planned)
    mine = groups.c
    same_copy = and_(
        cohorts.c.issue_id == issue_id,
        cohorts.c.round == round_,
        cohorts.c.profile_id == mine.profile_id,
        cohorts.c.bookmark_id == mine.bookmark_id,
    )
    copies = (
        select(*delivery_columns(issue_id))
        .select_from(cohorts)
        .join(groups, same_copy)
        .join(subscriptions, subscriptions.c.group_id == mine.id)
        .where(_is_due(due, newest))
        # copies of a cohort lie together, so that claims find them so; it is the order of the index
        .order_by(mine.served_day, mine.profile_id, mine.bookmark_id)
    )
    await connection.execute(insert(deliveries).from_select(DELIVERY_NAMES, copies))
    await connection.execute(
        update(groups)
        .where(same_copy, _is_due(due, newest))
        .values(
            bookmark_id=cohorts.c.next_bookmark_id,
            served_day=case((mine.served_day < served_day, served_day), else_=mine.served_day),
        )
    )
    if not goes_on:
        await join_equal(connection, due.newsletter_id, due.cadence_id)


async def insert_cohorts(
    connection: AsyncConnection, issue_id: int, round_: int, planned: Sequence[PlannedCohort]
) -> None:
    """Write cohorts down, their next bookmarks interned."""
    ids = await intern_bookmarks(connection, {cohort.selection.next_bookmark for cohort in planned})
    rows = [
        {
            "issue_id": issue_id,
            "round": round_,
            "profile_id": cohort.group.profile_id,
            "bookmark_id": cohort.group.bookmark_id,
            "next_bookmark_id": ids[cohort.selection.next_bookmark],
            "size": cohort.group.size,
            "groups": [[group.topic, list(group.numbers)] for group in cohort.selection.groups],
            "deferred": list(cohort.selection.deferred),
            "left_out": {reason: list(some) for reason, some in cohort.selection.left_out.items()},
            "skip": cohort.selection.skip,
            "covers_from": cohort.covers_from,
        }
        for cohort in planned
    ]
    for some in chunks(rows, 5000):
        await connection.execute(insert(cohorts), some)


#: The columns of a delivery that planning fills, in the order of `delivery_columns`.
DELIVERY_NAMES = [
    *("issue_id", "cohort_id", "subscription_id", "status"),
    *("reason", "detail", "attempts", "claims", "doubts"),
]


def delivery_columns(issue_id: int) -> list[ColumnElement[Any]]:
    """What planning writes into a delivery, as columns of subscriptions joined with cohorts."""
    skipped = cohorts.c.skip.isnot(None)
    return [
        literal(issue_id),
        cohorts.c.id,
        subscriptions.c.id,
        case((skipped, DeliveryStatus.SKIPPED.value), else_=DeliveryStatus.PLANNED.value),
        func.coalesce(cohorts.c.skip, ""),
        literal(""),
        literal(0),
        literal(0),
        literal(0),
    ]


def _is_due(due: DueSlot, newest: int) -> ColumnElement[bool]:
    mine = groups.c
    active = and_(mine.newsletter_id == due.newsletter_id, mine.cadence_id == due.cadence_id, mine.is_active)
    not_served = mine.served_day < due.slot.day
    if not due.cadence.at_once:
        return and_(active, not_served)
    # by the bookmark of each group that is due: of all there ever were, few are somebody's now
    its = exists().where(bookmarks.c.id == mine.bookmark_id).correlate(groups)
    if due.slot.leftovers:
        return and_(active, not_served, its.where(bookmarks.c.waiting > 0))
    return and_(active, its.where(bookmarks.c.cut < newest))
