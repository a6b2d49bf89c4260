"""What editors do with a briefing: correct it, give it topics, publish it, take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Briefing, BriefingStatus, DraftBriefing, TopicMark
from digest.errors import InputError, NotFoundError
from digest.flows.collect import BY_HAND
from digest.store import briefings, topics
from digest.store.database import Database
from subscribers.model import Section


@dataclass(frozen=True, slots=True)
class Edit:
    """What shall be changed; None leaves it as it is."""

    title: str | None = None
    paragraphs: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    section: Section | None = None
    url: str | None = None
    lead: bool | None = None
    weight: int | None = None


async def edit(briefing_id: int, wish: Edit, *, store: Database, now: datetime) -> Briefing:
    """Change a briefing; what readers would see differently becomes a new revision."""
    async with store.write() as connection:
        before = await _briefing(connection, briefing_id)
        if wish.topics is not None:
            await briefings.set_topics(connection, briefing_id, await _marks(connection, wish.topics))
        if wish.title is not None and not wish.title.strip():
            raise InputError("title is empty: say one")
        if any(part is not None for part in (wish.title, wish.paragraphs, wish.url, wish.section)):
            # it keeps the keys of what came in: the same page again does not undo the correction
            await briefings.revise(connection, briefing_id, _revised(before, wish), now)
        flags = {"lead": wish.lead, "weight": wish.weight}
        changed = {name: value for name, value in flags.items() if value is not None}
        if changed:
            await briefings.set_flags(connection, briefing_id, **changed)
        return await _briefing(connection, briefing_id)


async def publish(briefing_id: int, *, store: Database, now: datetime) -> Briefing:
    """Give a draft its number, or bring a retracted briefing back under the number it had."""
    async with store.write() as connection:
        await _briefing(connection, briefing_id)
        await briefings.publish(connection, [briefing_id], now)
        return await _briefing(connection, briefing_id)


async def retract(briefing_id: int, *, store: Database) -> Briefing:
    """Take a published briefing back."""
    async with store.write() as connection:
        before = await _briefing(connection, briefing_id)
        if before.status is BriefingStatus.DRAFT:
            raise InputError(f"briefing {briefing_id} is a draft: there is nothing to retract")
        await briefings.retract(connection, briefing_id)
        return await _briefing(connection, briefing_id)


def _revised(before: Briefing, wish: Edit) -> DraftBriefing:
    return DraftBriefing(
        title=before.title if wish.title is None else wish.title.strip(),
        paragraphs=before.paragraphs if wish.paragraphs is None else wish.paragraphs,
        section=before.section if wish.section is None else wish.section,
        source=before.source,
        source_date=before.source_date,
        url=before.url if wish.url is None else wish.url or None,
        language=before.language,
    )


async def _marks(connection: AsyncConnection, slugs: tuple[str, ...]) -> tuple[TopicMark, ...]:
    known = {topic.slug for topic in await topics.every(connection)}
    for slug in slugs:
        if slug not in known:
            raise InputError(f"topic {slug!r} is not known: choose among {', '.join(sorted(known))}")
    return tuple(TopicMark(slug, BY_HAND) for slug in dict.fromkeys(slugs))


async def _briefing(connection: AsyncConnection, briefing_id: int) -> Briefing:
    found = await briefings.by_id(connection, briefing_id)
    if found is None:
        raise NotFoundError(f"briefing {briefing_id} does not exist: see digest briefings list")
    return found
