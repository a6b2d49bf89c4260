"""Briefings as editors see them: listed with filters, the newest first; revisions; what is appointed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, exists, false, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import GENERAL, Briefing, BriefingStatus
from digest.core.seeking import Wanted
from digest.store import briefings as shelf
from digest.store import desk_words
from digest.store.briefings import Keys
from digest.store.searching import question_anywhere
from digest.store.tables import briefing_topics, briefings, revisions
from subscribers.interning import chunks
from subscribers.model import Section

#: In the place of a slug: briefings that no rule and no editor has found a subject for.
WITHOUT_TOPIC: Final = "-"
#: The condition that a number is among those in whose words something stands: the index of the archive.
_IN_ARCHIVE: Final = {
    "sqlite": "briefings.number IN (SELECT rowid FROM archive_words WHERE archive_words MATCH :question)",
    "postgresql": "briefings.number IN "
    "(SELECT number FROM archive_words WHERE words @@ CAST(:question AS tsquery))",
}


class Filter(Struct, frozen=True):
    """Which briefings are listed; None lets all pass."""

    #: without one, all but what was discarded
    status: BriefingStatus | None = None
    section: Section | None = None
    #: a slug, or `WITHOUT_TOPIC`
    topic: str | None = None
    #: words that must stand in them
    words: Wanted | None = None


class Revision(NamedTuple):
    """A briefing as it once was, by whom and since when."""

    revision: int
    title: str
    paragraphs: tuple[str, ...]
    source: str | None
    source_date: date | None
    url: str | None
    language: str
    picture: str | None
    picture_alt: str | None
    at: datetime
    actor: str


async def page(
    connection: AsyncConnection, wanted: Filter, *, before: int | None = None, limit: int
) -> tuple[Briefing, ...]:
    """Briefings by id, the newest first, from below `before` on."""
    query = shelf.newest().order_by(briefings.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(briefings.c.id < before)
    for condition in _conditions(wanted, connection.dialect.name):
        query = query.where(condition)
    return await shelf.read(connection, query)


async def revisions_of(connection: AsyncConnection, briefing_id: int) -> tuple[Revision, ...]:
    """All revisions of a briefing, the newest first."""
    columns = [revisions.c[name] for name in Revision._fields]
    query = select(*columns).where(revisions.c.briefing_id == briefing_id)
    rows = await connection.execute(query.order_by(revisions.c.revision.desc()))
    return tuple(Revision(**{**row._mapping, "paragraphs": tuple(row.paragraphs)}) for row in rows)


async def first_made_since(connection: AsyncConnection, keys: Keys, since: datetime) -> tuple[Briefing, ...]:
    """What came in since then with this title, text, source and date, as it first was, by id."""
    mine = briefings.c
    same = and_(mine.title_key == keys.title, mine.body_key == keys.body, mine.created_at >= since)
    query = shelf.any_revision().where(same, revisions.c.revision == 1).order_by(mine.id)
    return await shelf.read(connection, query)


async def due(connection: AsyncConnection, now: datetime) -> dict[int, datetime]:
    """Drafts that are to be published by `now`, with the instant appointed, in the order of these."""
    mine = briefings.c
    query = (
        select(mine.id, mine.publish_at)
        .where(mine.publish_at <= now, mine.status == BriefingStatus.DRAFT)
        .order_by(mine.publish_at, mine.id)
    )
    return {row.id: row.publish_at for row in await connection.execute(query)}


async def counts_by_status(connection: AsyncConnection) -> dict[BriefingStatus, int]:
    """How many briefings there are of each status."""
    query = select(briefings.c.status, func.count()).group_by(briefings.c.status)
    return {BriefingStatus(row[0]): row[1] for row in await connection.execute(query)}


async def counts_by_topic(connection: AsyncConnection) -> dict[str, int]:
    """How many briefings, whatever their status, each topic has."""
    query = select(briefing_topics.c.slug, func.count()).group_by(briefing_topics.c.slug)
    return {row.slug: row[1] for row in await connection.execute(query)}


async def alone_under(connection: AsyncConnection, slug: str) -> int:
    """How many briefings have this topic and no other."""
    mine, other = briefing_topics.c, briefing_topics.alias("other")
    more = exists().where(other.c.briefing_id == mine.briefing_id, other.c.slug != slug)
    query = select(func.count()).select_from(briefing_topics).where(mine.slug == slug, ~more)
    found: int = (await connection.execute(query)).scalar_one()
    return found


async def existing(connection: AsyncConnection, ids: Collection[int]) -> tuple[Briefing, ...]:
    """Those of these briefings that there are, in the order of their ids."""
    found: list[Briefing] = []
    for some in chunks(sorted(ids)):
        query = shelf.newest().where(briefings.c.id.in_(some)).order_by(briefings.c.id)
        found += await shelf.read(connection, query)
    return tuple(found)


def _conditions(wanted: Filter, dialect: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status is None:
        found.append(briefings.c.status != BriefingStatus.DISCARDED)
    else:
        found.append(briefings.c.status == wanted.status)
    if wanted.section is not None:
        found.append(briefings.c.section == wanted.section)
    if wanted.topic is not None:
        found.append(_about(wanted.topic))
    if wanted.words is not None:
        found.append(_saying(wanted.words, dialect))
    return found


def _about(topic: str) -> ColumnElement[bool]:
    mine = briefing_topics.c
    if topic == WITHOUT_TOPIC:
        return ~exists().where(mine.briefing_id == briefings.c.id, mine.slug != GENERAL)
    return briefings.c.id.in_(select(mine.briefing_id).where(mine.slug == topic))


def _saying(words: Wanted, dialect: str) -> ColumnElement[bool]:
    """In the title or the text, of what is published and of what is not."""
    if not words.present:
        return false()
    either = f"({_IN_ARCHIVE[dialect]} OR {desk_words.FOUND[dialect]})"
    return text(either).bindparams(question=question_anywhere(words, dialect))  # type: ignore[return-value]
