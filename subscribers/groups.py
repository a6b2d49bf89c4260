"""Groups: readers of a newsletter who want the same at the same times and are equally far share one row.

A group moves as a whole: an issue changes one row for all its readers, however many they are. So two kinds of
transaction must keep out of each other's way. Who plans a cadence moves its groups, and holds the cadence
alone; who puts a reader into a group, or takes one out, holds the cadence together with others who do. SQLite
has one writer at a time and needs none of this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict, astuple, replace
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks
from subscribers.tables import cadences, groups, subscriptions

#: The advisory lock that all share who hold cadences together, and that one takes alone who holds every
#: cadence; any number that nothing else takes.
_MOVING: Final = 0x6D6F_7669_6E67
#: Places looked for in one statement: each is one seek in the index.
_PLACES_AT_A_TIME: Final = 50


class Place(Struct, frozen=True):
    """Where a reader stands; all but the day are row ids."""

    newsletter_id: int
    cadence_id: int
    profile_id: int
    bookmark_id: int
    #: the local day of the last slot planned for these readers
    served_day: date
    #: groups of readers who may not be written to stay where they are
    is_active: bool


_COLUMNS: Final = tuple(groups.c[name] for name in Place.__struct_fields__)
_WITH_ID: Final[Select[Any]] = select(groups.c.id, *_COLUMNS)


async def hold_alone(connection: AsyncConnection, cadence_id: int) -> None:
    """Let nobody else move the groups of a cadence, nor a reader into or out of one, until commit."""
    if connection.dialect.name == "postgresql":
        mine = select(cadences.c.id).where(cadences.c.id == cadence_id)
        await connection.execute(mine.with_for_update(key_share=True))


async def hold_all_alone(connection: AsyncConnection) -> None:
    """Let nobody else move any group, nor a reader into or out of one, until commit.

    Who holds cadences together may need another one before the end, which comes earlier in the order. So all
    of them are waited for before the first cadence is taken, or each would have what the other needs.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_MOVING)))
        every = select(cadences.c.id).order_by(cadences.c.id)
        await connection.execute(every.with_for_update(key_share=True))


async def hold_together(connection: AsyncConnection, cadence_ids: Collection[int]) -> None:
    """Let nobody move the groups of these cadences until commit; others may hold them in this way too."""
    if connection.dialect.name == "postgresql" and cadence_ids:
        await connection.execute(select(func.pg_advisory_xact_lock_shared(_MOVING)))
        mine = select(cadences.c.id).where(cadences.c.id.in_(cadence_ids)).order_by(cadences.c.id)
        await connection.execute(mine.with_for_update(read=True))


async def groups_at(connection: AsyncConnection, places: Iterable[Place]) -> dict[Place, int]:
    """A group at each place, made where there was none.

    Two who make the same one at once make two equal ones. That does no harm: equal groups get the same copy,
    and `join_equal` makes them one.
    """
    wanted = set(places)
    await hold_together(connection, {place.cadence_id for place in wanted})
    found = await _existing(connection, wanted)
    missing = [place for place in wanted if place not in found]
    if missing:
        rows = [asdict(place) for place in missing]
        query = insert(groups).returning(groups.c.id, sort_by_parameter_order=True)
        new = (await connection.execute(query, rows)).scalars()
        found.update(zip(missing, new, strict=True))
    return found


async def groups_with_bookmarks(
    connection: AsyncConnection, wanted: Collection[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """For each (group, bookmark id) the group that differs from it in the bookmark alone, made if need be.

    The caller holds the cadences of these groups.
    """
    there: dict[int, Place] = {}
    for some in chunks(sorted({group_id for group_id, _ in wanted})):
        rows = await connection.execute(_WITH_ID.where(groups.c.id.in_(some)))
        there.update((row.id, _place_from(row)) for row in rows)
    places = {one: replace(there[one[0]], bookmark_id=one[1]) for one in wanted}
    found = await groups_at(connection, places.values())
    return {one: found[place] for one, place in places.items()}


async def resting_groups(connection: AsyncConnection, subscription_ids: Collection[int]) -> dict[int, int]:
    """For each subscription the group like its own that nothing moves, made if need be."""
    there: dict[int, Place] = {}
    query = select(subscriptions.c.id, *_COLUMNS).join(groups, groups.c.id == subscriptions.c.group_id)
    for some in chunks(sorted(subscription_ids)):
        rows = await connection.execute(query.where(subscriptions.c.id.in_(some)))
        there.update((row.id, replace(_place_from(row), is_active=False)) for row in rows)
    found = await groups_at(connection, there.values())
    return {id_: found[place] for id_, place in there.items()}


async def join_equal(connection: AsyncConnection, newsletter_id: int, cadence_id: int) -> None:
    """Make groups that have become equal one, and remove those without readers.

    The caller holds the cadence alone. The readers of the largest of several equal groups stay where they
    are, so the cost follows those who have caught up with the others, not those who have been together.
    """
    here = and_(groups.c.newsletter_id == newsletter_id, groups.c.cadence_id == cadence_id)
    moves = [
        {"its_group": other, "group_id": largest}
        for largest, *others in await _equal_groups(connection, here)
        for other in others
    ]
    if moves:
        query = update(subscriptions).where(subscriptions.c.group_id == bindparam("its_group"))
        await connection.execute(query.values(group_id=bindparam("group_id")), moves)
    await connection.execute(delete(groups).where(here, ~_has_readers()))


def _has_readers() -> ColumnElement[bool]:
    return exists().where(subscriptions.c.group_id == groups.c.id)


async def _existing(connection: AsyncConnection, places: Collection[Place]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for some in chunks(list(places), _PLACES_AT_A_TIME):
        # said one by one: a list of places SQLite compares with each group that there is
        query = _WITH_ID.where(or_(*(_is_at(place) for place in some)))
        # the oldest of several equal ones
        for row in await connection.execute(query.order_by(groups.c.id.desc())):
            found[_place_from(row)] = row.id
    return found


def _is_at(place: Place) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(_COLUMNS, astuple(place), strict=True)))


async def _equal_groups(connection: AsyncConnection, here: ColumnElement[bool]) -> list[list[int]]:
    """The ids of groups that are equal, the largest first."""
    several = select(*_COLUMNS).where(here).group_by(*_COLUMNS).having(func.count() > 1)
    size = select(func.count()).where(subscriptions.c.group_id == groups.c.id).scalar_subquery().label("size")
    query = _WITH_ID.add_columns(size).where(here, tuple_(*_COLUMNS).in_(several))
    same: dict[Place, list[int]] = {}
    for row in await connection.execute(query.order_by(size.desc(), groups.c.id)):
        same.setdefault(_place_from(row), []).append(row.id)
    return list(same.values())


def _place_from(row: Row[Any]) -> Place:
    return Place(**{name: row._mapping[name] for name in Place.__struct_fields__})
