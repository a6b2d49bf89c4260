"""Briefings that tell of the same event are joined when they come out; editors join and split them, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.joining import Near, Stories
from digest.core.likeness import SIGNS_SHARED, WINDOW_DAYS, Likeness, Traits, likeness, signs_of, traits_of
from digest.core.model import Briefing, BriefingStatus
from digest.errors import InputError, missing
from digest.store import briefings, editing, stories
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.stories import Join
from subscribers.interning import chunks

#: So many of those that share the most signs are compared with a new item.
_COMPARED: Final = 6
#: How long after its publication a briefing is looked up: news may come late, and days are those of sources.
KEEP_SIGNS: Final = timedelta(days=2 * WINDOW_DAYS)
#: Briefings that come out together are looked up so many at a time.
_TOGETHER: Final = 500
#: What so many are compared by is remembered meanwhile, at some kilobytes each.
_KEPT: Final = 5000
#: A briefing, and what it is compared by.
_Known = tuple[Briefing, Traits]


class Alike(Struct, frozen=True):
    """A published briefing that may tell of the same event as another one."""

    briefing: Briefing
    likeness: Likeness


class Story(Struct, frozen=True):
    """The briefings that tell of one event."""

    id: int
    #: in the order in which they came out, drafts last
    members: tuple[Briefing, ...]
    #: the one that an editor has put in front
    in_front: int | None
    joins: dict[int, Join]


async def join_new(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """Join what has just come out with what tells of the same event, in the same transaction.

    Some hundred are asked about, decided on and written down at a time, whatever is found of them.
    """
    known: dict[int, _Known] = {}
    for some in chunks(sorted(ids), _TOGETHER):
        if len(known) > _KEPT:
            known.clear()
        fresh = await _read(connection, some, now)
        known |= fresh
        new = [one for one, _ in fresh.values() if one.status is BriefingStatus.PUBLISHED]
        await stories.add_signs(connection, {one.id: signs_of(known[one.id][1]) for one in new})
        alone = {one.id for one in new if one.story_id is None}
        near = await stories.sharing_among(connection, alone, least=SIGNS_SHARED, most=_COMPARED)
        missing = {other for others in near.values() for other in others} - known.keys()
        known |= await _read(connection, missing, now)
        same = {id_: _same(known[id_], [known[one] for one in others]) for id_, others in near.items()}
        await _join_all(connection, {id_: its for id_, its in same.items() if its}, known, now)


async def alike(connection: AsyncConnection, briefing: Briefing, now: datetime) -> tuple[Alike, ...]:
    """Published briefings of these days that are like one, the likest first, joined or not."""
    mine = briefing, traits(briefing, now)
    ids = await stories.sharing(
        connection, signs_of(mine[1]), least=SIGNS_SHARED, most=_COMPARED, but=briefing.id
    )
    others = await _read(connection, ids, now)
    return tuple(_compared(mine, list(others.values())))


async def story_of(connection: AsyncConnection, briefing: Briefing) -> Story | None:
    """The story of a briefing; None when it stands alone."""
    if briefing.story_id is None:
        return None
    members = await stories.members(connection, briefing.story_id)
    in_front = (await stories.in_front(connection, [briefing.story_id])).get(briefing.story_id)
    joins = await stories.joins_of(connection, [one.id for one in members])
    return Story(briefing.story_id, members, in_front, joins)


@done_again
async def join(ids: Sequence[int], *, store: Database, now: datetime, by: Actor = PROGRAM) -> Story:
    """Say that briefings tell of the same event; the stories that they are in become one."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) < 2:
        raise InputError("one briefing is no story: name two or more")
    async with store.write() as connection:
        given = [await _briefing(connection, id_) for id_ in wanted]
        old = dict.fromkeys(one.story_id for one in given if one.story_id is not None)
        story_id = next(iter(old), None) or (await stories.open_stories(connection, 1, now))[0]
        whole = {one.id: one for one in given}
        for other in old:
            whole.update((one.id, one) for one in await stories.members(connection, other))
        for one in wanted:
            await stories.let_meet(connection, one, whole.keys() - {one})
        new = [one for one in whole.values() if one.story_id != story_id]
        if new:
            await stories.put(connection, {story_id: [Join(one.id, by.name, None, (), now) for one in new]})
        for emptied in old.keys() - {story_id}:
            await stories.remove(connection, emptied)
        if new:
            told = {"briefings": ", ".join(str(id_) for id_ in sorted(whole))}
            await note_change(connection, by, "story.join", story_id, now, after=told)
        return await _story(connection, wanted[0])


