"""The calendar: which moments a cadence appoints, and up to which local day a reader has had what is owed.

One rule answers every question of clocks: *the slot of a local day comes at the first instant at which the
zone's clocks read that day and time, or later*. Where clocks jump forward over the time, that is the end of
the jump; where they go back, the first of the two readings; a day that the zone left out (Apia, 30 December
2011) has no slot. In the same way a local day *begins* once, at the first instant that reads its date.

A newsletter may have *quiet* days, on which it does not come: the calendar of its readers has no slots on
them, so that what is new comes with the next slot there is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Set
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from digest.core.model import AT_ONCE_SIGN, Slot
from subscribers.model import WEEKDAYS, Cadence

#: A slot that has come so long ago and still has readers to serve is late.
LATE_AFTER: Final = timedelta(minutes=10)

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
#: At the end of the names of slots for leftovers.
_REST: Final = " rest"
#: No day is quiet.
_NONE: Final[Set[date]] = frozenset()


# --- Slots --------------------------------------------------------------------------------------------------


def slot_instant(cadence: Cadence, day: date, quiet: Set[date] = _NONE) -> datetime | None:
    """When the slot of this local day comes, UTC; None when the day has none."""
    if not cadence.falls_on(day) or day in quiet:
        return None
    zone = _zone(cadence.zone)
    instant = _first_reading(datetime.combine(day, cadence.at, zone), zone)
    if instant.astimezone(zone).date() == day or _exists(day, zone):
        return instant
    return None


def latest_slot(cadence: Cadence, now: datetime, quiet: Set[date] = _NONE) -> Slot | None:
    """The newest slot that has come; None for at-once cadences, whose days serve `leftover_slot` only."""
    return None if cadence.at_once else _latest(cadence, now, quiet)


def leftover_slot(cadence: Cadence, now: datetime, quiet: Set[date] = _NONE) -> Slot | None:
    """The newest slot for what a cap left over of an at-once cadence; None for all others."""
    return _latest(cadence, now, quiet) if cadence.at_once else None


def next_slot(cadence: Cadence, now: datetime, quiet: Set[date] = _NONE) -> Slot:
    """The first slot still to come; of an at-once cadence, the next one for leftovers."""
    day = _on_or_after(cadence, local_day(now, cadence.zone))
    # A time that is never read on its day comes with the next day's first instant, so no earlier day is left.
    while (instant := slot_instant(cadence, day, quiet)) is None or instant <= now:
        day = _on_or_after(cadence, day + _DAY)
    return _slot(cadence, day, instant)


def next_unserved(cadence: Cadence, now: datetime, served: date, quiet: Set[date] = _NONE) -> Slot:
    """The first slot to come behind the local day that was `served`, which may have been ahead of time."""
    slot = next_slot(cadence, now, quiet)
    while slot.day <= served:
        slot = next_slot(cadence, slot.due_at, quiet)
    return slot


def next_issue_at(cadence: Cadence | None, due_at: datetime, quiet: Set[date] = _NONE) -> datetime | None:
    """When the issue after the one that was due at `due_at` is; None where no day is appointed for it.

    Issues by hand have no cadence, and news at once comes with the news. What is asked for is the instant of
    the slot, never the clock, so that a copy says the same whenever it is printed.
    """
    if cadence is None or cadence.at_once:
        return None
    return next_slot(cadence, due_at, quiet).due_at


def slots_between(
    cadence: Cadence, after: datetime, upto: datetime, quiet: Set[date] = _NONE
) -> Iterator[Slot]:
    """The slots in (after, upto], oldest first."""
    slot = next_slot(cadence, after, quiet)
    while slot.due_at <= upto:
        yield slot
        slot = next_slot(cadence, slot.due_at, quiet)


def at_once_slot(number: int, now: datetime, zone: str) -> Slot:
    """The slot that the publication of this number is for at-once readers in a zone."""
    return Slot(f"{AT_ONCE_SIGN}{number}", local_day(now, zone), now.astimezone(UTC))


def wall_instant(wall: datetime, zone: str) -> datetime:
    """When the clocks of a zone first read `wall`, which names no zone, or later; UTC."""
    found = _zone(zone)
    return _first_reading(wall.replace(tzinfo=found), found)


def when_not_quiet(now: datetime, zone: str, quiet: Set[date]) -> datetime:
    """`now`, or when the first local day begins that is not quiet, if today is: news at once waits for it."""
    day = local_day(now, zone)
    if day not in quiet:
        return now
    while day in quiet:
        day += _DAY
    return start_of_day(day, zone)


def is_for_leftovers(label: str) -> bool:
    """True for the name of a slot for what a cap left over of news at once."""
    return label.endswith(_REST)


def slot_words(label: str, zone: str = "") -> str:
    """The name of a slot as people read it: `2026-11-24, 08:00`, or `at once, up to number 17`.

    A time is one of the `zone`, if that is said.
    """
    if label.startswith(AT_ONCE_SIGN):
        return f"at once, up to number {label.removeprefix(AT_ONCE_SIGN)}"
    words = f"{label.removesuffix(_REST).replace('T', ', ')} {zone}".rstrip()
    return f"{words}, left over of news at once" if is_for_leftovers(label) else words


def start_of_day(day: date, zone: str) -> datetime:
    """When a local day begins, UTC; a day that the zone left out begins with the one after."""
    found = _zone(zone)
    return _first_reading(datetime.combine(day, time.min, found), found)


def local_day(now: datetime, zone: str) -> date:
    """The newest local day that has begun.

    This is the date on the zone's clocks, except where they went back over midnight: a day that has begun
    stays the day.
    """
    local = now.astimezone(_zone(zone))
    day = local.date()
    if local.fold and start_of_day(day + _DAY, zone) <= now:
        return day + _DAY
    return day


# --- Served days --------------------------------------------------------------------------------------------
#
# A subscription keeps the local day of the last slot planned for it. The slot of a day is owed when that day
# is later than the served day; of several that are owed, the latest makes up for all. Who begins or comes
# back after the time of a slot has that day written off, as if it had been served: for that time alone.
#
# Nothing here asks for quiet days: a day without a slot is never owed, whatever is kept of it, and the span
# of the next copy names it as one of those that the copy covers.


def covers_from(cadence: Cadence, served_day: date, slot: Slot, news_since: datetime | None = None) -> date:
    """The day of the first slot that this one makes up for; its own day when none was missed.

    A slot was missed when it was owed, or when it came after the oldest news that the readers have not had,
    published at `news_since` (None: nothing is new): days that a pause wrote off are days that its end makes
    up for. At-once readers miss no days: what was published in between has come at once.
    """
    if cadence.at_once:
        return slot.day
    missed = _first_slot_day(cadence, served_day + _DAY)
    if news_since is not None:
        missed = min(missed, next_slot(cadence, news_since).day)
    return min(slot.day, missed)


def served_day_at_start(cadence: Cadence, now: datetime) -> date:
    """The served day of a reader who begins, or comes back, at `now`: only slots after `now` are owed."""
    today = local_day(now, cadence.zone)
    instant = slot_instant(cadence, today)
    # On a day without a slot, yesterday: should the reader then choose a time later today, it is owed.
    return today if instant is not None and instant <= now else today - _DAY


def served_day_on_return(cadence: Cadence, until: datetime) -> date:
    """The served day of a reader whose pause ends at `until`: a slot at that very instant is owed too."""
    today = local_day(until, cadence.zone)
    instant = slot_instant(cadence, today)
    return today if instant is not None and instant < until else today - _DAY


def served_day_after_change(
    old: Cadence, new: Cadence, served_day: date, last_day: date, now: datetime
) -> date:
    """The served day after a reader changed days, time or zone at `now`: no day is skipped, none repeated.

    `last_day` is the newest day whose slot was really planned for the reader; a later served day was written
    off.

    - A day already served is not served again, also when a move over the date line makes it come again.
    - What lies ahead on the new calendar is owed as ever, also on a day that was written off before.
    - What lies behind on it is owed, at once, if the old cadence still owed or promised a day up to then:
      the change is to the reader like clocks that jump forward over the time of a slot.
    """
    behind = _latest(new, now).day
    promised = _first_slot_day(old, served_day + _DAY) <= behind
    # At-once readers were promised leftovers at most: their briefings came with the publication.
    if promised and (new.at_once or not old.at_once):
        return served_day
    return max(last_day, behind, min(served_day, served_day_at_start(new, now)))


# --- Clocks and days ----------------------------------------------------------------------------------------


def _latest(cadence: Cadence, now: datetime, quiet: Set[date] = _NONE) -> Slot:
    day = _on_or_before(cadence, local_day(now, cadence.zone))
    while (instant := slot_instant(cadence, day, quiet)) is None or instant > now:
        day = _on_or_before(cadence, day - _DAY)
    return _slot(cadence, day, instant)


def _slot(cadence: Cadence, day: date, instant: datetime) -> Slot:
    label = f"{day.isoformat()}T{cadence.at:%H:%M}"
    return Slot(f"{label}{_REST}" if cadence.at_once else label, day, instant, leftovers=cadence.at_once)


def _first_reading(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, UTC, at which clocks of the zone read `wall` or later."""
    instant = wall.astimezone(UTC)
    # Times of one zone compare by their clock readings (datetime docs), which is the comparison needed here.
    if instant.astimezone(zone) == wall:
        return instant
    # Not read at all: reckoned with the offset before the gap the instant lies after its end, and with the
    # offset after the gap (PEP 495: fold=1) before it. Clocks change on whole seconds.
    before = wall.replace(fold=1).astimezone(UTC)
    seconds = range((instant - before) // _SECOND)
    return before + _SECOND * bisect_left(
        seconds, True, key=lambda count: (before + count * _SECOND).astimezone(zone) >= wall
    )


def _exists(day: date, zone: ZoneInfo) -> bool:
    """False for a day that the zone left out."""
    midnight = datetime.combine(day, time.min, zone)
    return _first_reading(midnight, zone).astimezone(zone).date() == day


def _first_slot_day(cadence: Cadence, day: date) -> date:
    """The first day from this one on that has a slot."""
    day = _on_or_after(cadence, day)
    while slot_instant(cadence, day) is None:
        day = _on_or_after(cadence, day + _DAY)
    return day


def _on_or_before(cadence: Cadence, day: date) -> date:
    """The last day of the cadence up to this one."""
    if cadence.monthly:
        return day.replace(day=1)
    return day - timedelta(days=_days_back(cadence.days)[day.weekday()])


def _on_or_after(cadence: Cadence, day: date) -> date:
    """The first day of the cadence from this one on."""
    if cadence.monthly:
        return day if day.day == 1 else (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=_days_ahead(cadence.days)[day.weekday()])


@cache
def _days_back(days: tuple[str, ...]) -> tuple[int, ...]:
    """For each weekday, how many days ago the last chosen weekday was."""
    return tuple(min((weekday - WEEKDAYS.index(day)) % 7 for day in days) for weekday in range(7))


@cache
def _days_ahead(days: tuple[str, ...]) -> tuple[int, ...]:
    """For each weekday, in how many days the next chosen weekday comes."""
    return tuple(min((WEEKDAYS.index(day) - weekday) % 7 for day in days) for weekday in range(7))


#: Zones by name, for good: the library keeps only the few last used.
_zone: Final = cache(ZoneInfo)
