"""What somebody's issues would have held, had they come for weeks: the past, decided as the future is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from digest.core import timetable
from digest.core.model import Candidate
from digest.core.selection import Rules, Selector
from subscribers.model import Bookmark, Cadence, Profile

#: So far back: long enough for the rhythm of a newsroom, short enough to be what it is today.
TESTED: Final = timedelta(weeks=4)


class Published(Struct, frozen=True):
    """A briefing of the past: when it came out, and how long it takes to read."""

    candidate: Candidate
    at: datetime
    seconds: float


class Typical(Struct, frozen=True):
    """The issue in the middle of those that would have come."""

    #: how many there would have been
    issues: int
    items: int
    seconds: float


def back_test(
    cadence: Cadence, profile: Profile, past: Sequence[Published], rules: Rules, now: datetime
) -> Typical | None:
    """The typical issue of the last four weeks, what a cap put off included; None when none would have come.

    `past` holds all that was published since `begin_of_test`, by number.
    """
    selector = Selector((one.candidate for one in past), rules)
    seconds: Mapping[int, float] = {one.candidate.number: one.seconds for one in past}
    instants = [one.at for one in past]
    before = bisect_right(instants, begin_of_test(cadence, now))
    bookmark = Bookmark(past[before - 1].candidate.number if before else 0)
    issues: list[tuple[int, float]] = []
    for moment in _moments(cadence, instants, now):
        seen = bisect_right(instants, moment)
        if not seen:
            continue
        selection = selector.regular(profile, bookmark, past[seen - 1].candidate.number)
        bookmark = selection.next_bookmark
        if selection.skip is None:
            numbers = selection.numbers
            issues.append((len(numbers), sum(seconds[number] for number in numbers)))
    if not issues:
        return None
    items, length = sorted(issues)[(len(issues) - 1) // 2]
    return Typical(len(issues), items, length)


def begin_of_test(cadence: Cadence, now: datetime) -> datetime:
    """From when on briefings are looked at: the slot before the first one that is tried."""
    begin = now - TESTED
    slot = timetable.latest_slot(cadence, begin)
    return begin if slot is None else slot.due_at


def _moments(cadence: Cadence, instants: Sequence[datetime], now: datetime) -> list[datetime]:
    """When issues would have been made: at their slots, or with every publication."""
    begin = now - TESTED
    if cadence.at_once:
        return sorted({instant for instant in instants if begin < instant <= now})
    return [slot.due_at for slot in timetable.slots_between(cadence, begin, now)]
