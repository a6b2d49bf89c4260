"""What somebody who may subscribe is shown: the newsletters that are open, their topics, the first mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.core.model import Newsletter, Topic
from digest.flows.coming import Coming, coming, items_per_week
from digest.flows.readers import Enrolment, beginning, reach_of
from digest.store import newsletters, topics
from digest.store.database import Database
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to subscribe to."""

    #: those that anybody may subscribe to, oldest first
    newsletters: tuple[Newsletter, ...]
    topics: tuple[Topic, ...]
    #: items a week by topic, lately, in any of the newsletters
    per_week: Mapping[str, int]

    def named(self, slugs: Sequence[str]) -> tuple[Newsletter, ...]:
        """Those of these slugs that are offered; none of a slug that is not."""
        return tuple(one for one in self.newsletters if one.slug in slugs)


async def offer(*, store: Database, now: datetime) -> Offer:
    """All that is open to sign-up now."""
    async with store.glance() as connection:
        opened = [one for one in await newsletters.every(connection) if one.sign_up]
        per_week: dict[str, int] = {}
        for one in opened:
            for slug, count in (await items_per_week(connection, one, now)).items():
                per_week[slug] = max(count, per_week.get(slug, 0))
        return Offer(tuple(opened), await topics.every(connection), per_week)


async def first_mail(
    newsletter: Newsletter, wishes: Wishes, *, store: Database, now: datetime
) -> tuple[Subscription, Coming]:
    """What somebody who began now with these wishes would be sent first; nothing is written down."""
    nobody = Enrolment("", newsletter.slug, wishes, confirmed=True, reason="")
    async with store.glance() as connection:
        reach = await reach_of(connection, newsletter, now)
        reader = beginning(nobody, newsletter, 0, reach, now)
        return reader, await coming(connection, reader, newsletter, now)
