"""The shelf of stories: which briefings tell of the same event, how each came in, what was taken apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Briefing, BriefingStatus
from digest.store import briefings as shelf
from digest.store import counters
from digest.store.story_tables import story_joins, story_signs, story_splits
from digest.store.tables import briefings, stories
from subscribers.interning import chunks, new_ids

#: As many rows as one statement writes.
_TOGETHER: Final = 5000
#: What more briefings than this have in common is no clue: each new one would be held against all of them.
_CROWD: Final = 1000


class Join(Struct, frozen=True):
    """How a briefing came into its story."""

    briefing_id: int
    #: a person or program; empty for the rule
    by: str
    #: how like the rule found it to another one, and the names and figures in common
    score: float | None
    shared: tuple[str, ...]
    at: datetime


# --- looking up ---------------------------------------------------------------------------------------------


async def add_signs(connection: AsyncConnection, signs_by_id: Mapping[int, Collection[int]]) -> None:
    """Let briefings be looked up by their signs."""
    await remove_signs(connection, signs_by_id)
    rows = [{"sign": sign, "briefing_id": id_} for id_, signs in signs_by_id.items() for sign in signs]
    for some in chunks(rows, _TOGETHER):
        await connection.execute(insert(story_signs), some)


async def remove_signs(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Let briefings be looked up no more."""
    for some in chunks(sorted(ids)):
        await connection.execute(delete(story_signs).where(story_signs.c.briefing_id.in_(some)))


async def forget_signs(connection: AsyncConnection, published_before: datetime) -> None:
    """Nothing that comes in now is of one event with what came out long ago."""
    old = select(briefings.c.id).where(briefings.c.published_at < published_before)
    await connection.execute(delete(story_signs).where(story_signs.c.briefing_id.in_(old)))


async def sharing_among(
    connection: AsyncConnection, ids: Collection[int], *, least: int, most: int
) -> dict[int, tuple[int, ...]]:
    """The same for many that have their signs already: two questions for some hundred of them.

    Signs of a crowd are passed over, or the cost would grow with the square of what is in the news.
    """
    mine, its = story_signs.alias("mine"), story_signs.alias("its")
    count = func.count()
    found: dict[int, list[int]] = {}
    for some in chunks(sorted(ids)):
        theirs = select(story_signs.c.sign).where(story_signs.c.briefing_id.in_(some))
        crowded = (
            select(story_signs.c.sign)
            .where(story_signs.c.sign.in_(theirs))
            .group_by(story_signs.c.sign)
            .having(count > _CROWD)
        )
        passed_over = (await connection.execute(crowded)).scalars().all()
        mine_first = func.row_number().over(
            partition_by=mine.c.briefing_id, order_by=(count.desc(), its.c.briefing_id.desc())
        )
        ranked = (
            select(mine.c.briefing_id, its.c.briefing_id.label("other"), mine_first.label("place"))
            .join(its, and_(its.c.sign == mine.c.sign, its.c.briefing_id != mine.c.briefing_id))
            .where(mine.c.briefing_id.in_(some), mine.c.sign.not_in(passed_over))
            .group_by(mine.c.briefing_id, its.c.briefing_id)
            .having(count >= least)
            .subquery()
        )
        # the store keeps the first few of each: there may be hundreds
        query = select(ranked).where(ranked.c.place <= most)
        for row in await connection.execute(query.order_by(ranked.c.briefing_id, ranked.c.place)):
            found.setdefault(row.briefing_id, []).append(row.other)
    return {id_: tuple(others) for id_, others in found.items()}


async def sharing(
    connection: AsyncConnection, signs: Collection[int], *, least: int, most: int, but: int = 0
) -> tuple[int, ...]:
    """Ids of briefings that share so many signs at least, those that share the most first."""
    if not signs:
        return ()
    count = func.count()
    query = (
        select(story_signs.c.briefing_id)
        .where(story_signs.c.sign.in_(sorted(signs)), story_signs.c.briefing_id != but)
        .group_by(story_signs.c.briefing_id)
        .having(count >= least)
        .order_by(count.desc(), story_signs.c.briefing_id.desc())
        .limit(most)
    )
    return tuple((await connection.execute(query)).scalars())


# --- reading ------------------------------------------------------------------------------------------------


