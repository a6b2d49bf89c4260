"""What many pages ask the store for and what seldom changes: read once, and kept for some seconds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter, Topic
from digest.flows.coming import Held, held, items_per_week
from digest.store import newsletters, topics
from subscribers.subscription import Subscription

#: An editor who changes something sees it on the pages of readers after so long; nothing is decided by it.
KEPT_FOR: Final = timedelta(seconds=10)
#: How many items a topic has a week does not change within minutes.
COUNTS_KEPT_FOR: Final = timedelta(minutes=10)
#: Some thousand different wishes; one more forgets the oldest.
_MOST: Final = 4000

Value = TypeVar("Value")


class _Shelf(Generic[Value]):
    """Values that are good for a while."""

    def __init__(self, kept_for: timedelta) -> None:
        self._kept_for: Final = kept_for
        self._values: Final[OrderedDict[Hashable, tuple[datetime, Value]]] = OrderedDict()

    async def get(self, key: Hashable, now: datetime, read: Callable[[], Awaitable[Value]]) -> Value:
        """The value of a key, read when it is not there or too old."""
        found = self._values.get(key)
        # a clock that went back makes everything old
        if found is not None and timedelta(0) <= now - found[0] < self._kept_for:
            return found[1]
        value = await read()
        self._values[key] = now, value
        self._values.move_to_end(key)
        while len(self._values) > _MOST:
            self._values.popitem(last=False)
        return value


class Remembered:
    """For pages that show; whatever is written down is decided by what the store says then."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._newsletters: Final[_Shelf[Newsletter]] = _Shelf(KEPT_FOR)
        self._topics: Final[_Shelf[tuple[Topic, ...]]] = _Shelf(KEPT_FOR)
        self._counts: Final[_Shelf[Mapping[str, int]]] = _Shelf(COUNTS_KEPT_FOR)
        self._held: Final[_Shelf[Held]] = _Shelf(KEPT_FOR)

    async def newsletter(self, connection: AsyncConnection, newsletter_id: int, now: datetime) -> Newsletter:
        """A newsletter that exists."""
        return await self._newsletters.get(
            newsletter_id, now, lambda: newsletters.by_id(connection, newsletter_id)
        )

    async def topics(self, connection: AsyncConnection, now: datetime) -> tuple[Topic, ...]:
        """All topics in their order."""
        return await self._topics.get("", now, lambda: topics.every(connection))

    async def per_week(
        self, connection: AsyncConnection, newsletter: Newsletter, now: datetime
    ) -> Mapping[str, int]:
        """How many items a week each topic brought lately."""
        return await self._counts.get(newsletter.id, now, lambda: items_per_week(connection, newsletter, now))

    async def held(
        self,
        connection: AsyncConnection,
        reader: Subscription,
        newsletter: Newsletter,
        newest: int,
        now: datetime,
    ) -> Held:
        """What the next mail of this reader would hold."""
        key: Any = (newsletter.id, reader.profile, reader.bookmark, newest)
        return await self._held.get(
            key, now, lambda: held(connection, reader.profile, reader.bookmark, newsletter, newest)
        )
