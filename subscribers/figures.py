"""Readers in numbers: how many want what and when, who came and who left; nobody is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import cadence_from, profile_from
from subscribers.model import Cadence, Moved, Profile, Standing
from subscribers.tables import cadences, groups, profiles, standing_changes, subscriptions

_DAY: Final = "day"


class Wanted(NamedTuple):
    """How many active readers share a cadence and a profile."""

    cadence_id: int
    profile_id: int
    readers: int


class Following(NamedTuple):
    """Active readers of topics."""

    #: who follow all topics, those of the future included
    all_topics: int
    #: who chose this one among others, by slug
    by_slug: Counter[str]

    def of(self, slug: str) -> int:
        """How many get items under a topic."""
        return self.all_topics + self.by_slug[slug]


class Undone(NamedTuple):
    """A leaving that was taken back soon, as if it had not been."""

    back_at: datetime
    left_at: datetime
    before: Standing
    #: what the history says of the leaving
    reason: str

    @property
    def moves(self) -> tuple[Moved, Moved]:
        """What takes both changes out of the counts."""
        return (
            Moved(self.left_at.astimezone(UTC).date(), self.before, Standing.LEFT, -1),
            Moved(self.back_at.astimezone(UTC).date(), Standing.LEFT, Standing.ACTIVE, -1),
        )


async def wanted(connection: AsyncConnection) -> tuple[Wanted, ...]:
    """What active readers want, counted along an index, whatever their number."""
    sizes = (
        select(subscriptions.c.group_id, func.count().label("size"))
        .group_by(subscriptions.c.group_id)
        .subquery()
    )
    query = (
        select(groups.c.cadence_id, groups.c.profile_id, func.sum(sizes.c.size))
        .join(sizes, sizes.c.group_id == groups.c.id)
        .where(groups.c.is_active)
        .group_by(groups.c.cadence_id, groups.c.profile_id)
    )
    return tuple(Wanted(row[0], row[1], int(row[2])) for row in await connection.execute(query))


async def every_cadence(connection: AsyncConnection) -> Mapping[int, Cadence]:
    """All cadences by id: hundreds."""
    return {row.id: cadence_from(row) for row in await connection.execute(select(cadences))}


async def every_profile(connection: AsyncConnection) -> Mapping[int, Profile]:
    """All profiles by id: fewer than there are readers."""
    return {row.id: profile_from(row) for row in await connection.execute(select(profiles))}


async def following(connection: AsyncConnection) -> Following:
    """How many readers follow each topic: one walk along an index, so its answer is worth keeping a while."""
    return followed_by(await wanted(connection), await every_profile(connection))


def followed_by(found: Iterable[Wanted], by_id: Mapping[int, Profile]) -> Following:
    """How many of these readers follow each topic."""
    all_topics, by_slug = 0, Counter[str]()
    for one in found:
        topics = by_id[one.profile_id].topics
        if topics is None:
            all_topics += one.readers
        else:
            by_slug.update(dict.fromkeys(topics, one.readers))
    return Following(all_topics, by_slug)


async def moves_since(connection: AsyncConnection, since: datetime) -> tuple[Moved, ...]:
    """Changes of standing by day, oldest first."""
    day = _day_of(connection).label(_DAY)
    kept = standing_changes.c
    query = (
        select(day, kept.before, kept.after, func.count())
        .where(kept.at >= since)
        .group_by(day, kept.before, kept.after)
        .order_by(day)
    )
    return tuple(_moved(row) for row in await connection.execute(query))


async def undone_since(connection: AsyncConnection, since: datetime, within: timedelta) -> tuple[Undone, ...]:
    """Leavings that were taken back `within` a while, by those who came back since then."""
    back, left, earlier = (standing_changes.alias(name) for name in ("back", "left", "earlier"))
    last = select(func.max(earlier.c.id)).where(
        earlier.c.subscription_id == back.c.subscription_id, earlier.c.id < back.c.id
    )
    query = (
        select(back.c.at, left.c.at, left.c.before, left.c.reason)
        .select_from(back)
        .join(left, left.c.id == last.correlate(back).scalar_subquery())
        .where(
            *(back.c.at >= since, back.c.before == Standing.LEFT, back.c.after == Standing.ACTIVE),
            *(left.c.after == Standing.LEFT, left.c.before.in_([Standing.ACTIVE, Standing.PAUSED])),
        )
    )
    found = [Undone(row[0], row[1], Standing(row[2]), row[3]) for row in await connection.execute(query)]
    return tuple(one for one in found if one.back_at - one.left_at <= within)


async def leavings_since(connection: AsyncConnection, since: datetime) -> Mapping[str, int]:
    """What the history says of those who left, and how often."""
    left = (standing_changes.c.after == Standing.LEFT) & (standing_changes.c.at >= since)
    query = select(standing_changes.c.reason, func.count()).where(left).group_by(standing_changes.c.reason)
    return {row[0]: row[1] for row in await connection.execute(query)}


def _day_of(connection: AsyncConnection) -> ColumnElement[Any]:
    at = standing_changes.c.at
    if connection.dialect.name == "sqlite":
        return func.date(at)
    return cast(func.timezone("UTC", at), Date)


def _moved(row: Any) -> Moved:
    day = row[0] if isinstance(row[0], date) else date.fromisoformat(row[0])
    return Moved(day, None if row[1] is None else Standing(row[1]), Standing(row[2]), row[3])
