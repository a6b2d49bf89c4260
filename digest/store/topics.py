"""The shelf of topics."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Row, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Topic, TopicWords
from digest.store import counters
from digest.store.searching import Kind
from digest.store.tables import listings, topics
from subscribers.interning import insert_missing


async def every(connection: AsyncConnection) -> tuple[Topic, ...]:
    """All topics in the order in which mails show them."""
    rows = await connection.execute(select(topics).order_by(topics.c.position, topics.c.slug))
    return tuple(_topic_from(row) for row in rows)


async def add_missing(connection: AsyncConnection, wanted: tuple[Topic, ...]) -> None:
    """Write down the topics whose slug is not there yet."""
    await insert_missing(connection, topics, [_columns(topic) for topic in wanted])


async def add(connection: AsyncConnection, topic: Topic) -> None:
    """Write a new topic down; the caller has asked before that the slug is free."""
    await counters.pages_change(connection)
    await connection.execute(insert(topics).values(_columns(topic)))


async def save(connection: AsyncConnection, topic: Topic) -> None:
    """Write a changed topic over the old one; its slug never changes, since profiles name it."""
    await counters.pages_change(connection)
    await connection.execute(update(topics).where(topics.c.slug == topic.slug).values(_columns(topic)))


async def remove(connection: AsyncConnection, slug: str) -> None:
    """Forget a topic; briefings lose it, profiles may go on naming it without effect."""
    await counters.pages_change(connection)
    listed = and_(listings.c.kind == Kind.TOPIC, listings.c.name == slug)
    await connection.execute(delete(listings).where(listed))
    await connection.execute(delete(topics).where(topics.c.slug == slug))


async def next_position(connection: AsyncConnection) -> int:
    """The place behind the last topic."""
    last: int | None = (await connection.execute(select(func.max(topics.c.position)))).scalar()
    return 1 if last is None else last + 1


def _columns(topic: Topic) -> dict[str, Any]:
    return {
        "slug": topic.slug,
        "title": topic.title,
        "position": topic.position,
        "rules": dict(topic.rules),
        "aliases": list(topic.aliases),
        "description": topic.description,
        "translations": {tag: asdict(words) for tag, words in topic.translations.items()},
    }


def _topic_from(row: Row[Any]) -> Topic:
    return Topic(
        row.slug,
        row.title,
        row.position,
        dict(row.rules),
        tuple(row.aliases),
        row.description,
        {tag: TopicWords(**words) for tag, words in row.translations.items()},
    )
