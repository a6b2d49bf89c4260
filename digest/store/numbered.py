"""What stands behind publication numbers: as planning looks at it, and as it is printed.

Most numbers are those of briefings that came out, some those of corrections. Few questions name a correction:
the briefings are asked first, and the corrections only for numbers that they do not have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Row, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.corrections import CorrectionKind
from digest.core.model import Briefing, BriefingStatus, Candidate, TopicMark
from digest.store import corrections as told
from digest.store import stories
from digest.store.briefings import any_revision, newest, read, topics_of
from digest.store.correction_tables import corrections
from digest.store.tables import briefing_topics, briefings, revisions
from subscribers.interning import chunks
from subscribers.model import Section

#: Put together once: the form for subscribing asks it each time.
_NEWEST_BEFORE: Final = select(func.max(briefings.c.number)).where(
    briefings.c.published_at < bindparam("instant")
)
_CORRECTIONS: Final = (
    select(
        corrections.c.number.label("told_as"),
        told.SUPERSEDED.label("superseded"),
        told.POINTLESS.label("pointless"),
        briefings,
    )
    .select_from(corrections)
    .join(briefings, briefings.c.id == corrections.c.briefing_id)
)


async def candidates(
    connection: AsyncConnection, *, after: int, upto: int, also: Collection[int]
) -> tuple[Candidate, ...]:
    """Published briefings and corrections with numbers in (after, upto] or in `also`, by number."""
    few = list(chunks(sorted(also)))
    found: dict[int, Candidate] = {}
    for condition in [
        briefings.c.number.between(after + 1, upto),
        *(briefings.c.number.in_(some) for some in few),
    ]:
        rows = (await connection.execute(select(briefings).where(condition))).all()
        topics = await topics_of(connection, [row.id for row in rows])
        in_front = await stories.in_front(connection, {row.story_id for row in rows if row.story_id})
        found.update(
            (row.number, _candidate_from(row, topics.get(row.id, ()), in_front.get(row.story_id)))
            for row in rows
        )
    for condition in [
        corrections.c.number.between(after + 1, upto),
        *(corrections.c.number.in_(some) for some in few),
    ]:
        rows = (await connection.execute(_CORRECTIONS.where(condition))).all()
        found.update((row.told_as, _correction_of(row)) for row in rows)
    return tuple(found[number] for number in sorted(found))


async def published_at(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, datetime]:
    """When what has these publication numbers came out; those that are not there are left out."""
    found: dict[int, datetime] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.published_at).where(briefings.c.number.in_(some))
        found.update((row.number, row.published_at) for row in await connection.execute(query))
    for some in chunks(sorted(set(numbers) - found.keys())):
        later = select(corrections.c.number, corrections.c.at).where(corrections.c.number.in_(some))
        found.update((row.number, row.at) for row in await connection.execute(later))
    return found


async def newest_of(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, Briefing]:
    """What has these numbers, in the newest revision, whatever its status."""
    found: dict[int, Briefing] = {}
    for some in chunks(sorted(numbers)):
        whole = await read(connection, newest().where(briefings.c.number.in_(some)))
        found.update((item.number, item) for item in whole if item.number is not None)
    missing = set(numbers) - found.keys()
    if missing:
        revised = await current_revisions(connection, missing)
        found.update(await _corrections_in(connection, revised))
    return found


async def by_numbers(
    connection: AsyncConnection, revision_by_number: Mapping[int, int]
) -> dict[int, Briefing]:
    """What has these numbers, each in the revision named."""
    found: dict[int, Briefing] = {}
    for some in chunks(sorted(revision_by_number), 300):
        pairs = or_(
            *(and_(briefings.c.number == n, revisions.c.revision == revision_by_number[n]) for n in some)
        )
        query = any_revision().where(pairs)
        found.update((item.number, item) for item in await read(connection, query) if item.number)
    missing = {n: revision for n, revision in revision_by_number.items() if n not in found}
    return found | await _corrections_in(connection, missing)


async def _corrections_in(
    connection: AsyncConnection, revision_by_number: Mapping[int, int]
) -> dict[int, Briefing]:
    """The corrected briefings under the numbers of their corrections."""
    if not revision_by_number:
        return {}
    corrected = await told.by_numbers(connection, revision_by_number)
    wanted = {(one.corrects, revision_by_number[number]) for number, one in corrected.items()}
    texts: dict[tuple[int | None, int], Briefing] = {}
    for some in chunks(sorted(wanted), 300):
        pairs = or_(*(and_(briefings.c.number == n, revisions.c.revision == of) for n, of in some))
        whole = await read(connection, any_revision().where(pairs))
        texts.update(((item.number, item.revision), item) for item in whole)
    return {
        number: replace(texts[one.corrects, revision_by_number[number]], number=number, correction=one)
        for number, one in corrected.items()
        if (one.corrects, revision_by_number[number]) in texts
    }


async def ids_by_number(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """Briefing ids of the publication numbers of briefings; those of corrections are not in the answer."""
    found: dict[int, int] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.id).where(briefings.c.number.in_(some))
        found.update((row.number, row.id) for row in await connection.execute(query))
    return found


async def corrected_ids(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """Briefing ids of the numbers of corrections."""
    found: dict[int, int] = {}
    for some in chunks(sorted(numbers)):
        query = select(corrections.c.number, corrections.c.briefing_id)
        rows = await connection.execute(query.where(corrections.c.number.in_(some)))
        found.update((row.number, row.briefing_id) for row in rows)
    return found


async def current_revisions(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """The newest revision of each number."""
    found: dict[int, int] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.revision).where(briefings.c.number.in_(some))
        found.update((row.number, row.revision) for row in await connection.execute(query))
    for some in chunks(sorted(set(numbers) - found.keys())):
        rows = await connection.execute(_CORRECTIONS.where(corrections.c.number.in_(some)))
        found.update((row.told_as, row.revision) for row in rows)
    return found


async def retracted_among(connection: AsyncConnection, numbers: Collection[int]) -> set[int]:
    """Those of these numbers whose texts were taken back; the news of a withdrawal is none of them."""
    found: set[int] = set()
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number).where(
            briefings.c.number.in_(some), briefings.c.status == BriefingStatus.RETRACTED
        )
        found.update((await connection.execute(query)).scalars())
        rows = await connection.execute(_CORRECTIONS.where(corrections.c.number.in_(some), told.POINTLESS))
        found.update(row.told_as for row in rows)
    return found


async def corrected_since(connection: AsyncConnection, revision_by_number: Mapping[int, int]) -> set[int]:
    """Those of these numbers whose texts, in the revisions named, were corrected since in a newer one."""
    found: set[int] = set()
    here, later = corrections.alias("here"), corrections.alias("later")
    newer = and_(later.c.briefing_id == briefings.c.id, later.c.kind == CorrectionKind.CORRECTED)
    newest_text = func.max(later.c.revision).label("newest")
    for some in chunks(sorted(revision_by_number)):
        # an item is told by its own number, or by that of a former correction
        for number, source in (
            (briefings.c.number, briefings),
            (here.c.number, briefings.join(here, here.c.briefing_id == briefings.c.id)),
        ):
            query = select(number.label("told_as"), newest_text).select_from(source.join(later, newer))
            rows = await connection.execute(query.where(number.in_(some)).group_by(number))
            found.update(row.told_as for row in rows if row.newest > revision_by_number[row.told_as])
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


def _candidate_from(row: Row[Any], topics: Iterable[TopicMark], in_front: int | None) -> Candidate:
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
        story=row.story_id,
        is_in_front=row.id == in_front,
    )


def _correction_of(row: Row[Any]) -> Candidate:
    return Candidate(
        number=row.told_as,
        briefing_id=row.id,
        section=Section(row.section),
        topics=(),
        lead=False,
        weight=0,
        retracted=row.pointless,
        batch=0,
        corrects=row.number,
        superseded=row.superseded,
    )
