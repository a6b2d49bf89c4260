"""A topic becomes part of another one: its readers, its briefings and its names go over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from digest.core.access import PROGRAM, Actor
from digest.core.model import GENERAL, Topic
from digest.errors import InputError
from digest.flows.edit_topics import known_topic, told
from digest.flows.shown import topic_shown
from digest.ingest.topics import TopicRules
from digest.store import counters, topic_merges
from digest.store import topics as shelf
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers.merging import choose_instead


class Merged(Struct, frozen=True):
    """The topic that is gone, the one that took it in, and how many subscriptions and briefings went over."""

    gone: Topic
    into: Topic
    readers: int
    briefings: int


@done_again
async def merge_topic(slug: str, into: str, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Merged:
    """Remove a topic; whoever chose it chooses `into` from now on, and its briefings are under that.

    Its names go on meaning `into`, so that feeds and rosters may go on using them. Copies that are planned
    stay as they are.
    """
    async with store.write() as connection:
        # whoever plans has asked what readers want
        await hold_off(connection, alone=True)
        await counters.pages_change(connection)
        known = {topic.slug: topic for topic in await shelf.every(connection)}
        gone, taking = known_topic(slug, known), known_topic(into, known)
        if slug == GENERAL:
            raise InputError(f"topic {GENERAL!r} cannot be removed: it takes what no rule claims")
        if slug == into:
            raise InputError(f"topic {slug!r} cannot be merged into itself: name another one")
        after = taken_in(gone, taking)
        TopicRules([*(one for one in known.values() if one.slug not in {slug, into}), after])
        rechosen = await choose_instead(connection, slug, into)
        briefings = await topic_merges.retopic_briefings(connection, slug, into)
        await topic_merges.name_instead(connection, slug, into)
        await topic_merges.ask_instead(connection, rechosen.profiles)
        await shelf.remove(connection, slug)
        await shelf.save(connection, after)
        merged = Merged(gone, after, rechosen.subscriptions, briefings)
        went = {"into": into, "readers": merged.readers, "briefings": briefings}
        await note_change(connection, by, "topic.merge", slug, now, before=told(gone), after=went)
        return merged


def merged_shown(done: Merged) -> dict[str, Any]:
    """What a merger came to, as programs see it."""
    counts = {"readers": done.readers, "briefings": done.briefings}
    return {"gone": done.gone.slug, "into": topic_shown(done.into), **counts}


def taken_in(gone: Topic, into: Topic) -> Topic:
    """The topic that takes another one in: with its names and rules, where it has no such rule of its own."""
    own = {name.casefold() for name in (into.slug, *into.aliases)}
    return replace(into, rules={**gone.rules, **into.rules}, aliases=(*into.aliases, *_names(gone, own)))


def _names(gone: Topic, known: set[str]) -> Iterator[str]:
    """The slug and the other names of a topic, but for those that are known."""
    for name in (gone.slug, *gone.aliases):
        if name.casefold() not in known:
            known.add(name.casefold())
            yield name
