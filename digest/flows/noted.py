"""What the log of changes says of readers: numbers and wishes, never who somebody is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.store.changes import note_change, note_changes
from subscribers.model import Cadence, Profile
from subscribers.subscription import Subscription

#: What an import, or its taking back, did to one reader. There may be as many as lines: who looks at the
#: whole log is told of the import itself.
BY_IMPORT: Final = "reader.import-change"
BY_IMPORT_UNDONE: Final = "reader.import-undo"
OF_LINES: Final = (BY_IMPORT, BY_IMPORT_UNDONE)


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


async def note_lines(
    connection: AsyncConnection,
    by: Actor,
    act: str,
    changed: Iterable[tuple[Subscription, Subscription]],
    now: datetime,
    *,
    source: int | str,
) -> None:
    """Write down what lines of an import changed, by pairs of before and after; `source` says which import.

    One statement, whatever their number.
    """
    entries: list[tuple[int | str, dict[str, Any], dict[str, Any]]] = []
    for before, after in changed:
        old, new = differences(before, after)
        if old or new:
            more: dict[str, Any] = {"newsletter": after.newsletter_id, "import": source}
            # who somebody is, or was, does not stand in the log
            if old.pop("name", None) is not None:
                more["name"] = "changed"
            entries.append((after.subscriber_id, old, new | more))
    await note_changes(connection, by, act, entries, now)


def differences(before: Subscription, after: Subscription) -> tuple[dict[str, Any], dict[str, Any]]:
    """The wishes that are not the same, and the name, as they were and as they are."""
    old, new = {}, {}
    if before.name != after.name:
        old["name"], new["name"] = before.name, after.name
    earlier, later = _in_words(before.profile, before.cadence), _in_words(after.profile, after.cadence)
    if earlier is not later:
        for name, value in later.items():
            if earlier[name] != value:
                old[name], new[name] = earlier[name], value
    return old, new


def wishes_of(one: Subscription) -> dict[str, Any]:
    """A subscription as the log has it."""
    until = None if one.paused_until is None else one.paused_until.isoformat()
    return {"standing": str(one.standing), "until": until, **_in_words(one.profile, one.cadence)}


@lru_cache(maxsize=1024)
def _in_words(profile: Profile, cadence: Cadence) -> Mapping[str, Any]:
    """Wishes as the log has them; there are few among many readers."""
    return {
        "topics": "all" if profile.topics is None else sorted(profile.topics),
        "sections": "all" if profile.sections is None else sorted(profile.sections),
        "when": cadence.in_words,
        "format": str(profile.format),
        "max_items": profile.max_items,
        "language": profile.language,
    }
