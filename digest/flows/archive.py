"""The public archive: what a newsletter has published, by days, item by item, by topic, source and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.editions import Month, day_span, local_day, month_span
from digest.core.model import Archive, BriefingStatus, Candidate, Newsletter, Topic, TopicGroup
from digest.core.seeking import Wanted, wanted
from digest.core.selection import Rules, Selector
from digest.flows.beside import told_beside
from digest.store import archive, counters, newsletters, searching, topics
from digest.store.archive import Shown
from digest.store.database import Database
from digest.store.searching import Kind, Where
from subscribers.model import Bookmark, Profile

#: Items on one page of a long list.
PAGE: Final = 20
#: Items of an edition on one page: a day seldom has more.
OF_A_DAY: Final = 60
#: Topics named beside an edition in a list.
_TOPICS_NAMED: Final = 3
_BEYOND_ALL: Final = 2**31 - 1


class Desk(Struct, frozen=True):
    """A newsletter whose archive is open, and what is known of topics."""

    newsletter: Newsletter
    #: in the order of the mails
    topics: tuple[Topic, ...]


class Line(Struct, frozen=True):
    """An edition in a list."""

    day: date
    count: int
    lead: Shown
    #: slugs of those that most of it is about
    topics: tuple[str, ...]


class Editions(Struct, frozen=True):
    """The editions of a month, the newest first, and where others are."""

    desk: Desk
    month: Month
    lines: tuple[Line, ...]
    older: Month | None
    newer: Month | None


class Edition(Struct, frozen=True):
    """One page of what was published on a day, in reading order."""

    desk: Desk
    day: date
    groups: tuple[TopicGroup, ...]
    items: Mapping[int, Shown]
    #: of the whole day
    count: int
    page: int
    pages: int
    older: date | None
    newer: date | None


class Single(Struct, frozen=True):
    """One item, and those published before and after it."""

    desk: Desk
    shown: Shown
    older: Shown | None
    newer: Shown | None


class Withdrawn(Struct, frozen=True):
    """An item that was taken back: nothing of it is shown."""

    desk: Desk


class Listing(Struct, frozen=True):
    """Some items of a long list, the newest first; `older` and `newer` are numbers to go on from."""

    desk: Desk
    items: tuple[Shown, ...]
    older: int | None = None
    newer: int | None = None


class Findings(Struct, frozen=True):
    """What was found for a question."""

    desk: Desk
    wanted: Wanted
    items: tuple[Shown, ...]
    #: from where the next page goes on: in titles or beyond, below which number
    following: tuple[Where, int] | None
    #: topics to look at instead
    topics: tuple[Topic, ...]


async def version(*, store: Database) -> int:
    """Another number whenever public pages may differ."""
    async with store.glance() as connection:
        return await counters.pages_changed(connection)


async def open_newsletters(*, store: Database) -> tuple[Newsletter, ...]:
    """The newsletters with a public archive, the oldest first."""
    async with store.read() as connection:
        every = await newsletters.every(connection)
    return tuple(one for one in every if one.archive is not Archive.NONE)


async def editions(slug: str, month: Month | None, *, store: Database, zone: str) -> Editions | Desk | None:
    """The editions of a month, or (None) of the newest; the desk alone when there is none at all."""
    async with store.read() as connection:
        desk = await _desk(connection, slug)
        if desk is None:
            return None
        sections = desk.newsletter.sections
        if month is None:
            last = await archive.last_before(connection, sections)
            if last is None:
                return desk
            month = _month_of(last, zone)
        bounds = month_span(month, zone)
        lines = await _lines(connection, desk, month.days, zone)
        if not lines:
            return None
        before = await archive.last_before(connection, sections, bounds.first)
        after = await archive.first_since(connection, sections, bounds.last)
        return Editions(
            desk,
            month,
            lines,
            older=None if before is None else _month_of(before, zone),
            newer=None if after is None else _month_of(after, zone),
        )


async def newest_editions(
    slug: str, count: int, *, store: Database, zone: str
) -> tuple[Desk, tuple[Line, ...]] | None:
    """The newest editions of a newsletter, the newest first."""
    async with store.read() as connection:
        desk = await _desk(connection, slug)
        if desk is None:
            return None
        days: list[date] = []
        last = await archive.last_before(connection, desk.newsletter.sections)
        while last is not None and len(days) < count:
            days.append(local_day(last, zone))
            bounds = day_span(days[-1], zone)
            last = await archive.last_before(connection, desk.newsletter.sections, bounds.first)
        return desk, await _lines(connection, desk, days, zone)


async def edition(slug: str, day: date, page: int, *, store: Database, zone: str) -> Edition | None:
    """What was published on a day; None when that is nothing, or the day has no such page."""
    async with store.read() as connection:
        desk = await _desk(connection, slug)
        if desk is None:
            return None
        sections, bounds = desk.newsletter.sections, day_span(day, zone)
        groups = _groups(desk, await archive.between(connection, sections, bounds))
        ordered = [(group.topic, number) for group in groups for number in group.numbers]
        on_page = ordered[(page - 1) * OF_A_DAY : page * OF_A_DAY]
        if not on_page:
            return None
        before = await archive.last_before(connection, sections, bounds.first)
        after = await archive.first_since(connection, sections, bounds.last)
        return Edition(
            desk,
            day,
            _regrouped(on_page),
            await archive.whole(connection, [number for _topic, number in on_page]),
            count=len(ordered),
            page=page,
            pages=-(-len(ordered) // OF_A_DAY),
            older=None if before is None else local_day(before, zone),
            newer=None if after is None else local_day(after, zone),
        )


async def single(slug: str, number: int, *, store: Database, zone: str = "UTC") -> Single | Withdrawn | None:
    """One item of those that the newsletter carries, with its story; days are those of a zone."""
    async with store.glance() as connection:
        desk = await _desk(connection, slug)
        if desk is None or not 0 < number <= _BEYOND_ALL:
            return None
        sections = desk.newsletter.sections
        below = await archive.older(connection, sections, number)
        above = await archive.newer(connection, sections, number)
        found = await archive.whole(connection, [number, *below, *above])
        if number not in found or found[number].briefing.section not in sections:
            return None
        if found[number].briefing.status is not BriefingStatus.PUBLISHED:
            return Withdrawn(desk)
        mine = found[number]._replace(
            briefing=await told_beside(connection, found[number].briefing, desk.newsletter, zone)
        )
        return Single(desk, mine, *(found[side[0]] if side else None for side in (below, above)))


async def newest(slug: str, count: int, *, store: Database) -> Listing | None:
    """The newest items of a newsletter."""
    async with store.read() as connection:
        desk = await _desk(connection, slug)
        if desk is None:
            return None
        numbers = await archive.older(connection, desk.newsletter.sections, _BEYOND_ALL, count)
        return Listing(desk, await _in_order(connection, numbers))


async def listing(
    slug: str,
    kind: Kind,
    name: str,
    *,
    before: int | None = None,
    after: int | None = None,
    count: int = PAGE,
    store: Database,
) -> Listing | None:
    """The items under a topic or from a source; None when there is no such topic, or nothing from there."""
    async with store.read() as connection:
        desk = await _desk(connection, slug)
        if desk is None:
            return None
        key = name if kind is Kind.TOPIC else searching.source_name(name)
        sections = desk.newsletter.sections
        numbers = await archive.listed(
            connection, kind, key, sections, before=before, after=after, count=count + 1
        )
        if not numbers and (kind is Kind.SOURCE or before or after or name not in _slugs(desk)):
            return None
        more = len(numbers) > count
        shown = numbers[:count]
        older = shown[-1] if more else None
        newer = shown[0] if before is not None else None
        if after is not None:
            # who comes from below finds the one too many above, and what was seen before below
            shown = numbers[-count:]
            older, newer = shown[-1], shown[0] if more else None
        return Listing(desk, await _in_order(connection, shown), older=older, newer=newer)


async def search(
    slug: str, question: str, after: tuple[Where, int] | None, *, store: Database
) -> Findings | None:
    """Items in which all that is asked for stands: first those that have it in their titles, each the newest
    first.
    """
    async with store.read() as connection:
        desk = await _desk(connection, slug)
        if desk is None:
            return None
        asked = wanted(question, await searching.stemmers_in_use(connection))
        where, below = after or (Where.TITLE, _BEYOND_ALL)
        found: list[tuple[Where, int]] = []
        for part in list(Where)[list(Where).index(where) :]:
            numbers = await searching.find(
                connection,
                asked,
                part,
                sections=desk.newsletter.sections,
                titles_only=desk.newsletter.archive is Archive.TITLES,
                before=below if part is where else _BEYOND_ALL,
                count=PAGE + 1 - len(found),
            )
            found += [(part, number) for number in numbers]
            if len(found) > PAGE:
                break
        on_page = found[:PAGE]
        in_use = frozenset() if on_page else await archive.topics_in_use(connection, desk.newsletter.sections)
        return Findings(
            desk,
            asked,
            await _in_order(connection, [number for _part, number in on_page]),
            following=on_page[-1] if len(found) > PAGE else None,
            topics=tuple(topic for topic in desk.topics if topic.slug in in_use),
        )


async def topics_of(desk: Desk, *, store: Database) -> tuple[Topic, ...]:
    """The topics under which a newsletter has something."""
    async with store.read() as connection:
        in_use = await archive.topics_in_use(connection, desk.newsletter.sections)
    return tuple(topic for topic in desk.topics if topic.slug in in_use)


async def addresses(count: int, *, store: Database) -> list[tuple[str, datetime | None]]:
    """The newest addresses under the archive, each with when it was last changed: newsletters, then items."""
    async with store.read() as connection:
        every = [one for one in await newsletters.every(connection) if one.archive is not Archive.NONE]
        found: list[tuple[str, datetime | None]] = [(one.slug, None) for one in every]
        for one in every:
            entries = await archive.newest_entries(connection, one.sections, count // len(every))
            found += [(f"{one.slug}/items/{entry.number}", max(entry[1:])) for entry in entries]
    return found


async def _desk(connection: AsyncConnection, slug: str) -> Desk | None:
    newsletter = await newsletters.by_slug(connection, slug)
    if newsletter is None or newsletter.archive is Archive.NONE:
        return None
    return Desk(newsletter, await topics.every(connection))


def _slugs(desk: Desk) -> frozenset[str]:
    return frozenset(topic.slug for topic in desk.topics)


async def _in_order(connection: AsyncConnection, numbers: Sequence[int]) -> tuple[Shown, ...]:
    found = await archive.whole(connection, numbers)
    return tuple(found[number] for number in numbers)


async def _lines(
    connection: AsyncConnection, desk: Desk, days: Iterable[date], zone: str
) -> tuple[Line, ...]:
    """The editions of some days, the newest first."""
    spans = {day: day_span(day, zone) for day in days}
    found = await archive.days(connection, desk.newsletter.sections, spans)
    shown = await archive.whole(connection, [one.lead for one in found])
    return tuple(
        Line(one.day, one.count, shown[one.lead], _named(one.topics, desk))
        for one in sorted(found, reverse=True, key=lambda one: one.day)
    )


def _groups(desk: Desk, items: Sequence[Candidate]) -> tuple[TopicGroup, ...]:
    """What a reader who wants everything would get of these items in one mail."""
    rules = Rules(desk.newsletter.sections, None, tuple(topic.slug for topic in desk.topics))
    upto = max((one.number for one in items), default=0)
    return Selector(items, rules).regular(Profile(), Bookmark(), upto).groups


def _named(sizes: Mapping[str, int], desk: Desk) -> tuple[str, ...]:
    """The topics with most items, in the order in which they are read."""
    largest = sorted(sizes, key=lambda slug: (-sizes[slug], slug))[:_TOPICS_NAMED]
    return tuple(topic.slug for topic in desk.topics if topic.slug in largest)


def _regrouped(ordered: Sequence[tuple[str, int]]) -> tuple[TopicGroup, ...]:
    by_topic: dict[str, list[int]] = {}
    for topic, number in ordered:
        by_topic.setdefault(topic, []).append(number)
    return tuple(TopicGroup(topic, tuple(numbers)) for topic, numbers in by_topic.items())


def _month_of(instant: datetime, zone: str) -> Month:
    day = local_day(instant, zone)
    return Month(day.year, day.month)
