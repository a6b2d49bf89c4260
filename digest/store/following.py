"""How many readers follow each topic: counted by group, since readers who want the same share one."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.tables import groups, profiles, subscriptions


class Following(NamedTuple):
    """Active readers of topics."""

    #: who follow all topics, those of the future included
    all_topics: int
    #: who chose this one among others, by slug
    by_slug: Counter[str]

    def of(self, slug: str) -> int:
        """How many get items under a topic."""
        return self.all_topics + self.by_slug[slug]


async def following(connection: AsyncConnection) -> Following:
    """Count them: one walk along the index of groups, so its answer is worth keeping for a while."""
    sizes = (
        select(subscriptions.c.group_id, func.count().label("size"))
        .group_by(subscriptions.c.group_id)
        .subquery()
    )
    query = (
        select(groups.c.profile_id, func.sum(sizes.c.size).label("size"))
        .join(sizes, sizes.c.group_id == groups.c.id)
        .where(groups.c.is_active)
        .group_by(groups.c.profile_id)
    )
    by_profile = {row.profile_id: int(row.size) for row in await connection.execute(query)}
    all_topics, by_slug = 0, Counter[str]()
    for row in await connection.execute(select(profiles.c.id, profiles.c.topics)):
        size = by_profile.get(row.id, 0)
        if row.topics is None:
            all_topics += size
        else:
            by_slug.update(dict.fromkeys(row.topics, size))
    return Following(all_topics, by_slug)
