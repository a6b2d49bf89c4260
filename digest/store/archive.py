"""What public pages show of the briefings: by day, by place in the order, by topic and by source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, String, and_, case, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.editions import Span
from digest.core.model import Briefing, BriefingStatus, Candidate
from digest.store import numbered
from digest.store.searching import Kind
from digest.store.tables import briefing_topics, briefings, listings, revisions, topics
from subscribers.interning import chunks
from subscribers.model import Section
from subscribers.tables import Instant


class Shown(NamedTuple):
    """An item in its newest revision."""

    briefing: Briefing
    #: when that revision was written
    revised_at: datetime
    #: when the words of it last changed after it was published; None when they never did
    corrected_at: datetime | None


class Day(Struct, frozen=True):
    """What stands for an edition in a list."""

    day: date
    count: int
    #: the number of the item that would be cut last
    lead: int
    #: how many of its items each topic has
    topics: dict[str, int]


class Entry(NamedTuple):
    """Where an item is, for who only needs to link to it."""

    number: int
    published_at: datetime
    revised_at: datetime


async def between(
    connection: AsyncConnection, sections: Collection[Section], span: Span
) -> tuple[Candidate, ...]:
    """The items that were published within a span, by number."""
    kept = briefings.c
    within = and_(kept.published_at >= span.first, kept.published_at < span.last, _carried(sections))
    slugs: dict[int, list[str]] = {}
    marked = (
        select(briefing_topics.c.briefing_id, briefing_topics.c.slug)
        .join(briefings, kept.id == briefing_topics.c.briefing_id)
        .where(within)
        .order_by(briefing_topics.c.briefing_id, briefing_topics.c.position)
    )
    for row in await connection.execute(marked):
        slugs.setdefault(row.briefing_id, []).append(row.slug)
    columns = (kept.id, kept.number, kept.section, kept.lead, kept.weight, kept.batch)
    rows = await connection.execute(select(*columns).where(within).order_by(kept.number))
    return tuple(
        Candidate(
            number=row.number,
            briefing_id=row.id,
            section=Section(row.section),
            topics=tuple(slugs.get(row.id, ())),
            lead=row.lead,
            weight=row.weight,
            retracted=False,
            batch=row.batch,
        )
        for row in rows
    )


async def days(
    connection: AsyncConnection, sections: Collection[Section], spans: Mapping[date, Span]
) -> tuple[Day, ...]:
    """Of these days those on which something was published; the store counts, for there may be thousands."""
    if not spans:
        return ()
    kept = briefings.c
    asked = union_all(
        *(
            select(
                literal(day.isoformat(), String).label("day"),
                literal(span.first, Instant).label("first"),
                literal(span.last, Instant).label("last"),
            )
            for day, span in spans.items()
        )
    ).cte("asked")
    within = and_(kept.published_at >= asked.c.first, kept.published_at < asked.c.last, _carried(sections))
    rank = func.row_number().over(
        partition_by=asked.c.day,
        order_by=(kept.lead.desc(), kept.weight.desc(), kept.batch.desc(), kept.number),
    )
    ranked = select(asked.c.day, kept.number, rank.label("rank")).join(briefings, within).subquery()
    counted = select(
        ranked.c.day,
        func.count().label("count"),
        func.min(case((ranked.c.rank == 1, ranked.c.number))).label("lead"),
    ).group_by(ranked.c.day)
    marks = (
        select(asked.c.day, briefing_topics.c.slug, func.count().label("count"))
        .join(briefings, within)
        .join(briefing_topics, briefing_topics.c.briefing_id == kept.id)
        .group_by(asked.c.day, briefing_topics.c.slug)
    )
    about: dict[str, dict[str, int]] = {}
    for row in await connection.execute(marks):
        about.setdefault(row.day, {})[row.slug] = row[2]
    rows = await connection.execute(counted)
    return tuple(Day(date.fromisoformat(row.day), row[1], row.lead, about.get(row.day, {})) for row in rows)


async def last_before(
    connection: AsyncConnection, sections: Collection[Section], instant: datetime | None = None
) -> datetime | None:
    """When the last item before an instant was published, or the last of all."""
    query = select(briefings.c.published_at).where(_carried(sections))
    if instant is not None:
        query = query.where(briefings.c.published_at < instant)
    # drafts have no such instant, and would come first on PostgreSQL
    query = query.where(briefings.c.published_at.isnot(None))
    found: datetime | None = (
        await connection.execute(query.order_by(briefings.c.published_at.desc()).limit(1))
    ).scalar()
    return found


async def first_since(
    connection: AsyncConnection, sections: Collection[Section], instant: datetime
) -> datetime | None:
    """When the first item at an instant or after was published."""
    query = select(briefings.c.published_at).where(_carried(sections), briefings.c.published_at >= instant)
    found: datetime | None = (
        await connection.execute(query.order_by(briefings.c.published_at).limit(1))
    ).scalar()
    return found


async def whole(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, Shown]:
    """Items by number, whatever their status; numbers that nobody gave are not in the answer."""
    found = await numbered.newest_of(connection, numbers)
    written: dict[int, list[Any]] = {}
    said = revisions.c
    for some in chunks([one.id for one in found.values()]):
        query = select(said.briefing_id, said.title, said.paragraphs, said.at).where(
            said.briefing_id.in_(some)
        )
        for row in await connection.execute(query.order_by(said.briefing_id, said.revision)):
            written.setdefault(row.briefing_id, []).append(row)
    return {
        number: Shown(one, written[one.id][-1].at, _corrected_at(written[one.id], one.published_at))
        for number, one in found.items()
    }


async def older(
    connection: AsyncConnection, sections: Collection[Section], number: int, count: int = 1
) -> list[int]:
    """The numbers next below, the nearest first."""
    query = select(briefings.c.number).where(_carried(sections), briefings.c.number < number)
    rows = await connection.execute(query.order_by(briefings.c.number.desc()).limit(count))
    return list(rows.scalars())


async def newer(
    connection: AsyncConnection, sections: Collection[Section], number: int, count: int = 1
) -> list[int]:
    """The numbers next above, the nearest first."""
    query = select(briefings.c.number).where(_carried(sections), briefings.c.number > number)
    rows = await connection.execute(query.order_by(briefings.c.number).limit(count))
    return list(rows.scalars())


async def listed(
    connection: AsyncConnection,
    kind: Kind,
    name: str,
    sections: Collection[Section],
    *,
    before: int | None = None,
    after: int | None = None,
    count: int,
) -> list[int]:
    """Numbers under a topic or source, the newest first: those next below `before`, or next above `after`."""
    number = listings.c.number
    query = (
        select(number)
        .join(briefings, briefings.c.number == number)
        .where(listings.c.kind == kind, listings.c.name == name, _carried(sections))
        .limit(count)
    )
    if after is not None:
        rows = await connection.execute(query.where(number > after).order_by(number))
        return list(rows.scalars())[::-1]
    if before is not None:
        query = query.where(number < before)
    return list((await connection.execute(query.order_by(number.desc()))).scalars())


async def topics_in_use(connection: AsyncConnection, sections: Collection[Section]) -> frozenset[str]:
    """The slugs of topics under which there is something."""
    there = (
        select(listings.c.number)
        .join(briefings, briefings.c.number == listings.c.number)
        .where(listings.c.kind == Kind.TOPIC, listings.c.name == topics.c.slug, _carried(sections))
    )
    return frozenset((await connection.execute(select(topics.c.slug).where(exists(there)))).scalars())


async def newest_entries(
    connection: AsyncConnection, sections: Collection[Section], count: int
) -> tuple[Entry, ...]:
    """The newest items, only where they are."""
    query = (
        select(briefings.c.number, briefings.c.published_at, revisions.c.at)
        .join(
            revisions,
            and_(revisions.c.briefing_id == briefings.c.id, revisions.c.revision == briefings.c.revision),
        )
        .where(_carried(sections))
        .order_by(briefings.c.number.desc())
        .limit(count)
    )
    rows = await connection.execute(query)
    return tuple(Entry(row.number, row.published_at, row.at) for row in rows)


async def how_many(connection: AsyncConnection, kind: Kind, name: str) -> int:
    """How many items are listed under a name."""
    query = select(func.count()).select_from(listings).where(listings.c.kind == kind, listings.c.name == name)
    count: int = (await connection.execute(query)).scalar_one()
    return count


def _corrected_at(written: Sequence[Any], published_at: datetime | None) -> datetime | None:
    """When the words of an item last changed after it was published; a link or a section is none of them."""
    changes = [
        after.at
        for before, after in pairwise(written)
        if (before.title, before.paragraphs) != (after.title, after.paragraphs)
        and published_at is not None
        and after.at > published_at
    ]
    return changes[-1] if changes else None


def _carried(sections: Collection[Section]) -> ColumnElement[Any]:
    return and_(briefings.c.status == BriefingStatus.PUBLISHED, briefings.c.section.in_(sorted(sections)))
