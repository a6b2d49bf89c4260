"""Who an editor addresses by hand, and the writing down of a one-off issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.audience import Clause
from digest.core.model import Group, PlannedCohort
from digest.store.audiences import condition_of
from digest.store.planning import DELIVERY_NAMES, delivery_columns, insert_cohorts
from digest.store.tables import cohorts, deliveries
from subscribers import store as shelf
from subscribers.groups import groups_with_bookmarks
from subscribers.interning import Preferences, chunks
from subscribers.model import Standing
from subscribers.tables import cadences, profiles, subscribers, subscriptions
from subscribers.tables import groups as reader_groups
from subscribers.wishes import address_key

#: Named readers beyond this number are found by subscription ids anyway; it bounds one statement.
_CHUNK: Final = 5000


async def by_address(
    connection: AsyncConnection, newsletter_id: int, addresses: Collection[str]
) -> dict[str, int]:
    """Active subscriptions of the newsletter by the folded address."""
    found: dict[str, int] = {}
    for some in chunks([address_key(address) for address in addresses]):
        query = (
            select(subscribers.c.address_key, subscriptions.c.id)
            .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            .where(subscribers.c.address_key.in_(some), _active(newsletter_id))
        )
        found.update((row.address_key, row.id) for row in await connection.execute(query))
    return found


async def by_topics(
    connection: AsyncConnection, newsletter_id: int, topics: Collection[str]
) -> frozenset[int]:
    """Active subscriptions that follow one of the topics: profiles are looked through, not readers."""
    rows = await connection.execute(select(profiles.c.id, profiles.c.topics))
    wanted = [row.id for row in rows if row.topics is None or set(row.topics) & set(topics)]
    found: set[int] = set()
    for some in chunks(wanted):
        query = (
            select(subscriptions.c.id)
            .join(reader_groups, reader_groups.c.id == subscriptions.c.group_id)
            .where(_active(newsletter_id), reader_groups.c.profile_id.in_(some))
        )
        found.update(row.id for row in await connection.execute(query))
    return frozenset(found)


async def by_audience(connection: AsyncConnection, newsletter_id: int, clause: Clause) -> frozenset[int]:
    """Active subscriptions that a filter means."""
    condition = await condition_of(connection, clause)
    query = (
        select(subscriptions.c.id)
        .join(reader_groups, reader_groups.c.id == subscriptions.c.group_id)
        .where(_active(newsletter_id), condition)
    )
    return frozenset((await connection.execute(query)).scalars())


async def zones(connection: AsyncConnection, newsletter_id: int) -> frozenset[str]:
    """The zones by whose clocks the newsletter is read: groups are looked through, not readers."""
    mine = reader_groups.c
    query = (
        select(cadences.c.zone)
        .join(reader_groups, mine.cadence_id == cadences.c.id)
        .where(mine.newsletter_id == newsletter_id, mine.is_active)
        .distinct()
    )
    return frozenset((await connection.execute(query)).scalars())


async def by_zones(
    connection: AsyncConnection, newsletter_id: int, zones: Collection[str], *, not_of: Collection[int]
) -> frozenset[int]:
    """Active subscriptions in these zones that have no copy of any of the issues `not_of`."""
    mine = reader_groups.c
    has_one = exists().where(
        deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.issue_id.in_(not_of)
    )
    query = (
        select(subscriptions.c.id)
        .join(reader_groups, mine.id == subscriptions.c.group_id)
        .join(cadences, cadences.c.id == mine.cadence_id)
        .where(_active(newsletter_id), cadences.c.zone.in_(zones))
    )
    found = await connection.execute(query.where(~has_one) if not_of else query)
    return frozenset(found.scalars())


async def lock_readers(
    connection: AsyncConnection, newsletter_id: int, readers: Collection[int] | None
) -> None:
    """Let nobody else move the bookmarks of the readers addressed until commit."""
    for addressed in _addressed(newsletter_id, readers):
        await shelf.keep_others_off(connection, addressed)


async def groups(
    connection: AsyncConnection, newsletter_id: int, readers: Collection[int] | None
) -> tuple[Group, ...]:
    """The readers addressed, by profile and bookmark; None addresses all active ones."""
    sizes: Counter[tuple[int, int]] = Counter()
    served: dict[tuple[int, int], date] = {}
    mine = reader_groups.c
    for addressed in _addressed(newsletter_id, readers):
        query = (
            select(mine.profile_id, mine.bookmark_id, func.count(), func.max(mine.served_day))
            .join(subscriptions, subscriptions.c.group_id == mine.id)
            .where(addressed)
            .group_by(mine.profile_id, mine.bookmark_id)
        )
        for profile_id, bookmark_id, size, served_day in await connection.execute(query):
            sizes[profile_id, bookmark_id] += size
            served[profile_id, bookmark_id] = served_day
    known = Preferences()
    known_profiles = await known.profiles(connection, {profile_id for profile_id, _ in sizes})
    known_bookmarks = await known.bookmarks(connection, {bookmark_id for _, bookmark_id in sizes})
    return tuple(
        Group(p, known_profiles[p], b, known_bookmarks[b], sizes[p, b], served[p, b])
        for p, b in sorted(sizes)
    )


async def plan_cohorts(
    connection: AsyncConnection,
    newsletter_id: int,
    issue_id: int,
    planned: Sequence[PlannedCohort],
    readers: Collection[int] | None,
    newest_copy: int,
) -> None:
    """Write cohorts and deliveries down; bookmarks move, but no local day counts as served.

    `newest_copy` is the id of the newest delivery before.
    """
    await insert_cohorts(connection, issue_id, 1, planned)
    mine = reader_groups.c
    same_copy = and_(
        cohorts.c.issue_id == issue_id,
        # all that there is, and with it a cohort is found by its key
        cohorts.c.round == 1,
        cohorts.c.profile_id == mine.profile_id,
        cohorts.c.bookmark_id == mine.bookmark_id,
    )
    for addressed in _addressed(newsletter_id, readers):
        copies = (
            select(*delivery_columns(issue_id))
            .select_from(cohorts)
            .join(reader_groups, same_copy)
            .join(subscriptions, subscriptions.c.group_id == mine.id)
            .where(addressed)
            .order_by(cohorts.c.id, subscriptions.c.id)
        )
        await connection.execute(insert(deliveries).from_select(DELIVERY_NAMES, copies))
    if connection.dialect.name == "postgresql":
        await _count_again(connection, issue_id, newest_copy)
    await _move_readers(connection, issue_id)


async def _count_again(connection: AsyncConnection, issue_id: int, newest_copy: int) -> None:
    """Who became a reader since the groups were counted has a copy like the others, and counts, too.

    Who came after the readers were held, and has gone again since the groups were counted, has none.
    """
    made = deliveries.c
    has_copies = select(made.cohort_id).where(made.id > newest_copy, made.issue_id == issue_id)
    empty = and_(cohorts.c.issue_id == issue_id, cohorts.c.id.not_in(has_copies))
    await connection.execute(update(cohorts).where(empty).values(size=0))
    copies = (
        select(made.cohort_id, func.count().label("copies"))
        .where(made.id > newest_copy, made.issue_id == issue_id)
        .group_by(made.cohort_id)
        .subquery()
    )
    differs = and_(cohorts.c.id == copies.c.cohort_id, cohorts.c.size != copies.c.copies)
    await connection.execute(update(cohorts).where(differs).values(size=copies.c.copies))


async def _move_readers(connection: AsyncConnection, issue_id: int) -> None:
    """Put those who got a delivery into the groups that are as far as their copy; one update a group."""
    query = (
        select(subscriptions.c.group_id, cohorts.c.id, cohorts.c.next_bookmark_id)
        .join(deliveries, deliveries.c.cohort_id == cohorts.c.id)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .where(cohorts.c.issue_id == issue_id, cohorts.c.next_bookmark_id != cohorts.c.bookmark_id)
        .distinct()
    )
    moves = [(before, cohort, bookmark) for before, cohort, bookmark in await connection.execute(query)]
    after = await groups_with_bookmarks(connection, {(before, bookmark) for before, _, bookmark in moves})
    mine = subscriptions.c
    for before, cohort, bookmark in moves:
        # by cohort: readers who were moved into this group a moment ago are not moved on with it
        theirs = exists().where(
            deliveries.c.subscription_id == mine.id,
            deliveries.c.issue_id == issue_id,
            deliveries.c.cohort_id == cohort,
        )
        move = update(subscriptions).where(mine.group_id == before, theirs)
        await connection.execute(move.values(group_id=after[before, bookmark]))


def _active(newsletter_id: int) -> ColumnElement[bool]:
    return and_(subscriptions.c.newsletter_id == newsletter_id, subscriptions.c.standing == Standing.ACTIVE)


def _addressed(newsletter_id: int, readers: Collection[int] | None) -> list[ColumnElement[bool]]:
    """Conditions that together, and without overlap, address the readers."""
    if readers is None:
        return [_active(newsletter_id)]
    return [
        and_(_active(newsletter_id), subscriptions.c.id.in_(some)) for some in chunks(sorted(readers), _CHUNK)
    ]
