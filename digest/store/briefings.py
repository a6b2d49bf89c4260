"""The shelf of briefings: kept by revision, numbered at publication, found again by their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, Select, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Briefing, BriefingStatus, DraftBriefing, TopicMark
from digest.store import counters, desk_words
from digest.store.tables import briefing_topics, briefings, revisions
from subscribers.interning import chunks, new_ids
from subscribers.model import Section

#: The advisory lock of those who look which items are known; any number that nothing else takes.
_TAKING_IN: Final = 0x7461_6B69_6E67


class Keys(Struct, frozen=True):
    """How an item is known again (`title`, `body`) and whether it changed (`content`)."""

    title: str
    body: str
    content: str


class New(Struct, frozen=True):
    """What a new briefing is written from."""

    draft: DraftBriefing
    keys: Keys
    topics: Sequence[TopicMark]


class Known(Struct, frozen=True):
    """A stored briefing that may be the same as one that just came in."""

    id: int
    keys: Keys
    #: it was thrown away, and stays so
    is_discarded: bool = False


async def take_the_floor(connection: AsyncConnection) -> None:
    """Nobody else takes items in until commit: one that comes in twice at once is one briefing.

    It comes before plans are held off (`kept_apart.hold_off`). SQLite has one writer at a time and needs
    none of this.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_TAKING_IN)))


async def known_by(connection: AsyncConnection, keys: Collection[Keys]) -> tuple[Known, ...]:
    """Stored briefings that share a title key or a body key with any of these, newest first."""
    found: dict[int, Known] = {}
    for some in chunks(sorted(keys, key=lambda key: key.title), 500):
        query = select(briefings).where(
            or_(
                briefings.c.title_key.in_([key.title for key in some]),
                briefings.c.body_key.in_([key.body for key in some]),
            )
        )
        for row in await connection.execute(query):
            known = Keys(row.title_key, row.body_key, row.content_key)
            found[row.id] = Known(row.id, known, row.status == BriefingStatus.DISCARDED)
    return tuple(found[id_] for id_ in sorted(found, reverse=True))


async def add(
    connection: AsyncConnection,
    draft: DraftBriefing,
    keys: Keys,
    topics: Sequence[TopicMark],
    now: datetime,
    *,
    by: str = "",
) -> int:
    """Write a new briefing down as a draft in its first revision; `by` is who wrote it."""
    (new_id,) = await add_many(connection, [New(draft, keys, topics)], now, by=by)
    await desk_words.keep_in_step(connection, [new_id])
    return new_id


async def add_many(
    connection: AsyncConnection, news: Sequence[New], now: datetime, *, by: str = ""
) -> list[int]:
    """Write new briefings down as drafts; their ids in the same order.

    No search finds them yet: what is published in the same transaction need not be found as a draft before,
    so the caller brings the indices in step, by publishing or by `desk_words`.
    """
    if not news:
        return []
    # nothing shows yet, but what follows in the same transaction may
    await counters.pages_change(connection)
    rows = [
        {
            "status": BriefingStatus.DRAFT,
            "revision": 1,
            "section": one.draft.section,
            "lead": False,
            "weight": 0,
            "created_at": now,
            **_key_columns(one.keys),
        }
        for one in news
    ]
    ids = await new_ids(connection, briefings, rows)
    texts = [_revision_row(id_, 1, one.draft, now, by) for id_, one in zip(ids, news, strict=True)]
    await connection.execute(insert(revisions), texts)
    marks = [row for id_, one in zip(ids, news, strict=True) for row in _topic_rows(id_, one.topics)]
    if marks:
        await connection.execute(insert(briefing_topics), marks)
    return ids


async def revise(
    connection: AsyncConnection,
    briefing_id: int,
    draft: DraftBriefing,
    now: datetime,
    keys: Keys | None = None,
    by: str = "",
) -> int:
    """Add a revision to a briefing; it keeps its number, and issues keep the revision that they carry.

    Without `keys` it is known again by what it was before.
    """
    await counters.pages_change(connection)
    known_by_now = {} if keys is None else _key_columns(keys)
    query = (
        update(briefings)
        .where(briefings.c.id == briefing_id)
        .values(revision=briefings.c.revision + 1, section=draft.section, **known_by_now)
        .returning(briefings.c.revision)
    )
    revision: int = (await connection.execute(query)).scalar_one()
    await connection.execute(insert(revisions), [_revision_row(briefing_id, revision, draft, now, by)])
    await desk_words.keep_in_step(connection, [briefing_id])
    return revision


