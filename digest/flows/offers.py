"""What somebody who may subscribe is shown: the newsletters that are open, their topics, the first mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from digest.core.model import Newsletter, Topic
from digest.flows.coming import Coming
from digest.flows.preview import next_due
from digest.flows.readers import Enrolment, beginning, reach_of
from digest.flows.remembered import Remembered
from digest.store.database import Database
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes


class Offer(Struct, frozen=True):
    """What there is to subscribe to."""

    #: those that anybody may subscribe to, oldest first
    newsletters: tuple[Newsletter, ...]
    topics: tuple[Topic, ...]
    #: items a week by topic, lately, in any of the newsletters
    per_week: Mapping[str, int]

    def named(self, slugs: Sequence[str]) -> tuple[Newsletter, ...]:
        """Those of these slugs that are offered; none of a slug that is not."""
        return tuple(one for one in self.newsletters if one.slug in slugs)


class Offers:
    """Answers for all pages on which anybody may subscribe; what seldom changes is read once in a while."""

    def __init__(self, *, store: Database, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._now: Final = now
        self._remembered: Final = Remembered()

    async def open_now(self) -> Offer:
        """All that is open to sign-up now."""
        now, remembered = self._now(), self._remembered
        async with self._store.glance() as connection:
            known = await remembered.as_of_now(connection)
            opened = [one for one in await known.newsletters(connection) if one.sign_up]
            per_week: dict[str, int] = {}
            for one in opened:
                for slug, count in (await remembered.per_week(connection, one, now)).items():
                    per_week[slug] = max(count, per_week.get(slug, 0))
            return Offer(tuple(opened), await known.topics(connection), per_week)

    async def first_mail(self, newsletter: Newsletter, wishes: Wishes) -> tuple[Subscription, Coming]:
        """What somebody who began now with these wishes would be sent first; nothing is written down."""
        now = self._now()
        nobody = Enrolment("", newsletter.slug, wishes, confirmed=True, reason="")
        async with self._store.glance() as connection:
            reach = await reach_of(connection, newsletter, now)
            known = await self._remembered.as_of_now(connection)
            reader = beginning(nobody, newsletter, 0, reach, now)
            held = await known.held(connection, reader.profile, reader.bookmark, newsletter)
        return reader, Coming(next_due(reader, newsletter, known.newest, now), held)