async def in_front(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """Of these stories those that an editor has put a briefing in front of: briefing ids by story."""
    found: dict[int, int] = {}
    for some in chunks(sorted(ids)):
        query = select(stories.c.id, stories.c.lead_id).where(
            stories.c.id.in_(some), stories.c.lead_id.isnot(None)
        )
        found.update((row.id, row.lead_id) for row in await connection.execute(query))
    return found


async def members(connection: AsyncConnection, story_id: int) -> tuple[Briefing, ...]:
    """The briefings of a story in their newest revisions, in the order of their numbers, drafts last."""
    query = shelf.newest().where(briefings.c.story_id == story_id)
    # nulls stand first in one store and last in the other
    order = (briefings.c.number.is_(None), briefings.c.number, briefings.c.id)
    return await shelf.read(connection, query.order_by(*order))


async def public_members(
    connection: AsyncConnection, ids: Collection[int], *, upto: int
) -> dict[int, tuple[Briefing, ...]]:
    """The published briefings of these stories with numbers up to one, by story, in their order."""
    found: dict[int, list[Briefing]] = {}
    for some in chunks(sorted(ids)):
        query = shelf.newest().where(
            briefings.c.story_id.in_(some),
            briefings.c.number <= upto,
            briefings.c.status == BriefingStatus.PUBLISHED,
        )
        for one in await shelf.read(connection, query.order_by(briefings.c.number)):
            assert one.story_id is not None
            found.setdefault(one.story_id, []).append(one)
    return {story: tuple(its) for story, its in found.items()}


async def story_ids(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """The stories of publication numbers; those that have none are not in the answer."""
    found: dict[int, int] = {}
    for some in chunks(sorted(numbers)):
        query = select(briefings.c.number, briefings.c.story_id).where(
            briefings.c.number.in_(some), briefings.c.story_id.isnot(None)
        )
        found.update((row.number, row.story_id) for row in await connection.execute(query))
    return found


async def numbers_beside(connection: AsyncConnection, number: int) -> frozenset[int]:
    """The numbers of the other briefings that tell of the same event."""
    one, other = briefings.alias("one"), briefings.c
    same = exists().where(one.c.number == number, one.c.story_id == other.story_id)
    query = select(other.number).where(same, other.number.isnot(None), other.number != number)
    return frozenset((await connection.execute(query)).scalars())


async def joins_of(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Join]:
    """How each of these briefings came into its story."""
    found: dict[int, Join] = {}
    for some in chunks(sorted(ids)):
        query = select(story_joins).where(story_joins.c.briefing_id.in_(some))
        for row in await connection.execute(query):
            found[row.briefing_id] = Join(
                row.briefing_id, row.joined_by, row.score, tuple(row.shared), row.at
            )
    return found


async def members_around(connection: AsyncConnection, ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The stories that any of these briefings are in, each with the ids of all its members."""
    other = briefings.alias("other")
    found: dict[int, list[int]] = {}
    for some in chunks(sorted(ids)):
        of_these = select(other.c.story_id).where(other.c.id.in_(some), other.c.story_id.isnot(None))
        query = select(briefings.c.story_id, briefings.c.id).where(briefings.c.story_id.in_(of_these))
        for row in await connection.execute(query.order_by(briefings.c.id)):
            found.setdefault(row.story_id, []).append(row.id)
    return {story: tuple(dict.fromkeys(its)) for story, its in found.items()}


async def apart_from(connection: AsyncConnection, ids: Collection[int]) -> dict[int, frozenset[int]]:
    """For each of these briefings those from which an editor has split it, if there are any."""
    found: dict[int, set[int]] = {}
    split = story_splits.c
    for some in chunks(sorted(ids)):
        query = select(split.one_id, split.other_id)
        for row in await connection.execute(
            query.where(or_(split.one_id.in_(some), split.other_id.in_(some)))
        ):
            found.setdefault(row.one_id, set()).add(row.other_id)
            found.setdefault(row.other_id, set()).add(row.one_id)
    return {id_: frozenset(others) for id_, others in found.items() if id_ in ids}


# --- writing ------------------------------------------------------------------------------------------------


async def open_stories(connection: AsyncConnection, count: int, now: datetime) -> list[int]:
    """Begin so many stories that nothing is in yet."""
    return await new_ids(connection, stories, [{"made_at": now, "lead_id": None}] * count)


async def put(connection: AsyncConnection, joins_by_story: Mapping[int, Sequence[Join]]) -> None:
    """Put briefings into stories, out of any other that they are in."""
    joins = [(story_id, join) for story_id, its in joins_by_story.items() for join in its]
    if not joins:
        return
    await counters.pages_change(connection)
    ids = [join.briefing_id for _, join in joins]
    into = update(briefings).where(briefings.c.id == bindparam("its_id"))
    await connection.execute(
        into.values(story_id=bindparam("its_story")),
        [{"its_id": join.briefing_id, "its_story": story_id} for story_id, join in joins],
    )
    for some in chunks(ids):
        await connection.execute(delete(story_joins).where(story_joins.c.briefing_id.in_(some)))
    rows: list[dict[str, Any]] = [
        {
            "briefing_id": join.briefing_id,
            "joined_by": join.by[:140],
            "score": join.score,
            "shared": list(join.shared),
            "at": join.at,
        }
        for _, join in joins
    ]
    await connection.execute(insert(story_joins), rows)


async def take_out(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Let briefings be in no story."""
    await counters.pages_change(connection)
    await connection.execute(update(briefings).where(briefings.c.id.in_(ids)).values(story_id=None))
    await connection.execute(delete(story_joins).where(story_joins.c.briefing_id.in_(ids)))


async def set_in_front(connection: AsyncConnection, story_id: int, briefing_id: int | None) -> None:
    """Note which briefing an editor wants in front; None leaves it to the order of ranks."""
    await counters.pages_change(connection)
    await connection.execute(update(stories).where(stories.c.id == story_id).values(lead_id=briefing_id))


async def remove(connection: AsyncConnection, story_id: int) -> None:
    """Forget a story that nothing is in any more."""
    await connection.execute(delete(stories).where(stories.c.id == story_id))


async def keep_apart(
    connection: AsyncConnection, briefing_id: int, others: Collection[int], by: str, now: datetime
) -> None:
    """Remember that a briefing is not of one event with these."""
    await let_meet(connection, briefing_id, others)
    rows = [
        {"one_id": min(pair), "other_id": max(pair), "split_by": by[:140], "at": now}
        for pair in ((briefing_id, other) for other in others)
    ]
    if rows:
        await connection.execute(insert(story_splits), rows)


async def let_meet(connection: AsyncConnection, briefing_id: int, others: Collection[int]) -> None:
    """Forget that a briefing was split from these."""
    split = story_splits.c
    for some in chunks(sorted(others)):
        mine = or_(
            and_(split.one_id == briefing_id, split.other_id.in_(some)),
            and_(split.other_id == briefing_id, split.one_id.in_(some)),
        )
        await connection.execute(delete(story_splits).where(mine))
