"""What the next mail of a reader would be, if it were made now: shown before a choice is saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter
from digest.core.selection import Selector
from digest.flows.preview import next_due
from digest.flows.publish import rules_of
from digest.store import counters, numbered
from subscribers.model import Bookmark, Profile
from subscribers.subscription import Subscription

#: As many titles are named; the others are counted.
TITLES_SHOWN: Final = 5
#: "Lately", for how much a topic brings in a week.
LATELY: Final = timedelta(weeks=4)


class Title(Struct, frozen=True):
    """A headline, the language that it is in, and the number of its item."""

    said: str
    language: str
    number: int


class Held(Struct, frozen=True):
    """What a mail would hold if it were made now: the same for all who want the same and are equally far."""

    items: int
    #: how many would wait for the mail after it
    waiting: int
    #: the first of the items, in reading order
    titles: tuple[Title, ...]


class Coming(Struct, frozen=True):
    """The next mail as it would be."""

    #: None when it comes with the news, or when none will come
    due_at: datetime | None
    held: Held


async def coming(
    connection: AsyncConnection, reader: Subscription, newsletter: Newsletter, now: datetime
) -> Coming:
    """The mail that this subscription would bring next; changes nothing."""
    newest = await counters.newest_number(connection)
    found = await held(connection, reader.profile, reader.bookmark, newsletter, newest)
    return Coming(next_due(reader, newsletter, newest, now), found)


async def held(
    connection: AsyncConnection, profile: Profile, bookmark: Bookmark, newsletter: Newsletter, newest: int
) -> Held:
    """What a mail for these wishes would hold, `newest` being the last number published."""
    owed = set(bookmark.deferred)
    candidates = await numbered.candidates(connection, after=bookmark.cut, upto=newest, also=owed)
    selector = Selector(candidates, await rules_of(connection, newsletter))
    selection = selector.regular(profile, bookmark, newest)
    first = selection.numbers[:TITLES_SHOWN]
    texts = await numbered.by_numbers(connection, await numbered.current_revisions(connection, first))
    return Held(
        items=len(selection.numbers),
        waiting=len(selection.deferred),
        titles=tuple(Title(texts[number].title, texts[number].language, number) for number in first),
    )


async def items_per_week(
    connection: AsyncConnection, newsletter: Newsletter, now: datetime
) -> Mapping[str, int]:
    """How many items a week each topic brought lately, rounded up; topics that brought none are left out."""
    after = await numbered.newest_published_before(connection, now - LATELY)
    counts = await numbered.counts_by_topic(connection, after=after, sections=newsletter.sections)
    weeks = LATELY // timedelta(weeks=1)
    return {slug: -(-count // weeks) for slug, count in counts.items()}
