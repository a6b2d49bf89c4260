"""Briefings to choose from: found by their words or number, and what some are called."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Briefing, BriefingStatus
from digest.core.seeking import wanted
from digest.store import editing, numbered, searching
from digest.store.editing import Filter


async def found_by(
    connection: AsyncConnection, asked: str, *, limit: int, status: BriefingStatus | None = None
) -> tuple[Briefing, ...]:
    """Those that have these words, or what was published under this number; else the newest."""
    number = asked.removeprefix("no.").strip()
    if number.isascii() and number.isdigit() and len(number) < 10:
        found = await numbered.newest_of(connection, [int(number)])
        return tuple(one for one in found.values() if status in {None, one.status})
    words = wanted(asked, await searching.stemmers_in_use(connection)) if asked else None
    return await editing.page(connection, Filter(status=status, words=words), limit=limit)


async def titles_of(connection: AsyncConnection, numbers: Iterable[int]) -> dict[int, str]:
    """What briefings are called now, by number."""
    revisions = await numbered.current_revisions(connection, set(numbers))
    found = await numbered.by_numbers(connection, revisions)
    return {number: item.title for number, item in found.items()}
