"""An import is taken back, as far as nothing came of it: who was mailed since stays, and who chose anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.flows.leaving import end_all
from digest.flows.noted import BY_IMPORT_UNDONE, differences, note_lines
from digest.flows.readers import rewished, topic_names
from digest.flows.taking_in import Lines
from digest.store import events, imports, ledger, topics, wiped_notices
from digest.store.imports import Import, Piece
from digest.store.tables import deliveries
from subscribers import store as shelf
from subscribers import together, unconfirmed
from subscribers.interning import chunks
from subscribers.model import AWAY, Cadence, Format, Profile, Section
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes

#: Why readers are gone whom an import had brought.
TAKEN_BACK: Final = "import taken back"
#: So many of those whom a piece would change are kept for whoever looks at the trial.
_EXAMPLES: Final = 10
#: What was, or may have been, on its way to a mailbox.
_MAILED: Final = (DeliveryStatus.SENT, DeliveryStatus.SENDING, DeliveryStatus.UNCERTAIN)


def kept(one: Subscription, name: str | None = None) -> dict[str, Any]:
    """The wishes of a subscription as JSON has them, to be compared with later ones, and given back."""
    return {**_plain(one.cadence, one.profile), "name": one.name if name is None else name}


@lru_cache(maxsize=1024)
def _plain(cadence: Cadence, profile: Profile) -> Mapping[str, Any]:
    """Wishes as JSON has them; there are few among many readers."""
    return {
        "cadence": [list(cadence.days), f"{cadence.at:%H:%M}", cadence.zone, cadence.at_once],
        "profile": [
            None if profile.topics is None else sorted(profile.topics),
            None if profile.sections is None else sorted(profile.sections),
            *(str(profile.format), profile.max_items, profile.language),
        ],
    }


def undo_of(lines: Lines) -> dict[str, Any]:
    """What undoes lines that were written down, as a piece keeps it."""
    return {
        "added": [[id_, 0] for id_ in lines.new_ids],
        "changed": [
            [after.id, kept(lines.before[after.id]), kept(after, lines.names.get(after.subscriber_id))]
            for after in lines.changed
        ],
        "back": [[known.id, 0] for known in lines.back],
    }


def would_change(lines: Lines) -> dict[str, Any]:
    """Some of those whom lines would change, and what, as a piece keeps it until it is taken or put away.

    By the numbers of subscriptions, as what undoes it, so that an erasure finds them.
    """
    told = ((after.id, *differences(before, after)) for before, after in lines.rewished)
    some = list(islice(([id_, old, new] for id_, old, new in told if new), _EXAMPLES))
    return {imports.WOULD: some} if some else {}


async def take_back(connection: AsyncConnection, one: Import, piece: Piece, now: datetime) -> None:
    """Undo what a piece did; who was added is removed, or ended where something is planned already."""
    added = [id_ for id_, _ in piece.undo.get("added", ())]
    back = [id_ for id_, _ in piece.undo.get("back", ())]
    names = topic_names(await topics.every(connection))
    changed = {
        id_: (_as_named_now(before, names), _as_named_now(after, names))
        for id_, before, after in piece.undo.get("changed", ())
    }
    # all of them at once: in three parts two would wait for each other
    await together.subscriptions_by_id(connection, [*added, *back, *changed])
    removed, kept_added = await _remove(connection, added, now)
    ended, kept_back = await _end_again(connection, back, one.at, now)
    restored, kept_changed = await _restore(connection, one, changed, now)
    await imports.count(
        connection,
        one.id,
        removed=removed + ended,
        restored=restored,
        kept=kept_added + kept_back + kept_changed,
    )
    await imports.save_piece(connection, one.id, piece.number, undo={})


async def _remove(connection: AsyncConnection, ids: Collection[int], now: datetime) -> tuple[int, int]:
    """How many were removed or ended, and how many stay."""
    there = await together.subscriptions_by_id(connection, ids)
    mailed = await _with_copies(connection, ids, mailed=True)
    planned = await _with_copies(connection, ids, mailed=False)
    free = [one for one in there if one.id not in mailed and one.standing not in AWAY]
    gone = [one.id for one in free if one.id not in planned]
    ending = [one for one in free if one.id in planned]
    await wiped_notices.detach(connection, gone)
    was = [(one.id, one.newsletter_id, one.standing) for one in free if one.id not in planned]
    await events.note_removed(connection, was, now)
    await unconfirmed.remove(connection, gone)
    ended = await end_all(connection, ending, dict.fromkeys((one.id for one in ending), TAKEN_BACK), now)
    return len(gone) + len(ended), len(there) - len(gone) - len(ended)


async def _end_again(
    connection: AsyncConnection, ids: Collection[int], since: datetime, now: datetime
) -> tuple[int, int]:
    """As before: gone. Who was mailed since stays."""
    there = await together.subscriptions_by_id(connection, ids)
    mailed = await _with_copies(connection, ids, mailed=True, since=since)
    ending = [one for one in there if one.id not in mailed and one.standing not in AWAY]
    ended = await end_all(connection, ending, dict.fromkeys((one.id for one in ending), TAKEN_BACK), now)
    return len(ended), len(there) - len(ended)


async def _restore(
    connection: AsyncConnection,
    undone: Import,
    changed: Mapping[int, tuple[dict[str, Any], dict[str, Any]]],
    now: datetime,
) -> tuple[int, int]:
    """Give wishes back where they still are as the import left them."""
    there = await together.subscriptions_by_id(connection, list(changed))
    same = [one for one in there if kept(one) == changed[one.id][1]]
    last_days = await ledger.last_days(connection, [one.id for one in same], now)
    given = [
        rewished(one, _wishes(changed[one.id][0]), last_day=last_days.get(one.id, date.min), now=now)
        for one in same
    ]
    await shelf.save_all(connection, given)
    names = {one.subscriber_id: changed[one.id][0]["name"] for one in same}
    renamed = {one.subscriber_id for one in same if one.name != names[one.subscriber_id]}
    await shelf.set_names(connection, {id_: names[id_] for id_ in renamed})
    called_again = [replace(one, name=names[one.subscriber_id]) for one in given]
    pairs = zip(same, called_again, strict=True)
    await note_lines(connection, undone.by, BY_IMPORT_UNDONE, pairs, now, source=undone.id)
    return len(same), len(there) - len(same)


def _as_named_now(wishes: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Wishes as they were kept, with the topics that have become parts of others under the names of these."""
    chosen, *rest = wishes["profile"]
    now = None if chosen is None else sorted({names.get(one.casefold(), one) for one in chosen})
    return {**wishes, "profile": [now, *rest]}


def _wishes(before: Mapping[str, Any]) -> Wishes:
    days, at, zone, at_once = before["cadence"]
    chosen, sections, format_, max_items, language = before["profile"]
    return Wishes(
        {"days": tuple(days), "at": time.fromisoformat(at), "zone": zone, "at_once": at_once},
        {
            "topics": None if chosen is None else frozenset(chosen),
            "sections": None if sections is None else frozenset(map(Section, sections)),
            "format": Format(format_),
            "max_items": max_items,
            "language": language,
        },
    )


async def _with_copies(
    connection: AsyncConnection, ids: Collection[int], *, mailed: bool, since: datetime | None = None
) -> set[int]:
    """Those of these subscriptions for which a copy was made; `mailed` asks for those that went out."""
    query = select(deliveries.c.subscription_id).distinct()
    if mailed:
        query = query.where(deliveries.c.status.in_(_MAILED))
    if since is not None:
        query = query.where(deliveries.c.sent_at.is_(None) | (deliveries.c.sent_at >= since))
    found: set[int] = set()
    numbers: Sequence[int] = sorted(ids)
    for some in chunks(numbers):
        found |= set(
            (await connection.execute(query.where(deliveries.c.subscription_id.in_(some)))).scalars()
        )
    return found
