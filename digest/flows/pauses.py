"""The beginning and the end of a pause, as changes of a subscription."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.reach import require_within_reach
from digest.errors import InputError
from digest.store import corrections
from subscribers import store as shelf
from subscribers.subscription import Gap, StandingError, Subscription, paused, resumed

#: A change of one subscription: the new state, and the gap that it leaves.
Change = Callable[[Subscription], tuple[Subscription, Gap | None]]


def pausing(until: date | None, *, catch_up: bool, newest: int, now: datetime) -> Change:
    """A pause, up to the start of a local date or until the reader resumes."""
    if until is not None:
        require_within_reach(until, f"until {until}")

    def change(one: Subscription) -> tuple[Subscription, Gap | None]:
        ends = None if until is None else timetable.start_of_day(until, one.cadence.zone)
        if ends is not None and ends <= now:
            raise InputError(f"until {until} is not in the future: say a later date")
        return paused(one, until=ends, catch_up=catch_up, newest=newest), None

    return change


async def resuming(
    connection: AsyncConnection, asleep: Iterable[Subscription], newest: int, now: datetime
) -> Change:
    """The end of a pause for any of these readers."""
    passing = await passing_by(connection, asleep)

    def change(one: Subscription) -> tuple[Subscription, Gap | None]:
        served_day = timetable.served_day_at_start(one.cadence, now)
        return resumed(one, newest=newest, served_day=served_day, passing=passing)

    return change


async def change_all(
    connection: AsyncConnection, mine: Iterable[Subscription], change: Change, words: str, now: datetime
) -> tuple[Subscription, ...]:
    """Write one change of several subscriptions down, with the gap that it leaves; all of them or none."""
    changed = []
    for before in mine:
        try:
            after, gap = change(before)
        except StandingError as error:
            raise InputError(f"{before.address}: {error}") from error
        await shelf.save(connection, after)
        await shelf.note_standing(connection, after.id, before.standing, after.standing, words, now)
        if gap is not None:
            await shelf.note_gap(connection, after.id, gap, now)
        changed.append(after)
    return tuple(changed)


async def passing_by(connection: AsyncConnection, readers: Iterable[Subscription]) -> Collection[int]:
    """The numbers of corrections that these readers have not passed: owed to those alone who had the text."""
    return await corrections.numbers_after(connection, min((one.bookmark.cut for one in readers), default=0))