@done_again
async def split(briefing_id: int, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Briefing:
    """Say that a briefing tells of something else than the rest of its story; the rule remembers it."""
    async with store.write() as connection:
        story = await _story(connection, briefing_id)
        others = [one.id for one in story.members if one.id != briefing_id]
        await stories.keep_apart(connection, briefing_id, others, by.name, now)
        await _take_out(connection, story, briefing_id)
        told = {"briefing": briefing_id, "left": ", ".join(map(str, others))}
        await note_change(connection, by, "story.split", story.id, now, after=told)
        return await _briefing(connection, briefing_id)


async def leave(connection: AsyncConnection, briefing: Briefing) -> None:
    """Take a briefing out of its story, if it is in one, in a transaction of the caller's."""
    story = await story_of(connection, briefing)
    if story is not None:
        await _take_out(connection, story, briefing.id)


async def _take_out(connection: AsyncConnection, story: Story, briefing_id: int) -> None:
    others = [one.id for one in story.members if one.id != briefing_id]
    # one alone is no story
    await stories.take_out(connection, [briefing_id, *(others if len(others) == 1 else ())])
    if len(others) == 1:
        await stories.remove(connection, story.id)
    elif story.in_front == briefing_id:
        await stories.set_in_front(connection, story.id, None)


@done_again
async def put_in_front(briefing_id: int, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Story:
    """Let copies that hold several of a story show this one."""
    async with store.write() as connection:
        story = await _story(connection, briefing_id)
        if story.in_front != briefing_id:
            await stories.set_in_front(connection, story.id, briefing_id)
            was, told = {"in_front": story.in_front}, {"in_front": briefing_id}
            await note_change(connection, by, "story.front", story.id, now, before=was, after=told)
        return await _story(connection, briefing_id)


async def _join_all(
    connection: AsyncConnection, same: Mapping[int, Sequence[Near]], known: dict[int, _Known], now: datetime
) -> None:
    """Join new briefings with those that tell of the same event; what is read for it is known afterwards."""
    if not same:
        return
    likest = {other.id for others in same.values() for other in others}
    members = await stories.members_around(connection, {*same, *likest})
    missing = {member for its in members.values() for member in its} - known.keys()
    known |= await _read(connection, missing, now)
    apart = await stories.apart_from(connection, same)
    growing = Stories(members, {id_: its for id_, (_, its) in known.items()}, apart)
    by_story: dict[int, list[Join]] = {}
    for id_ in sorted(same):
        for one in growing.take_in(id_, same[id_]):
            join_ = Join(one.id, "", one.likeness.score, one.likeness.shared, now)
            by_story.setdefault(one.story, []).append(join_)
    begun = [story for story in by_story if story < 0]
    opened = dict(zip(begun, await stories.open_stories(connection, len(begun), now), strict=True))
    await stories.put(connection, {opened.get(story, story): its for story, its in by_story.items()})


def _same(mine: _Known, others: Sequence[_Known]) -> list[Near]:
    """Those that tell of the same event, the likest first."""
    return [Near(one.briefing.id, one.likeness) for one in _compared(mine, others) if one.likeness.is_same]


def _compared(mine: _Known, others: Sequence[_Known]) -> list[Alike]:
    """Compare a briefing with others that are public, the likest first."""
    found = [
        Alike(other, likeness(mine[1], its))
        for other, its in others
        if other.status is BriefingStatus.PUBLISHED
    ]
    return sorted(found, key=lambda one: (-one.likeness.score, one.briefing.id))


async def _read(connection: AsyncConnection, ids: Collection[int], now: datetime) -> dict[int, _Known]:
    found: dict[int, _Known] = {}
    for some in chunks(sorted(ids)):
        for one in await editing.existing(connection, some):
            found[one.id] = one, traits(one, now)
    return found


def traits(one: Briefing, now: datetime) -> Traits:
    """What a briefing is compared by."""
    day = one.source_date or (one.published_at or now).astimezone(UTC).date()
    return traits_of(one.title, one.paragraphs, day, one.language, one.source)


async def _story(connection: AsyncConnection, briefing_id: int) -> Story:
    found = await story_of(connection, await _briefing(connection, briefing_id))
    if found is None:
        raise InputError(f"briefing {briefing_id} stands alone: no other tells of the same event")
    return found


async def _briefing(connection: AsyncConnection, briefing_id: int) -> Briefing:
    found = await briefings.by_id(connection, briefing_id)
    if found is None:
        raise missing(f"briefing {briefing_id}", "briefings list")
    return found
