"""The newsroom in numbers: readers by topic and hour, who came and went, what was found useful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.growth import DayOfReaders, days_of_readers, reasons_for_leaving
from digest.core.model import DeliveryStatus
from digest.flows.by_link import UNDO_WITHIN
from digest.flows.counting import REACH
from digest.store import clicks, newsletters, numbered, opinions, provider_figures, topics
from digest.store.database import Database
from subscribers import figures
from subscribers.figures import Following
from subscribers.model import Section

#: Three months of days, and a month of items.
DAYS: Final = 90
_ITEM_DAYS: Final = 30
#: Items of which clicks are told; the page has the first of them.
_CLICKED: Final = 200


class TopicFigures(Struct, frozen=True):
    """A topic: who follows it, and what it brought lately."""

    slug: str
    title: str
    readers: int
    items: int


class ItemFigures(Struct, frozen=True):
    """What readers said of an item."""

    briefing_id: int
    title: str
    useful: int
    not_useful: int


class ClickFigures(Struct, frozen=True):
    """How often an item was opened from a mail."""

    briefing_id: int
    title: str
    clicks: int


class FamilyFigures(Struct, frozen=True):
    """What became of the copies to mailboxes of one provider."""

    family: str
    #: by status
    copies: Mapping[str, int]

    @property
    def tried(self) -> int:
        """Copies that a server was to take; those skipped before are not of its doing."""
        return sum(count for status, count in self.copies.items() if status != DeliveryStatus.SKIPPED)

    @property
    def failed(self) -> int:
        """Copies that were refused, or given up after many tries."""
        return self.copies.get(DeliveryStatus.REFUSED, 0) + self.copies.get(DeliveryStatus.EXPIRED, 0)


class Numbers(Struct, frozen=True):
    """All figures of one moment. Readers are subscriptions: who reads two newsletters counts twice."""

    at: datetime
    readers: int
    days: tuple[DayOfReaders, ...]
    topics: tuple[TopicFigures, ...]
    #: readers by the hour of their mails, in their own zones; those at once are counted apart
    hours: tuple[int, ...]
    at_once: int
    languages: Mapping[str, int]
    formats: Mapping[str, int]
    leavings: Mapping[str, int]
    feedback: tuple[ItemFigures, ...]
    #: of issues that are settled, most copies first
    families: tuple[FamilyFigures, ...]
    #: of newsletters that count, most first
    clicks: tuple[ClickFigures, ...]


async def numbers(*, store: Database, now: datetime) -> Numbers:
    """Count everything anew: some tenths of a second with a million readers."""
    since = now - timedelta(days=DAYS)
    async with store.read() as connection:
        wanted = await figures.wanted(connection)
        cadences = await figures.every_cadence(connection)
        profiles = await figures.every_profile(connection)
        moves = await figures.moves_since(connection, since)
        leavings = Counter(await figures.leavings_since(connection, since))
        undone = await figures.undone_since(connection, since, UNDO_WITHIN)
        leavings.subtract(one.reason for one in undone if one.left_at >= since)
        moves = (*moves, *(move for one in undone for move in one.moves))
        hours, languages, formats = Counter[int](), Counter[str](), Counter[str]()
        at_once = 0
        for one in wanted:
            profile, cadence = profiles[one.profile_id], cadences[one.cadence_id]
            languages[profile.language] += one.readers
            formats[str(profile.format)] += one.readers
            if cadence.at_once:
                at_once += one.readers
            else:
                hours[cadence.at.hour] += one.readers
        return Numbers(
            at=now,
            readers=sum(one.readers for one in wanted),
            days=days_of_readers(moves, since.date(), now.date()),
            topics=await _topics(connection, figures.followed_by(wanted, profiles), now),
            hours=tuple(hours[hour] for hour in range(24)),
            at_once=at_once,
            languages=dict(languages.most_common()),
            formats=dict(formats.most_common()),
            leavings=reasons_for_leaving(+leavings),
            feedback=await _feedback(connection, now),
            clicks=await _clicks(connection, now),
            families=tuple(
                FamilyFigures(family, copies)
                for family, copies in (await provider_figures.since(connection, now - REACH)).items()
            ),
        )


async def _topics(
    connection: AsyncConnection, following: Following, now: datetime
) -> tuple[TopicFigures, ...]:
    after = await numbered.newest_published_before(connection, now - timedelta(days=_ITEM_DAYS))
    items = await numbered.counts_by_topic(connection, after=after, sections=list(Section))
    return tuple(
        TopicFigures(one.slug, one.title, following.of(one.slug), items.get(one.slug, 0))
        for one in await topics.every(connection)
    )


async def _clicks(connection: AsyncConnection, now: datetime) -> tuple[ClickFigures, ...]:
    found = await clicks.since(connection, now - timedelta(days=_ITEM_DAYS))
    first = dict(list(found.items())[:_CLICKED])
    items = await numbered.newest_of(connection, first.keys())
    return tuple(
        ClickFigures(items[number].id, items[number].title, count)
        for number, count in first.items()
        if number in items
    )


async def _feedback(connection: AsyncConnection, now: datetime) -> tuple[ItemFigures, ...]:
    asked = any(one.feedback for one in await newsletters.every(connection))
    after = await numbered.newest_published_before(connection, now - timedelta(days=_ITEM_DAYS))
    said = await opinions.tallies(connection, after=after) if asked else {}
    items = await numbered.newest_of(connection, said.keys())
    found = [
        ItemFigures(items[number].id, items[number].title, tally.useful, tally.not_useful)
        for number, tally in said.items()
        if number in items
    ]
    return tuple(sorted(found, key=lambda one: (-one.useful - one.not_useful, one.briefing_id))[:20])
