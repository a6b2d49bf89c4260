"""A plan of which nothing was sent is taken away, and its readers stand where they stood before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row, Select, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import AT_ONCE_SIGN, Issue
from digest.store.issues import numbers_in
from digest.store.tables import cohorts, deliveries, issues
from subscribers import store as readers
from subscribers.groups import Place, groups_at, groups_with_bookmarks
from subscribers.interning import bookmark_from, chunks, intern_bookmarks
from subscribers.tables import bookmarks, groups, subscriptions

_DAY: Final = timedelta(days=1)

#: Numbers by the reason for which they were left out.
LeftOutNumbers = Mapping[str, Sequence[int]]


class Unplanned(Struct, frozen=True):
    """What was taken away."""

    copies: int
    #: what copies of readers who have moved on since had left out, which stays decided: by the profile and
    #: bookmark with which they are planned anew
    left_out: Mapping[tuple[int, int], Sequence[LeftOutNumbers]]
    #: the same by the subscriptions of these readers
    moved_on: Sequence[tuple[Sequence[int], LeftOutNumbers]]


async def lock_readers(connection: AsyncConnection, issue_id: int) -> None:
    """Let nobody else move the readers of an issue until commit; before anything is written."""
    whose = select(deliveries.c.subscription_id).where(deliveries.c.issue_id == issue_id)
    await readers.keep_others_off(connection, subscriptions.c.id.in_(whose))


async def unplan(connection: AsyncConnection, issue: Issue) -> Unplanned:
    """Take the copies of an issue away that nobody has begun to send; their readers are owed them.

    A reader whose bookmark is where the plan put it gets the one from before; of one who has moved on since,
    the briefings of the copy go back. Who is still of the cadence is owed the day of the slot again.
    """
    rows = (await connection.execute(_who_stands_where(issue.id))).all()
    places = await _places_before(connection, issue, rows)
    ids = await groups_at(connection, set(places.values()))
    for (group_id, cohort_id), place in places.items():
        theirs = select(deliveries.c.subscription_id).where(
            deliveries.c.issue_id == issue.id, deliveries.c.cohort_id == cohort_id
        )
        mine = subscriptions.c.group_id == group_id, subscriptions.c.id.in_(theirs)
        await connection.execute(update(subscriptions).where(*mine).values(group_id=ids[place]))
    left_out: dict[tuple[int, int], list[LeftOutNumbers]] = {}
    moved_on: list[tuple[Sequence[int], LeftOutNumbers]] = []
    for row in rows:
        if row.now_id != row.next_id and row.left_out:
            place = places[row.group_id, row.cohort_id]
            left_out.setdefault((place.profile_id, place.bookmark_id), []).append(row.left_out)
            whom = await _whose_copies(connection, issue.id, row.cohort_id, ids[place])
            moved_on.append((whom, row.left_out))
    gone = await connection.execute(delete(deliveries).where(deliveries.c.issue_id == issue.id))
    await connection.execute(update(cohorts).where(cohorts.c.issue_id == issue.id).values(size=0))
    return Unplanned(gone.rowcount, left_out, moved_on)


async def owe_left_out(connection: AsyncConnection, issue_id: int, before: Unplanned) -> None:
    """Let those who are in no new copy decide anew about what their old ones had left out.

    No copy would say any more why they did not get it. What came to them by another one is not owed again.
    """
    mine = deliveries.c
    for whom, reasons in before.moved_on:
        for some in chunks(whom):
            owed = {one: set[int]().union(*reasons.values()) for one in some}
            theirs = (
                select(mine.subscription_id, mine.issue_id, cohorts.c.groups)
                .join(cohorts, cohorts.c.id == mine.cohort_id)
                .join(issues, and_(issues.c.id == mine.issue_id, ~issues.c.ignores_bookmarks))
                .where(mine.subscription_id.in_(some))
            )
            for row in await connection.execute(theirs):
                if row.issue_id == issue_id:
                    # the new cohort says it
                    owed.pop(row.subscription_id, None)
                elif row.subscription_id in owed:
                    owed[row.subscription_id].difference_update(numbers_in(row.groups))
            await _give_back(connection, owed)


async def _give_back(connection: AsyncConnection, owed: Mapping[int, set[int]]) -> None:
    mark = bookmarks.c
    standing: Select[Any] = (
        select(subscriptions.c.id, subscriptions.c.group_id, mark.cut, mark.deferred, mark.ahead)
        .join(groups, groups.c.id == subscriptions.c.group_id)
        .join(bookmarks, bookmarks.c.id == groups.c.bookmark_id)
        .where(subscriptions.c.id.in_(owed))
    )
    found = (await connection.execute(standing)).all()
    marks = {row.id: bookmark_from(row).given_back(owed[row.id]) for row in found}
    ids = await intern_bookmarks(connection, set(marks.values()))
    moves: dict[tuple[int, int], list[int]] = {}
    for row in found:
        moves.setdefault((row.group_id, ids[marks[row.id]]), []).append(row.id)
    there = await groups_with_bookmarks(connection, moves.keys())
    for where, whom in moves.items():
        move = update(subscriptions).where(subscriptions.c.id.in_(whom))
        await connection.execute(move.values(group_id=there[where]))


async def _whose_copies(
    connection: AsyncConnection, issue_id: int, cohort_id: int, group_id: int
) -> Sequence[int]:
    """The subscriptions of a group with copies of a cohort."""
    mine = deliveries.c
    theirs = select(mine.subscription_id).where(mine.issue_id == issue_id, mine.cohort_id == cohort_id)
    here = subscriptions.c.group_id == group_id, subscriptions.c.id.in_(theirs)
    return (await connection.execute(select(subscriptions.c.id).where(*here))).scalars().all()


async def keep_left_out(connection: AsyncConnection, issue_id: int, round_: int, before: Unplanned) -> None:
    """Say in the cohorts of a new round, too, what their readers' old copies had left out, and why."""
    mine = cohorts.c
    for some in chunks(sorted(before.left_out), 400):
        these = or_(*(and_(mine.profile_id == one, mine.bookmark_id == other) for one, other in some))
        query = select(cohorts).where(mine.issue_id == issue_id, mine.round == round_, these)
        for row in (await connection.execute(query)).all():
            left_out = {reason: list(numbers) for reason, numbers in row.left_out.items()}
            decided = {*numbers_in(row.groups), *row.deferred}.union(*left_out.values())
            for kept in before.left_out[row.profile_id, row.bookmark_id]:
                for reason, numbers in kept.items():
                    left_out[reason] = sorted({*left_out.get(reason, ()), *(set(numbers) - decided)})
            told = {reason: numbers for reason, numbers in left_out.items() if numbers}
            await connection.execute(update(cohorts).where(mine.id == row.id).values(left_out=told))


