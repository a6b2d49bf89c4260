"""What the log of changes says of readers: numbers and wishes, never who somebody is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.store.changes import note_change
from subscribers.subscription import Subscription


async def note_reader(
    connection: AsyncConnection,
    by: Actor,
    act: str,
    mine: Iterable[Subscription],
    now: datetime,
    *,
    before: Iterable[Subscription] = (),
    **more: Any,
) -> None:
    """Write down an act on subscriptions of a reader, one entry each; `more` stands with what is after."""
    old = {one.id: wishes_of(one) for one in before}
    for one in mine:
        after = {**wishes_of(one), **more}
        if one.id in old and old[one.id] == after:
            continue
        earlier = old.get(one.id, {})
        # the same before and after, so that it would not be kept otherwise
        after["newsletter"] = one.newsletter_id
        await note_change(connection, by, act, one.subscriber_id, now, before=earlier, after=after)


def wishes_of(one: Subscription) -> dict[str, Any]:
    """A subscription as the log has it."""
    profile, cadence = one.profile, one.cadence
    return {
        "standing": str(one.standing),
        "until": None if one.paused_until is None else one.paused_until.isoformat(),
        "topics": "all" if profile.topics is None else sorted(profile.topics),
        "sections": "all" if profile.sections is None else sorted(profile.sections),
        "when": cadence.in_words,
        "format": str(profile.format),
        "max_items": profile.max_items,
        "language": profile.language,
    }
