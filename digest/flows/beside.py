"""What an issue names beside its items: who else reports the same, and what was told of it before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.model import Beside, Briefing, Issue, Newsletter
from digest.core.telling_once import Pin
from digest.store import beside, numbered, stories
from subscribers.model import Cadence

#: Larger than any publication number.
_ALL: Final = 2**31 - 1


async def beside_now(
    connection: AsyncConnection,
    issue: Issue,
    newsletter: Newsletter,
    cadence: Cadence | None,
    numbers: Collection[int],
    *,
    upto: int,
) -> tuple[Pin, ...]:
    """What an issue that is planned now, over all numbers up to one, names beside each of these.

    It depends on the issue alone, not on the reader, so a preview names the same.
    """
    mine = await stories.story_ids(connection, numbers)
    members = await stories.public_members(connection, set(mine.values()), upto=upto)
    carried = {
        story: [one for one in its if one.section in newsletter.sections] for story, its in members.items()
    }
    since = await _since(connection, issue, cadence) if mine else None
    return tuple(
        Pin(number, other.number, other.revision, _is_earlier(other, by_number[number], since))
        for number, story in sorted(mine.items())
        if number in (by_number := {one.number or 0: one for one in carried.get(story, ())})
        for other in by_number.values()
        if other.number is not None and other.number != number
    )


async def named_beside(connection: AsyncConnection, pins: Sequence[Pin]) -> dict[int, tuple[Beside, ...]]:
    """What stands beside each number, in the words of the revisions that are pinned."""
    texts = await numbered.by_numbers(connection, {one.beside: one.revision for one in pins})
    found: dict[int, list[Beside]] = {}
    for one in pins:
        text = texts.get(one.beside)
        if text is not None and text.published_at is not None:
            found.setdefault(one.number, []).append(beside_from(text, is_earlier=one.is_earlier))
    return {number: tuple(its) for number, its in found.items()}


async def told_beside(
    connection: AsyncConnection, one: Briefing, newsletter: Newsletter, zone: str
) -> Briefing:
    """A published briefing with all that is public now of its story, for a page that belongs to no issue.

    Those of an earlier day in the zone are what it follows up.
    """
    if one.story_id is None or one.published_at is None:
        return one
    day = timetable.local_day(one.published_at, zone)
    members = await stories.public_members(connection, [one.story_id], upto=_ALL)
    others = [
        other
        for other in members.get(one.story_id, ())
        if other.id != one.id and other.section in newsletter.sections and other.published_at is not None
    ]
    beside_it = tuple(
        beside_from(other, is_earlier=timetable.local_day(other.published_at, zone) < day)
        for other in others
        if other.published_at is not None
    )
    return replace(one, beside=beside_it)


def beside_from(told: Briefing, *, is_earlier: bool) -> Beside:
    """A published briefing as it is named beside another one."""
    assert told.number is not None
    assert told.published_at is not None
    return Beside(
        *(told.number, told.title, told.source, told.url, told.language, told.published_at, is_earlier)
    )


async def with_beside(
    connection: AsyncConnection, items: Mapping[int, Briefing], pins: Sequence[Pin]
) -> dict[int, Briefing]:
    """Items by number, with what stands beside them."""
    named = await named_beside(connection, pins)
    return {number: replace(item, beside=named.get(number, ())) for number, item in items.items()}


def _is_earlier(other: Briefing, mine: Briefing, since: datetime | None) -> bool:
    """True when a telling came out for an issue before, and before the item itself."""
    assert other.published_at is not None
    assert mine.published_at is not None
    return since is not None and other.published_at < mine.published_at and other.published_at <= since


async def _since(connection: AsyncConnection, issue: Issue, cadence: Cadence | None) -> datetime | None:
    """What came out before this instant was told by issues before; None when there were none."""
    if cadence is None:
        return timetable.start_of_day(timetable.local_day(issue.due_at, issue.zone), issue.zone)
    return await beside.last_planned(connection, issue.newsletter_id, cadence, issue.due_at)
