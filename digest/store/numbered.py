"""What stands behind publication numbers: as planning looks at it, and as it is printed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Briefing, BriefingStatus, Candidate, TopicMark
from digest.store.briefings import any_revision, newest, read, topics_of
from digest.store.tables import briefing_topics, briefings, revisions
from subscribers.interning import chunks
from subscribers.model import Section

#: Put together once: the form for subscribing asks it each time.
_NEWEST_BEFORE: Final = select(func.max(briefings.c.number)).where(
    briefings.c.published_at < bindparam("instant")
)


async def candidates(
    connection: AsyncConnection, *, after: int, upto: int, also: Collection[int]
) -> tuple[Candidate, ...]:
    """Published briefings with numbers in (after, upto], and those named in `also`, by number."""
    wanted = [briefings.c.number.between(after + 1, upto)]
    wanted += [briefings.c.number.in_(some) for some in chunks(sorted(also))]
    found: dict[int, Candidate] = {}
    for condition in wanted:
        rows = (await connection.execute(select(briefings).where(condition))).all()
        topics = await topics_of(connection, [row.id for row in rows])
        for row in rows:
            found[row.number] = _candidate_from(row, topics.get(row.id, ()))
    return tuple(found[number] for number in sorted(found))


async def published_at(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, datetime]:
    """When the briefings of these publication numbers came out; those that are not there are left out."""
    found: dict[int, datetime] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.published_at).where(briefings.c.number.in_(some))
        found.update((row.number, row.published_at) for row in await connection.execute(query))
    return found


async def newest_of(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, Briefing]:
    """Briefings by number in their newest revision, whatever their status."""
    found: dict[int, Briefing] = {}
    for some in chunks(sorted(numbers)):
        whole = await read(connection, newest().where(briefings.c.number.in_(some)))
        found.update((item.number, item) for item in whole if item.number is not None)
    return found


async def by_numbers(
    connection: AsyncConnection, revision_by_number: Mapping[int, int]
) -> dict[int, Briefing]:
    """Briefings by number, each in the revision named."""
    found: dict[int, Briefing] = {}
    for some in chunks(sorted(revision_by_number), 300):
        pairs = or_(
            *(and_(briefings.c.number == n, revisions.c.revision == revision_by_number[n]) for n in some)
        )
        query = any_revision().where(pairs)
        found.update((item.number, item) for item in await read(connection, query) if item.number)
    return found


async def ids_by_number(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """Briefing ids of publication numbers."""
    found: dict[int, int] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.id).where(briefings.c.number.in_(some))
        found.update((row.number, row.id) for row in await connection.execute(query))
    return found


async def current_revisions(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """The newest revision of each number."""
    found: dict[int, int] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.revision).where(briefings.c.number.in_(some))
        found.update((row.number, row.revision) for row in await connection.execute(query))
    return found


async def retracted_among(connection: AsyncConnection, numbers: Collection[int]) -> set[int]:
    """Those of these numbers whose briefings were taken back."""
    found: set[int] = set()
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number).where(
            briefings.c.number.in_(some), briefings.c.status == BriefingStatus.RETRACTED
        )
        found.update((await connection.execute(query)).scalars())
    return found


async def counts_by_topic(
    connection: AsyncConnection, *, after: int, sections: Collection[Section]
) -> dict[str, int]:
    """How many published briefings of these sections, with numbers above `after`, each topic has."""
    query = (
        select(briefing_topics.c.slug, func.count())
        .join(briefings, briefings.c.id == briefing_topics.c.briefing_id)
        .where(
            briefings.c.number > after,
            briefings.c.status == BriefingStatus.PUBLISHED,
            briefings.c.section.in_(sorted(sections)),
        )
        .group_by(briefing_topics.c.slug)
    )
    return {row.slug: row[1] for row in await connection.execute(query)}


async def newest_published_before(connection: AsyncConnection, instant: datetime) -> int:
    """The highest number published before an instant; 0 when there is none."""
    return (await connection.execute(_NEWEST_BEFORE, {"instant": instant})).scalar() or 0


def _candidate_from(row: Row[Any], topics: Iterable[TopicMark]) -> Candidate:
    return Candidate(
        number=row.number,
        briefing_id=row.id,
        section=Section(row.section),
        topics=tuple(mark.slug for mark in topics),
        lead=row.lead,
        weight=row.weight,
        retracted=row.status == BriefingStatus.RETRACTED,
        batch=row.batch,
        must_not_miss=row.must_not_miss,
    )
