"""Who is due, in groups of equal wishes, and the writing down of what was decided for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, literal, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, DueSlot, Group, PlannedCohort
from digest.store.tables import cohorts, deliveries, newsletters
from subscribers import store as readers
from subscribers.interning import bookmark_from, cadence_from, chunks, intern_bookmarks, profile_from
from subscribers.model import Cadence, Standing
from subscribers.tables import bookmarks, cadences, profiles, subscriptions


async def unserved(connection: AsyncConnection) -> list[tuple[int, int, Cadence, date]]:
    """(newsletter, cadence id, cadence, earliest served day) of all cadences with active readers.

    One index seek for each pair of newsletter and cadence: never a scan of the readers.
    """
    oldest = (
        select(func.min(subscriptions.c.served_day))
        .where(
            subscriptions.c.newsletter_id == newsletters.c.id,
            subscriptions.c.cadence_id == cadences.c.id,
            subscriptions.c.standing == Standing.ACTIVE,
        )
        .scalar_subquery()
    )
    query = select(newsletters.c.id.label("newsletter_id"), cadences, oldest.label("oldest")).join(
        cadences, true()
    )
    rows = await connection.execute(query.order_by(newsletters.c.id, cadences.c.id))
    return [
        (row.newsletter_id, row.id, cadence_from(row), row.oldest) for row in rows if row.oldest is not None
    ]


async def is_anybody_due(connection: AsyncConnection, due: DueSlot, newest: int) -> bool:
    """True when a slot has at least one reader who was not served by it yet."""
    found: bool = (await connection.execute(select(exists().where(_is_due(due, newest))))).scalar_one()
    return found


async def lock_slot(connection: AsyncConnection, due: DueSlot, newest: int) -> None:
    """Let no other scheduler plan this cadence, nor anybody change its due readers, until commit.

    SQLite has one writer at a time and needs no more; PostgreSQL locks the cadence, then the due rows.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(
            select(cadences.c.id).where(cadences.c.id == due.cadence_id).with_for_update(key_share=True)
        )
        await readers.keep_others_off(connection, _is_due(due, newest))


async def groups_due(connection: AsyncConnection, due: DueSlot, newest: int) -> tuple[Group, ...]:
    """The due readers by profile and bookmark: as many groups as there are different copies to decide."""
    mine = subscriptions.c
    sizes = (
        select(
            mine.profile_id,
            mine.bookmark_id,
            func.count().label("size"),
            func.max(mine.served_day).label("served_day"),
        )
        .where(_is_due(due, newest))
        .group_by(mine.profile_id, mine.bookmark_id)
        .subquery()
    )
    query = (
        select(
            sizes,
            *(profiles.c.topics, profiles.c.sections, profiles.c.format),
            *(profiles.c.max_items, profiles.c.language),
            *(bookmarks.c.cut, bookmarks.c.deferred, bookmarks.c.ahead),
        )
        .join(profiles, profiles.c.id == sizes.c.profile_id)
        .join(bookmarks, bookmarks.c.id == sizes.c.bookmark_id)
        .order_by(sizes.c.profile_id, sizes.c.bookmark_id)
    )
    return tuple([_group_from(row) for row in await connection.execute(query)])


async def plan_cohorts(
    connection: AsyncConnection,
    due: DueSlot,
    issue_id: int,
    round_: int,
    planned: Sequence[PlannedCohort],
    *,
    newest: int,
    served_day: date,
) -> None:
    """Write cohorts and deliveries down and move the bookmarks: three set-based statements for any size.

    Bookmarks move for exactly those readers who got a delivery row, so nobody can be moved past a briefing
    without one.
    """
    await insert_cohorts(connection, issue_id, round_, planned)
    mine = subscriptions.c
    of_round = and_(cohorts.c.issue_id == issue_id, cohorts.c.round == round_)
    same_copy = and_(cohorts.c.profile_id == mine.profile_id, cohorts.c.bookmark_id == mine.bookmark_id)
    copies = (
        select(*delivery_columns(issue_id))
        .select_from(subscriptions.join(cohorts, same_copy))
        .where(of_round, _is_due(due, newest))
        .order_by(cohorts.c.id, mine.id)
    )
    await connection.execute(insert(deliveries).from_select(DELIVERY_NAMES, copies))
    served = case((mine.served_day < served_day, served_day), else_=mine.served_day)
    await connection.execute(
        update(subscriptions)
        .where(
            mine.newsletter_id == due.newsletter_id,
            mine.cadence_id == due.cadence_id,
            mine.standing == Standing.ACTIVE,
            deliveries.c.subscription_id == mine.id,
            deliveries.c.issue_id == issue_id,
            cohorts.c.id == deliveries.c.cohort_id,
            cohorts.c.round == round_,
        )
        .values(bookmark_id=cohorts.c.next_bookmark_id, served_day=served)
    )


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
    mine = subscriptions.c
    active = and_(
        mine.newsletter_id == due.newsletter_id,
        mine.cadence_id == due.cadence_id,
        mine.standing == Standing.ACTIVE,
    )
    not_served = mine.served_day < due.slot.day
    if not due.cadence.at_once:
        return and_(active, not_served)
    if due.slot.leftovers:
        waiting = select(bookmarks.c.id).where(bookmarks.c.waiting > 0)
        return and_(active, not_served, mine.bookmark_id.in_(waiting))
    behind = select(bookmarks.c.id).where(bookmarks.c.cut < newest)
    return and_(active, mine.bookmark_id.in_(behind))


def _group_from(row: Any) -> Group:
    return Group(
        profile_id=row.profile_id,
        profile=profile_from(row),
        bookmark_id=row.bookmark_id,
        bookmark=bookmark_from(row),
        size=row.size,
        served_day=row.served_day,
    )
