"""A store that was put back from a backup is opened, once it is said what became of the mails since then.

It knows what was planned and due at the moment of the backup. What was due up to the time at which the other
store ended has gone out from there, most likely: it is planned here as it was there, slot by slot, and
settled with the reason that it was sent elsewhere. Or all of it is sent again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct, field
from msgspec.structs import asdict
from sqlalchemy import delete

from digest.core import timetable
from digest.core.access import Actor
from digest.core.leavings import Record
from digest.core.model import DueSlot
from digest.core.moving import Closed, Why
from digest.errors import InputError, StoreError
from digest.flows.edit_briefing import publish_due
from digest.flows.leave_again import Leavers, LeftAgain
from digest.flows.orders import plan_due
from digest.flows.publish import Memory, due_slots, publish
from digest.flows.recover import recover
from digest.flows.tally import Progress, Unwatched
from digest.store import appointed, ids_ahead, newsletters, planning, sent_elsewhere
from digest.store.changes import note_change
from digest.store.closing import let_write
from digest.store.copied_rows import POSITION
from digest.store.database import Database
from digest.store.openness import CLOSED, closed
from digest.store.places import shown
from digest.store.sent_elsewhere import Settled
from digest.store.tables import facts
from subscribers.model import Cadence

#: A backup that is older than this is looked at, not sent from: each of its slots would be planned.
_LONGEST: Final = timedelta(days=62)
_NONE: Final = Settled(0, 0)


class Opened(Struct, frozen=True):
    """What came of it."""

    #: the store's own word until now
    word: Closed
    #: issues that were planned as they were elsewhere
    issues: int = 0
    #: mails that count as sent elsewhere
    settled: Settled = _NONE
    #: who left since the backup, by the record of leavings
    left: LeftAgain = field(default_factory=LeftAgain)


async def reopen_restored(
    store: Database,
    *,
    sent_until: datetime | None,
    by: Actor,
    now: datetime,
    record: Record | None = None,
    progress: Progress | None = None,
) -> Opened:
    """Open a store that was put back; whatever was due by `sent_until` counts as sent elsewhere.

    Without it, all that is due is sent. Who left since the backup, by the `record`, leaves here as well.
    Broken off, the store stays closed, and the next call goes on. Raises InputError for a time that cannot be
    meant, StoreError for a store that was not put back.
    """
    async with store.read() as connection:
        word = await closed(connection)
    if word is None or word.why is not Why.RESTORED:
        raise StoreError(f"the store {shown(store.url)} was not put back from a backup")
    _check(sent_until, word, now)
    async with store.write() as connection:
        await let_write(connection)
        await ids_ahead.go_ahead(connection, word, now)
    await _recover(store, word.at)
    leavers = await Leavers.of(record or Record(), word.at, store)
    issues, settled = 0, _NONE
    if sent_until is not None:
        issues = await _plan(store, word.at, sent_until, leavers, progress or Unwatched())
        async with store.write() as connection:
            settled = await sent_elsewhere.settle(connection, sent_until)
            await sent_elsewhere.note_until(connection, sent_until)
    await leavers.until()
    async with store.write() as connection:
        await connection.execute(delete(facts).where(facts.c.name.in_((CLOSED, POSITION))))
        said = {"backup": word.other, "of": word.at.isoformat()}
        if sent_until is not None:
            said |= {"sent_until": sent_until.isoformat()}
        said |= {what: str(some) for what, some in asdict(leavers.done).items() if some}
        await note_change(connection, by, "store.reopen", word.copy, now, after=said)
    return Opened(word, issues, settled, leavers.done)


def _check(sent_until: datetime | None, word: Closed, now: datetime) -> None:
    if sent_until is None:
        return
    if sent_until > now:
        raise InputError(f"{sent_until:%Y-%m-%d %H:%M} UTC is still to come: say until when mails were sent")
    if sent_until < word.at:
        raise InputError(
            f"the backup is of {word.at:%Y-%m-%d %H:%M} UTC: by {sent_until:%Y-%m-%d %H:%M} UTC it had all "
            "that was sent"
        )
    if sent_until - word.at > _LONGEST:
        raise InputError(
            f"the backup is of {word.at:%Y-%m-%d}: what was sent more than {_LONGEST.days} days later cannot "
            "be worked out from it"
        )


async def _plan(
    store: Database, since: datetime, until: datetime, leavers: Leavers, progress: Progress
) -> int:
    """Plan whatever came after one instant up to another, each at its time; how many issues."""
    planned = 0
    slots = await _slots(store, since, until)
    progress.expect(len(slots))
    instant: datetime | None = await _next(store, slots, since, until) or until
    while instant is not None:
        await leavers.until(instant)
        await _recover(store, instant)
        await publish_due(store=store, now=instant)
        planned += len(await plan_due(store=store, now=instant))
        memory = Memory()
        for due in await due_slots(store=store, now=instant):
            if _has_come(due, until):
                planned += (await publish(due, store=store, now=instant, memory=memory)) is not None
        if instant in slots:
            progress.settled(1)
        instant = await _next(store, slots, instant, until)
    return planned


async def _next(
    store: Database, slots: Sequence[datetime], instant: datetime, until: datetime
) -> datetime | None:
    """When something came next: a slot, or what was appointed, such as a draft that came out at its time.

    That is asked again each time, since an order that goes by readers' own clocks is appointed anew.
    """
    async with store.read() as connection:
        found = await appointed.next_after(connection, instant)
    to_come = [*slots[bisect_right(slots, instant) :][:1], *([] if found is None else [found])]
    return min((one for one in to_come if one <= until), default=None)


async def _recover(store: Database, now: datetime) -> None:
    """Nobody sends from a store that was closed: whoever had a copy in hand is gone."""
    await recover(store=store, is_dead=lambda _: True, now=now, wall=now)


def _has_come(due: DueSlot, until: datetime) -> bool:
    """False for a slot that is planned ahead to be approved, and was not sent yet."""
    return due.slot.due_at <= until


async def _slots(store: Database, since: datetime, until: datetime) -> list[datetime]:
    """When any cadence has a slot, or gets news at once again; and the last instant."""
    async with store.read() as connection:
        known = {one.id: one for one in await newsletters.every(connection)}
        cadences = [(one, known[id_].quiet) for id_, one in await planning.cadences_read(connection)]
    found = {until}
    for cadence, quiet in cadences:
        found.update(slot.due_at for slot in timetable.slots_between(cadence, since, until, quiet))
        found.update(one for one in _ends_of_quiet(cadence, quiet) if since < one < until)
    return sorted(found)


def _ends_of_quiet(cadence: Cadence, quiet: Set[date]) -> Iterator[datetime]:
    """When news at once that waited for the end of quiet days came."""
    for day in quiet if cadence.at_once else ():
        yield timetable.when_not_quiet(timetable.start_of_day(day, cadence.zone), cadence.zone, quiet)
