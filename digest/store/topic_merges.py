"""Where a topic is named by its slug, and another one shall be named in its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import and_, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.audience import with_topic_renamed
from digest.store.feed_tables import feeds
from digest.store.one_off_tables import OrderStatus, orders
from digest.store.searching import Kind
from digest.store.tables import briefing_topics, listings, newsletters, notices
from subscribers.interning import chunks


async def retopic_briefings(connection: AsyncConnection, slug: str, instead: str) -> int:
    """Put all briefings of a topic under another one; each keeps the reason. How many had the topic."""
    mine, listed = briefing_topics.c, listings.c
    had: int = (await connection.execute(select(func.count()).where(mine.slug == slug))).scalar_one()
    both = select(mine.briefing_id).where(mine.slug == instead)
    await connection.execute(delete(briefing_topics).where(mine.slug == slug, mine.briefing_id.in_(both)))
    await connection.execute(update(briefing_topics).where(mine.slug == slug).values(slug=instead))
    here, there = (and_(listed.kind == Kind.TOPIC, listed.name == name) for name in (slug, instead))
    twice = select(listed.number).where(there)
    await connection.execute(delete(listings).where(here, listed.number.in_(twice)))
    await connection.execute(update(listings).where(here).values(name=instead))
    return had


async def name_instead(connection: AsyncConnection, slug: str, instead: str) -> None:
    """Name it in what feeds give, what new readers begin with, and one-offs that wait for their time."""
    for feed in await connection.execute(select(feeds.c.id, feeds.c.topics)):
        if slug in feed.topics:
            query = update(feeds).where(feeds.c.id == feed.id)
            await connection.execute(query.values(topics=_instead(feed.topics, slug, instead)))
    for one in await connection.execute(select(newsletters.c.id, newsletters.c.first_wishes)):
        words = re.split(r"[,;\s]+", one.first_wishes.get("topics", ""))
        if slug in words:
            first = {**one.first_wishes, "topics": ",".join(_instead(words, slug, instead))}
            query = update(newsletters).where(newsletters.c.id == one.id)
            await connection.execute(query.values(first_wishes=first))
    waiting = select(orders.c.id, orders.c.wish).where(orders.c.status == OrderStatus.WAITING)
    for order in await connection.execute(waiting.with_for_update()):
        audience = with_topic_renamed(order.wish["audience"], slug, instead)
        wish = {**order.wish, "topics": _instead(order.wish["topics"], slug, instead), "audience": audience}
        if wish != order.wish:
            await connection.execute(update(orders).where(orders.c.id == order.id).values(wish=wish))


async def ask_instead(connection: AsyncConnection, profile_ids: Mapping[int, int]) -> None:
    """Let what was asked for, and is not confirmed yet, be these profiles in the place of those."""
    mine = notices.c.profile_id
    for some in chunks(sorted(profile_ids), 400):
        other = case({old: profile_ids[old] for old in some}, value=mine)
        await connection.execute(update(notices).where(mine.in_(some)).values(profile_id=other))


def _instead(names: Collection[str], slug: str, instead: str) -> Sequence[str]:
    return list(dict.fromkeys(instead if name == slug else name for name in names))