async def has_topics_for(connection: AsyncConnection, briefing_id: int, reason: str) -> bool:
    """True when a briefing has a topic for this very reason."""
    mine = and_(briefing_topics.c.briefing_id == briefing_id, briefing_topics.c.reason == reason)
    found: bool = (await connection.execute(select(exists().where(mine)))).scalar_one()
    return found


async def set_topics(connection: AsyncConnection, briefing_id: int, topics: Sequence[TopicMark]) -> None:
    """Replace the topics of a briefing; each keeps its reason."""
    await counters.pages_change(connection)
    await connection.execute(briefing_topics.delete().where(briefing_topics.c.briefing_id == briefing_id))
    rows = _topic_rows(briefing_id, topics)
    if rows:
        await connection.execute(insert(briefing_topics), rows)
    await desk_words.keep_in_step(connection, [briefing_id])


async def set_flags(
    connection: AsyncConnection, briefing_id: int, **values: bool | int | Section | datetime | None
) -> None:
    """Change `lead`, `weight`, `section`, `must_not_miss` or `publish_at`."""
    await counters.pages_change(connection)
    await connection.execute(update(briefings).where(briefings.c.id == briefing_id).values(values))


async def appoint(connection: AsyncConnection, ids: Sequence[int], publish_at: datetime) -> None:
    """Say of drafts when they come out, all at the same time."""
    if ids:
        await counters.pages_change(connection)
    for some in chunks(ids):
        await connection.execute(
            update(briefings).where(briefings.c.id.in_(some)).values(publish_at=publish_at)
        )


