"""Drafts are thrown away, and brought back; what was published is retracted instead.

The row stays, and with it the text and the keys by which an item is known again: the same page that is read
once more does not bring a draft back that somebody threw away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.model import Briefing, BriefingStatus
from digest.errors import InputError, missing
from digest.flows.stories import leave
from digest.store import briefings, counters
from digest.store.changes import note_changes
from digest.store.crossing import done_again
from digest.store.database import Database

_ACTS: Final = {BriefingStatus.DISCARDED: "briefing.discard", BriefingStatus.DRAFT: "briefing.restore"}


async def discard(
    ids: Sequence[int], *, store: Database, now: datetime, by: Actor = PROGRAM
) -> tuple[Briefing, ...]:
    """Throw drafts away, all or none; those that are discarded already are left alone."""
    return await _move(ids, BriefingStatus.DISCARDED, store, now, by)


async def restore(
    ids: Sequence[int], *, store: Database, now: datetime, by: Actor = PROGRAM
) -> tuple[Briefing, ...]:
    """Let what was discarded be drafts again, all or none; they come out when somebody says so."""
    return await _move(ids, BriefingStatus.DRAFT, store, now, by)


@done_again
async def _move(
    ids: Sequence[int], status: BriefingStatus, store: Database, now: datetime, by: Actor
) -> tuple[Briefing, ...]:
    async with store.write() as connection:
        # in the line of those who publish: what is a draft now is one until this is done
        await counters.pages_change(connection)
        found = [await _unpublished(connection, id_) for id_ in dict.fromkeys(ids)]
        moved = [one for one in found if one.status is not status]
        if status is BriefingStatus.DISCARDED:
            for one in moved:
                await leave(connection, one)
        await briefings.let_be(connection, [one.id for one in moved], status)
        told = [(one.id, {"status": one.status}, {"status": status, "title": one.title}) for one in moved]
        await note_changes(connection, by, _ACTS[status], told, now)
        return tuple([await _unpublished(connection, one.id) for one in found])


async def _unpublished(connection: AsyncConnection, briefing_id: int) -> Briefing:
    found = await briefings.by_id(connection, briefing_id)
    if found is None:
        raise missing(f"briefing {briefing_id}", "briefings list")
    if found.number is not None:
        raise InputError(
            f"briefing {briefing_id} is {found.status}: only what was never published is discarded or "
            "brought back; what is published is retracted"
        )
    return found
