"""The shelf of pictures that mails bring along: which are wanted, what came of each, what issues carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import BriefingStatus, Pictures
from digest.core.picturing import Embedded, PictureFault, PictureRecord, PictureState
from digest.store.correction_tables import corrections
from digest.store.picture_tables import picture_places, pictures
from digest.store.tables import briefings, issue_briefings, issues, newsletters, revisions
from subscribers.interning import chunks, insert_into

_RULE: Final = newsletters.c.pictures == Pictures.EMBEDDED
_CURRENT: Final = (revisions.c.briefing_id == briefings.c.id) & (revisions.c.revision == briefings.c.revision)
#: What is known of an address, and of what was fetched there.
_RECORDS: Final = select(
    picture_places,
    pictures.c.content_type,
    pictures.c.width,
    pictures.c.height,
    func.length(pictures.c.content).label("octets"),
).outerjoin(pictures, pictures.c.digest == picture_places.c.digest)


class Wanted(Struct, frozen=True):
    """A picture that is to be asked for."""

    url: str
    #: how often it was asked for
    tries: int


async def sections_that_embed(connection: AsyncConnection) -> frozenset[str]:
    """Of which sections mails bring the pictures along; none when no newsletter has that rule."""
    rows = await connection.execute(select(newsletters.c.sections).where(_RULE))
    return frozenset(section for row in rows for section in row.sections)


async def wanted(
    connection: AsyncConnection,
    sections: Collection[str],
    *,
    since: datetime,
    now: datetime,
    lightens: bool,
    limit: int,
) -> list[Wanted]:
    """Pictures of what was published since an instant that are due to be asked for, the newest first.

    Where heavy ones can be made lighter, those that could not be are due again.
    """
    its = picture_places.c
    due = [its.url.is_(None), its.next_at <= now]
    if lightens:
        due.append(its.fault == PictureFault.TOO_HEAVY)
    query = (
        select(revisions.c.picture, func.max(func.coalesce(its.tries, 0)).label("tries"))
        .select_from(briefings)
        .join(revisions, _CURRENT)
        .outerjoin(picture_places, its.url == revisions.c.picture)
        .where(
            briefings.c.status == BriefingStatus.PUBLISHED,
            briefings.c.published_at >= since,
            briefings.c.section.in_(sorted(sections)),
            revisions.c.picture.is_not(None),
            or_(*due),
        )
        .group_by(revisions.c.picture)
        .order_by(func.max(briefings.c.published_at).desc(), revisions.c.picture)
        .limit(limit)
    )
    return [Wanted(row.picture, row.tries) for row in await connection.execute(query)]


async def note(connection: AsyncConnection, record: PictureRecord, picture: Embedded | None) -> None:
    """Write down what came of asking for a picture, with the picture when there is one."""
    if picture is not None:
        new = insert_into(connection, pictures).values(
            digest=picture.digest,
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
            content=picture.content,
        )
        await connection.execute(new.on_conflict_do_nothing(index_elements=["digest"]))
    values = {
        "state": record.state,
        "fault": record.fault,
        "words": record.words,
        "digest": record.digest,
        "tries": record.tries,
        "tried_at": record.tried_at,
        "next_at": record.next_at,
    }
    row = insert_into(connection, picture_places).values(url=record.url, **values)
    # who had it keeps it: two may ask at once, and one of them in vain
    known = picture_places.c.state != PictureState.KEPT
    await connection.execute(row.on_conflict_do_update(index_elements=["url"], set_=values, where=known))


async def records(connection: AsyncConnection, urls: Iterable[str]) -> dict[str, PictureRecord]:
    """What is known of the pictures at these addresses; of one that was never asked for, nothing."""
    found: dict[str, PictureRecord] = {}
    for some in chunks(sorted(set(urls))):
        rows = await connection.execute(_RECORDS.where(picture_places.c.url.in_(some)))
        found.update((row.url, _record_from(row)) for row in rows)
    return found


async def record_of(connection: AsyncConnection, url: str | None) -> PictureRecord | None:
    """What is known of one; None where there is none, or it was never asked for."""
    return None if url is None else (await records(connection, [url])).get(url)


async def by_digest(connection: AsyncConnection, digests: Iterable[str]) -> dict[str, Embedded]:
    """Pictures by their digests; those that were forgotten are left out."""
    found: dict[str, Embedded] = {}
    for some in chunks(sorted(set(digests))):
        rows = await connection.execute(select(pictures).where(pictures.c.digest.in_(some)))
        found.update((row.digest, Embedded(**row._mapping)) for row in rows)
    return found


async def pin(
    connection: AsyncConnection, issue_id: int, round_: int, numbers: Collection[int] | None = None
) -> None:
    """Remember which pictures a round of an issue brings along: those that are here now, by the rule.

    Of all that it carries, or of these numbers.
    """
    mine = issue_briefings.c
    here = (
        select(picture_places.c.digest)
        .join(revisions, revisions.c.picture == picture_places.c.url)
        .where(revisions.c.revision == mine.revision)
    )
    by_itself = here.join(briefings, briefings.c.id == revisions.c.briefing_id).where(
        briefings.c.number == mine.number
    )
    corrected = here.join(corrections, corrections.c.briefing_id == revisions.c.briefing_id).where(
        corrections.c.number == mine.number
    )
    ruled = exists().where(issues.c.id == issue_id, issues.c.newsletter_id == newsletters.c.id, _RULE)
    query = (
        update(issue_briefings)
        .where(mine.issue_id == issue_id, mine.round == round_, ruled)
        .values(
            picture=func.coalesce(
                by_itself.correlate(issue_briefings).scalar_subquery(),
                corrected.correlate(issue_briefings).scalar_subquery(),
            )
        )
    )
    if numbers is not None:
        query = query.where(mine.number.in_(sorted(numbers)))
    await connection.execute(query)


async def pinned(connection: AsyncConnection, issue_id: int, round_: int) -> dict[int, str]:
    """The digests of the pictures that a round of an issue brings along, by number."""
    mine = issue_briefings.c
    query = select(mine.number, mine.picture).where(
        mine.issue_id == issue_id, mine.round == round_, mine.picture.is_not(None)
    )
    return {row.number: row.picture for row in await connection.execute(query)}


async def here_now(connection: AsyncConnection, url_by_number: Mapping[int, str | None]) -> dict[int, str]:
    """The digests of the pictures that an issue planned now would bring along, by number."""
    known = await records(connection, filter(None, url_by_number.values()))
    return {
        number: record.digest
        for number, url in url_by_number.items()
        if url and (record := known.get(url)) is not None and record.digest is not None
    }


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Forget what was asked for before an instant, unless something published since shows it, or an issue."""
    shown = (
        exists()
        .where(_CURRENT, revisions.c.picture == picture_places.c.url)
        .where(briefings.c.status == BriefingStatus.PUBLISHED, briefings.c.published_at >= before)
    )
    await connection.execute(
        delete(picture_places).where(picture_places.c.tried_at < before, ~shown.correlate(picture_places))
    )
    named = exists().where(picture_places.c.digest == pictures.c.digest)
    carried = exists().where(
        issue_briefings.c.picture == pictures.c.digest,
        issue_briefings.c.issue_id == issues.c.id,
        issues.c.planned_at >= before,
    )
    await connection.execute(delete(pictures).where(~named.correlate(pictures), ~carried.correlate(pictures)))


def _record_from(row: Row[Any]) -> PictureRecord:
    return PictureRecord(
        url=row.url,
        state=PictureState(row.state),
        tries=row.tries,
        tried_at=row.tried_at,
        next_at=row.next_at,
        fault=None if row.fault is None else PictureFault(row.fault),
        words=row.words,
        # one whose content was forgotten is not here any more
        digest=row.digest if row.content_type else None,
        content_type=row.content_type or "",
        width=row.width or 0,
        height=row.height or 0,
        octets=row.octets or 0,
    )
