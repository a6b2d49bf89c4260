"""What editors do with topics: add, change, order and remove them, and try rules out on past briefings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.model import GENERAL, Briefing, BriefingStatus, Topic
from digest.core.topic_words import retold
from digest.errors import InputError, missing
from digest.flows.shown import topic_shown
from digest.ingest.topics import TopicRules
from digest.store import editing
from digest.store import topics as shelf
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database

#: Rules are tried out on so many of the newest briefings.
TRIED_ON: Final = 500


class TopicEdit(Struct, frozen=True):
    """What shall be changed; None leaves it as it is."""

    title: str | None = None
    rules: Mapping[str, int] | None = None
    position: int | None = None
    aliases: tuple[str, ...] | None = None
    description: str | None = None
    #: in other languages, by tag; those that are not named stay, an empty title takes one away
    titles_in: Mapping[str, str] = field(default_factory=dict)
    descriptions_in: Mapping[str, str] = field(default_factory=dict)

    def of(self, topic: Topic) -> Topic:
        """The topic as it is wanted; raises InputError for words that cannot stand."""
        names = ("title", "rules", "position", "aliases", "description")
        said = {name: value for name in names if (value := getattr(self, name)) is not None}
        translations = retold(topic.translations, self.titles_in, self.descriptions_in)
        return replace(topic, **said, translations=translations)


class TryOut(Struct, frozen=True):
    """What rules would do to past briefings, against those of today."""

    #: how many briefings were looked at
    looked_at: int
    #: those that would have the topic, the newest first
    matches: tuple[Briefing, ...]
    #: those of them that today's rules do not give it
    gained: tuple[Briefing, ...]
    #: those that today's rules give it, and these would not
    lost: tuple[Briefing, ...]


@done_again
async def add_topic(
    new: Topic, *, store: Database, now: datetime, by: Actor = PROGRAM, last: bool = True
) -> Topic:
    """Add a topic, behind the others unless `last` is False; what comes in from now on may get it."""
    async with store.write() as connection:
        known = await shelf.every(connection)
        if new.slug in {topic.slug for topic in known}:
            raise InputError(
                f"topic {new.slug!r} exists already", at_shell="change it with digest topics edit"
            )
        placed = replace(new, position=await shelf.next_position(connection)) if last else new
        # refuses a name that another topic has
        TopicRules([*known, placed])
        await shelf.add(connection, placed)
        await note_change(connection, by, "topic.add", placed.slug, now, after=told(placed))
        return placed


@done_again
async def edit_topic(
    slug: str, wish: TopicEdit, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Topic:
    """Change a topic; its slug stays, since readers' wishes name it."""
    async with store.write() as connection:
        known = await _by_slug(connection)
        before = known_topic(slug, known)
        after = wish.of(before)
        TopicRules(list({**known, slug: after}.values()))
        if after != before:
            await shelf.save(connection, after)
            was, now_is = told(before), told(after)
            await note_change(connection, by, "topic.edit", slug, now, before=was, after=now_is)
        return after


@done_again
async def order_topics(
    slugs: Sequence[str], *, store: Database, now: datetime, by: Actor = PROGRAM
) -> tuple[Topic, ...]:
    """Put the topics in this order; one that is not named comes behind the others, in the order of today."""
    async with store.write() as connection:
        known = await _by_slug(connection)
        named = list(dict.fromkeys(known_topic(slug, known).slug for slug in slugs))
        whole = [*named, *(slug for slug in known if slug not in named)]
        if whole != list(known):
            for position, slug in enumerate(whole, start=1):
                if known[slug].position != position:
                    await shelf.save(connection, replace(known[slug], position=position))
            was, now_is = {"order": list(known)}, {"order": whole}
            await note_change(connection, by, "topic.order", "all", now, before=was, after=now_is)
        return await shelf.every(connection)


async def move_topic(
    slug: str, step: int, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> tuple[Topic, ...]:
    """Move a topic so many places down, or up when negative; at an end it stays."""
    async with store.read() as connection:
        order = list(await _by_slug(connection))
    if slug not in order:
        raise missing(f"topic {slug!r}", "topics list")
    place = order.index(slug)
    order.insert(max(place + step, 0), order.pop(place))
    return await order_topics(order, store=store, now=now, by=by)


@done_again
async def remove_topic(slug: str, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Topic:
    """Remove a topic from the order and from its briefings."""
    if slug == GENERAL:
        raise InputError(f"topic {GENERAL!r} cannot be removed: it takes what no rule claims")
    async with store.write() as connection:
        topic = known_topic(slug, await _by_slug(connection))
        await shelf.remove(connection, slug)
        await note_change(connection, by, "topic.remove", slug, now, before=told(topic))
        return topic


async def try_out(topic: Topic, *, store: Database) -> TryOut:
    """See which of the newest briefings the rules of `topic` would claim; nothing is changed."""
    async with store.read() as connection:
        known = await _by_slug(connection)
        wanted = editing.Filter(status=BriefingStatus.PUBLISHED)
        found = await editing.page(connection, wanted, limit=TRIED_ON)
    today = TopicRules(list(known.values()))
    tried = TopicRules(list({**known, topic.slug: topic}.values()))
    # half a second of work for long texts: others are answered meanwhile
    return await asyncio.to_thread(_compared, topic.slug, found, today, tried)


def told(topic: Topic) -> dict[str, Any]:
    """What the log of changes keeps; of which topic stands beside it."""
    return {name: value for name, value in topic_shown(topic).items() if name != "slug"}


def _compared(slug: str, found: Sequence[Briefing], today: TopicRules, tried: TopicRules) -> TryOut:
    had = {one.id for one in found if _gives(today, one, slug)}
    would = [one for one in found if _gives(tried, one, slug)]
    has = {one.id for one in would}
    return TryOut(
        looked_at=len(found),
        matches=tuple(would),
        gained=tuple(one for one in would if one.id not in had),
        lost=tuple(one for one in found if one.id in had - has),
    )


def _gives(rules: TopicRules, one: Briefing, slug: str) -> bool:
    return any(mark.slug == slug for mark in rules.assign(one.title, one.paragraphs))


async def _by_slug(connection: AsyncConnection) -> dict[str, Topic]:
    """All topics in their order."""
    return {topic.slug: topic for topic in await shelf.every(connection)}


def known_topic(slug: str, known: Mapping[str, Topic]) -> Topic:
    """The topic of this slug; NotFoundError when there is none."""
    if slug not in known:
        raise missing(f"topic {slug!r}", "topics list")
    return known[slug]