async def publish(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Give each draft the next gapless number, in the order given; the numbers by id.

    A retracted briefing that is published again keeps the number it had; a published one is left alone, and
    so is one that was discarded, which gets none.
    """
    if not ids:
        return {}
    await counters.pages_change(connection)
    once = list(dict.fromkeys(ids))
    numbers: dict[int, int | None] = {}
    for some in chunks(once):
        numbers |= await numbers_by_id(connection, some)
    without = [id_ for id_ in once if numbers[id_] is None]
    discarded = await discarded_among(connection, without)
    fresh = [id_ for id_ in without if id_ not in discarded]
    given: dict[int, int] = {id_: number for id_, number in numbers.items() if number is not None}
    if fresh:
        given |= await _number(connection, fresh, now)
    for some in chunks(once):
        again = and_(briefings.c.id.in_(some), briefings.c.status == BriefingStatus.RETRACTED)
        await connection.execute(update(briefings).where(again).values(status=BriefingStatus.PUBLISHED))
    await desk_words.hand_over(connection, once)
    return given


async def _number(connection: AsyncConnection, fresh: Sequence[int], now: datetime) -> dict[int, int]:
    """Publish drafts as one batch; their numbers by id."""
    batch = (await counters.take(connection, counters.BATCHES))[0]
    numbers = await counters.take(connection, counters.BRIEFINGS, len(fresh))
    query = (
        update(briefings)
        .where(briefings.c.id == bindparam("its_id"))
        .values(
            status=BriefingStatus.PUBLISHED,
            publish_at=None,
            number=bindparam("its_number"),
            batch=batch,
            published_at=now,
        )
    )
    rows = [{"its_id": id_, "its_number": number} for id_, number in zip(fresh, numbers, strict=True)]
    await connection.execute(query, rows)
    return dict(zip(fresh, numbers, strict=True))


async def retract(connection: AsyncConnection, briefing_id: int) -> None:
    """Take a briefing back: no issue planned from now on carries it, and no page shows it."""
    await counters.pages_change(connection)
    await connection.execute(
        update(briefings).where(briefings.c.id == briefing_id).values(status=BriefingStatus.RETRACTED)
    )
    await desk_words.keep_in_step(connection, [briefing_id])


async def let_be(connection: AsyncConnection, ids: Sequence[int], status: BriefingStatus) -> None:
    """Let what was never published be drafts or discarded; either waits for a person from then on."""
    await counters.pages_change(connection)
    for some in chunks(ids):
        unpublished = and_(briefings.c.id.in_(some), briefings.c.number.is_(None))
        await connection.execute(update(briefings).where(unpublished).values(status=status, publish_at=None))


async def by_id(connection: AsyncConnection, briefing_id: int) -> Briefing | None:
    """One briefing in its newest revision."""
    found = await read(connection, newest().where(briefings.c.id == briefing_id))
    return found[0] if found else None


async def page(
    connection: AsyncConnection,
    *,
    after: int = 0,
    limit: int = 100,
    status: BriefingStatus | None = None,
) -> tuple[Briefing, ...]:
    """Briefings by id in their newest revision, from `after` on."""
    query = newest().where(briefings.c.id > after).order_by(briefings.c.id).limit(limit)
    if status is not None:
        query = query.where(briefings.c.status == status)
    return await read(connection, query)


async def discarded_among(connection: AsyncConnection, ids: Collection[int]) -> frozenset[int]:
    """Those of these briefings that were thrown away."""
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        mine = and_(briefings.c.id.in_(some), briefings.c.status == BriefingStatus.DISCARDED)
        found |= set((await connection.execute(select(briefings.c.id).where(mine))).scalars())
    return frozenset(found)


async def numbers_by_id(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int | None]:
    """Publication numbers of briefings, None for drafts; ids that do not exist are not in the answer."""
    query = select(briefings.c.id, briefings.c.number).where(briefings.c.id.in_(ids))
    return {row.id: row.number for row in await connection.execute(query)}


def newest() -> Select[Any]:
    """The newest revision of every briefing, ready to be narrowed and handed to `read`."""
    return any_revision().where(revisions.c.revision == briefings.c.revision)


def any_revision() -> Select[Any]:
    """Every revision of every briefing, ready to be narrowed and handed to `read`."""
    kept, shown = briefings.c, revisions.c
    return select(
        *(kept.id, kept.number, kept.section, kept.lead, kept.weight, kept.status, kept.published_at),
        *(kept.must_not_miss, kept.publish_at, kept.story_id),
        *(shown.revision, shown.title, shown.paragraphs, shown.source, shown.source_date),
        *(shown.url, shown.language, shown.picture, shown.picture_alt),
    ).join(revisions, shown.briefing_id == kept.id)


async def read(connection: AsyncConnection, query: Select[Any]) -> tuple[Briefing, ...]:
    """The briefings of a query that was made of `newest`, in its order."""
    rows = (await connection.execute(query)).all()
    topics = await topics_of(connection, [row.id for row in rows])
    return tuple(_briefing_from(row, topics.get(row.id, ())) for row in rows)


async def topics_of(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, tuple[TopicMark, ...]]:
    """The topics of briefings by id, most fitting first."""
    marks: dict[int, list[TopicMark]] = {}
    for some in chunks(ids):
        query = select(briefing_topics).where(briefing_topics.c.briefing_id.in_(some))
        for row in await connection.execute(query.order_by(briefing_topics.c.position)):
            marks.setdefault(row.briefing_id, []).append(TopicMark(row.slug, row.reason))
    return {id_: tuple(found) for id_, found in marks.items()}


def _revision_row(
    briefing_id: int, revision: int, draft: DraftBriefing, now: datetime, by: str
) -> dict[str, Any]:
    return {
        "briefing_id": briefing_id,
        "revision": revision,
        "title": draft.title,
        "paragraphs": list(draft.paragraphs),
        "source": draft.source,
        "source_date": draft.source_date,
        "url": draft.url,
        "language": draft.language,
        "picture": draft.picture,
        "picture_alt": draft.picture_alt or None,
        "at": now,
        "actor": by[:140],
    }


def _topic_rows(briefing_id: int, topics: Sequence[TopicMark]) -> list[dict[str, Any]]:
    return [
        {"briefing_id": briefing_id, "slug": mark.slug, "position": position, "reason": mark.reason}
        for position, mark in enumerate(topics)
    ]


def _key_columns(keys: Keys) -> dict[str, str]:
    return {"title_key": keys.title, "body_key": keys.body, "content_key": keys.content}


def _briefing_from(row: Row[Any], topics: tuple[TopicMark, ...]) -> Briefing:
    return Briefing(
        id=row.id,
        number=row.number,
        revision=row.revision,
        title=row.title,
        paragraphs=tuple(row.paragraphs),
        section=Section(row.section),
        topics=topics,
        source=row.source,
        source_date=row.source_date,
        url=row.url,
        language=row.language,
        lead=row.lead,
        weight=row.weight,
        status=BriefingStatus(row.status),
        published_at=row.published_at,
        must_not_miss=row.must_not_miss,
        publish_at=row.publish_at,
        story_id=row.story_id,
        picture=row.picture,
        picture_alt=row.picture_alt or "",
    )
