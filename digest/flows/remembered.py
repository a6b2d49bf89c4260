"""What many pages ask the store for and what seldom changes: read once, and forgotten when it has changed.

Whatever writes down what readers may be shown counts that in the same transaction, in whatever process it
is: pages by which nothing is decided may keep what they read for as long as that count stands still.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter, Selection, Topic
from digest.core.selection import Rules, Selector
from digest.flows.coming import TITLES_SHOWN, Held, Title, held, items_per_week
from digest.store import counters, newsletters, numbered, topics
from subscribers.model import Bookmark, Profile

#: How many items a topic has a week does not change within minutes.
COUNTS_KEPT_FOR: Final = timedelta(minutes=10)
#: Some thousand different wishes; one more forgets the oldest.
_MOST: Final = 4000
#: Who is further behind than so many briefings is looked at alone.
_MOST_KNOWN: Final = 5000

Value = TypeVar("Value")


class _Shelf(Generic[Value]):
    """Some values; one too many forgets the oldest."""

    def __init__(self) -> None:
        self._values: Final[OrderedDict[Hashable, Value]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> Value:
        self._values[key] = value
        if len(self._values) > _MOST:
            self._values.popitem(last=False)
        return value


class Known:
    """What was found out since the last change of anything that pages may show."""

    def __init__(self, news: counters.News) -> None:
        """Know nothing yet."""
        #: the number of the newest published briefing
        self.newest: Final = news.newest
        self._newsletters: tuple[Newsletter, ...] | None = None
        self._topics: tuple[Topic, ...] | None = None
        self._titles: Final[dict[int, Title]] = {}
        self._held: Final[_Shelf[Held]] = _Shelf()
        self._deciding: Final[dict[int, _Deciding]] = {}

    async def newsletters(self, connection: AsyncConnection) -> tuple[Newsletter, ...]:
        """All newsletters, oldest first."""
        if self._newsletters is None:
            self._newsletters = await newsletters.every(connection)
        return self._newsletters

    async def newsletter(self, connection: AsyncConnection, newsletter_id: int) -> Newsletter:
        """One that exists."""
        return next(one for one in await self.newsletters(connection) if one.id == newsletter_id)

    async def topics(self, connection: AsyncConnection) -> tuple[Topic, ...]:
        """All topics in their order."""
        if self._topics is None:
            self._topics = await topics.every(connection)
        return self._topics

    async def held(
        self, connection: AsyncConnection, profile: Profile, bookmark: Bookmark, newsletter: Newsletter
    ) -> Held:
        """What the next mail for these wishes would hold; as `flows.coming.held` says."""
        key = newsletter.id, profile, bookmark
        return self._held.get(key) or self._held.put(
            key, await self._decide(connection, profile, bookmark, newsletter)
        )

    async def _decide(
        self, connection: AsyncConnection, profile: Profile, bookmark: Bookmark, newsletter: Newsletter
    ) -> Held:
        if self.newest - bookmark.cut > _MOST_KNOWN:
            return await held(connection, profile, bookmark, newsletter, self.newest)
        deciding = self._deciding.get(newsletter.id)
        if deciding is None or deciding.asked >= _MOST:
            order = tuple(topic.slug for topic in await self.topics(connection))
            rules = Rules(newsletter.sections, newsletter.max_items, order)
            deciding = self._deciding[newsletter.id] = _Deciding(rules, self.newest)
        selection = await deciding.decide(connection, profile, bookmark)
        if selection is None:
            return await held(connection, profile, bookmark, newsletter, self.newest)
        return Held(
            items=len(selection.numbers),
            waiting=len(selection.deferred),
            titles=await self._titles_of(connection, selection.numbers[:TITLES_SHOWN]),
        )

    async def _titles_of(self, connection: AsyncConnection, numbers: Sequence[int]) -> tuple[Title, ...]:
        missing = [number for number in numbers if number not in self._titles]
        if missing:
            revisions = await numbered.current_revisions(connection, missing)
            texts = await numbered.by_numbers(connection, revisions)
            self._titles.update(
                (number, Title(one.title, one.language, number)) for number, one in texts.items()
            )
        return tuple(self._titles[number] for number in numbers)


class _Deciding:
    """What one newsletter's readers are owed, by their bookmarks; briefings are read once for all of them."""

    def __init__(self, rules: Rules, newest: int) -> None:
        #: how many questions were answered; what they were about is kept
        self.asked = 0
        self._selector: Final = Selector((), rules)
        self._newest: Final = newest
        #: all above this number are known
        self._from = newest
        self._known: Final[set[int]] = set()

    async def decide(
        self, connection: AsyncConnection, profile: Profile, bookmark: Bookmark
    ) -> Selection | None:
        """None when something has changed meanwhile."""
        self.asked += 1
        before = set(bookmark.deferred) - self._known
        if bookmark.cut < self._from or before:
            after = min(bookmark.cut, self._from)
            found = await numbered.candidates(connection, after=after, upto=self._from, also=before)
            if not self._selector.learn(found):
                return None
            self._known.update(one.number for one in found)
            self._from = min(after, self._from)
        return self._selector.regular(profile, bookmark, self._newest)


class Remembered:
    """For pages that show; whatever is written down is decided by what the store says then."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._news: counters.News | None = None
        self._known: Known | None = None
        self._counts: Final[_Shelf[tuple[datetime, Mapping[str, int]]]] = _Shelf()

    async def as_of_now(self, connection: AsyncConnection) -> Known:
        """What is known of the store as this transaction sees it.

        Who was here before a change goes on with what was known then, and nobody else does.
        """
        news = await counters.news(connection)
        if self._known is None or news != self._news:
            self._news, self._known = news, Known(news)
        return self._known

    async def per_week(
        self, connection: AsyncConnection, newsletter: Newsletter, now: datetime
    ) -> Mapping[str, int]:
        """How many items a week each topic brought lately; as it was some minutes ago at most."""
        found = self._counts.get(newsletter.id)
        # a clock that went back makes everything old
        if found is None or not timedelta(0) <= now - found[0] < COUNTS_KEPT_FOR:
            counts = await items_per_week(connection, newsletter, now)
            found = self._counts.put(newsletter.id, (now, counts))
        return found[1]