def _who_stands_where(issue_id: int) -> Any:
    """Every group in which readers of each cohort are now, with the bookmarks of both."""
    pairs = (
        select(subscriptions.c.group_id, deliveries.c.cohort_id)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .where(deliveries.c.issue_id == issue_id)
        .distinct()
        .subquery()
    )
    names = [groups.c[name] for name in Place.__struct_fields__ if name != "bookmark_id"]
    return (
        select(
            groups.c.id.label("group_id"),
            *names,
            cohorts.c.id.label("cohort_id"),
            cohorts.c.bookmark_id.label("before_id"),
            cohorts.c.next_bookmark_id.label("next_id"),
            cohorts.c.covers_from,
            cohorts.c.groups,
            cohorts.c.left_out,
            groups.c.bookmark_id.label("now_id"),
            *(bookmarks.c.cut, bookmarks.c.deferred, bookmarks.c.ahead),
        )
        .select_from(pairs)
        .join(cohorts, cohorts.c.id == pairs.c.cohort_id)
        .join(groups, groups.c.id == pairs.c.group_id)
        .join(bookmarks, bookmarks.c.id == groups.c.bookmark_id)
    )


async def _places_before(
    connection: AsyncConnection, issue: Issue, rows: Sequence[Row[Any]]
) -> Mapping[tuple[int, int], Place]:
    """Where the readers in a group and of a cohort are to stand."""
    back = {
        (row.group_id, row.cohort_id): bookmark_from(row).given_back(numbers_in(row.groups))
        for row in rows
        if row.now_id != row.next_id
    }
    ids = await intern_bookmarks(connection, set(back.values()))
    found: dict[tuple[int, int], Place] = {}
    for row in rows:
        key = row.group_id, row.cohort_id
        place = Place(
            row.newsletter_id,
            row.cadence_id,
            row.profile_id,
            ids[back[key]] if key in back else row.before_id,
            row.served_day,
            row.is_active,
        )
        takes_the_day = not issue.slot.startswith(AT_ONCE_SIGN)
        if takes_the_day and row.cadence_id == issue.cadence_id and row.served_day == issue.day:
            place = replace(place, served_day=row.covers_from - _DAY)
        found[key] = place
    return found
