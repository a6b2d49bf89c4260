"""No day skipped, none repeated, whenever a reader changes time, days or zone, and however schedulers sleep.

What is claimed. A reader lives through changes of cadence; at ticks a scheduler plans the latest slot if its
day is later than the served day, which then becomes the slot's day. Then:

- *No day twice.* The days of a reader's issues strictly increase, whatever is changed to whatever: a local
  date that comes again over the date line, or a time that comes again by a new choice, is not served again.
- *No day skipped.* For a reader of every day, the days that issues cover follow each other without a hole:
  each issue covers from the day after the one before. So it is over the date line too: a date that a move
  leaves out is covered by the issue that the move brings. With a scheduler that never sleeps, only such an
  issue, sent at the moment of a change, covers more than its own day.
- *Nothing withheld.* A change leaves every slot that lies ahead owed, except on days served already: a day
  that was written off, because the reader came after its time, is owed again at a later time.
- *Nothing unasked.* A change brings mail at once only for a day that the old cadence promised and had not
  served.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Slot
from digest.core.timetable import (
    covers_from,
    latest_slot,
    leftover_slot,
    next_slot,
    next_unserved,
    served_day_after_change,
    served_day_at_start,
    slot_instant,
    slots_between,
)
from subscribers.model import MONTHLY, WEEKDAYS, Cadence

DAY = timedelta(days=1)

#: far apart, over the date line, with half hours and gaps at midnight; then all others
FAMOUS = (
    "UTC",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/New_York",
    "Africa/Cairo",
    "Asia/Kathmandu",
)
zones = st.sampled_from(FAMOUS) | st.sampled_from(sorted(available_timezones()))
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 30, 59)))
weekdays = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(
    lambda chosen: tuple(day for day in WEEKDAYS if day in chosen)
)
daily_cadences = st.builds(Cadence, st.just(WEEKDAYS), times, zones)
cadences = st.builds(Cadence, weekdays | st.just((MONTHLY,)), times, zones, st.booleans())
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
pauses = st.timedeltas(timedelta(seconds=1), timedelta(hours=30)) | st.timedeltas(DAY, 40 * DAY)


#: loading a zone for the first time may be slow
unhurried = settings(deadline=None)


@dataclass(frozen=True)
class Issue:
    """What a reader was sent: the days it covers, and when it was planned."""

    first: date
    day: date
    planned_at: datetime


@dataclass
class Reader:
    """A subscription as a scheduler sees it."""

    cadence: Cadence
    now: datetime
    issues: list[Issue] = field(default_factory=list)
    served_day: date = field(init=False)
    #: the day of the last issue
    last_day: date = date.min

    def __post_init__(self) -> None:
        self.served_day = served_day_at_start(self.cadence, self.now)

    def newest_slot(self) -> Slot:
        slot = latest_slot(self.cadence, self.now) or leftover_slot(self.cadence, self.now)
        assert slot is not None
        return slot

    def tick(self) -> None:
        slot = self.newest_slot()
        if slot.day > self.served_day:
            self.issues.append(Issue(covers_from(self.cadence, self.served_day, slot), slot.day, self.now))
            self.served_day = self.last_day = slot.day

    def sleep(self, pause: timedelta) -> None:
        self.now += pause

    def live(self, pause: timedelta) -> None:
        end = self.now + pause
        for slot in slots_between(self.cadence, self.now, end):
            self.now = slot.due_at
            self.tick()
        self.now = end

    def change(self, new: Cadence) -> None:
        self.served_day = served_day_after_change(self.cadence, new, self.served_day, self.last_day, self.now)
        self.cadence = new


@unhurried
@given(
    st.builds(Reader, cadences | daily_cadences, instants),
    st.lists(st.tuples(pauses, st.none() | cadences | daily_cadences), max_size=20),
)
def test_no_day_is_served_twice(reader: Reader, life: list[tuple[timedelta, Cadence | None]]) -> None:
    for pause, new in life:
        reader.sleep(pause)
        reader.tick() if new is None else reader.change(new)
    days = [issue.day for issue in reader.issues]
    assert all(earlier < later for earlier, later in pairwise(days))


@unhurried
@given(
    st.builds(Reader, daily_cadences, instants),
    st.lists(st.tuples(pauses, st.none() | daily_cadences), max_size=20),
)
def test_no_day_is_skipped(reader: Reader, life: list[tuple[timedelta, Cadence | None]]) -> None:
    begun = covered = reader.served_day
    for pause, new in life:
        reader.sleep(pause)
        reader.tick() if new is None else reader.change(new)
    reader.tick()
    for issue in reader.issues:
        # the day of the beginning is covered too when a later time was chosen on it
        assert issue.first == covered + DAY or (covered == begun and issue.first <= begun)
        covered = issue.day
    assert covered >= reader.newest_slot().day


@unhurried
@given(
    st.builds(Reader, daily_cadences, instants),
    st.lists(st.tuples(pauses, daily_cadences), max_size=8),
)
def test_an_awake_scheduler_serves_each_day_by_itself(
    reader: Reader, life: list[tuple[timedelta, Cadence]]
) -> None:
    moves = set()
    for pause, new in life:
        reader.live(pause)
        reader.change(new)
        reader.tick()
        moves.add(reader.now)
    for issue in reader.issues:
        assert issue.first == issue.day or issue.planned_at in moves


@unhurried
@given(
    cadences | daily_cadences,
    cadences | daily_cadences,
    instants,
    st.integers(-40, 2),
    st.integers(0, 3),
)
def test_a_change_withholds_nothing_that_lies_ahead(
    old: Cadence, new: Cadence, now: datetime, days: int, written_off: int
) -> None:
    last = now.date() + days * DAY
    after = served_day_after_change(old, new, last + written_off * DAY, last, now)
    ahead = next_slot(new, now).day
    assert last <= after
    assert after < ahead or last >= ahead


@unhurried
@given(cadences | daily_cadences, cadences | daily_cadences, instants, st.integers(-40, 2))
def test_a_change_brings_at_once_only_what_was_promised(
    old: Cadence, new: Cadence, now: datetime, days: int
) -> None:
    reader = Reader(new, now)
    reader.served_day = reader.last_day = served = now.date() + days * DAY
    reader.cadence = old
    reader.change(new)
    reader.tick()
    for issue in reader.issues:
        open_days = (served + n * DAY for n in range(1, (issue.day - served).days + 1))
        assert any(slot_instant(old, day) is not None for day in open_days)
        assert new.at_once or not old.at_once


@unhurried
@given(cadences | daily_cadences, instants, st.integers(-40, 2))
def test_choosing_the_same_again_changes_nothing(cadence: Cadence, now: datetime, days: int) -> None:
    served = now.date() + days * DAY
    assert served_day_after_change(cadence, cadence, served, served, now) == served


@unhurried
@given(cadences | daily_cadences, instants)
def test_choosing_the_same_again_owes_no_slot_that_a_beginner_had_missed(
    cadence: Cadence, now: datetime
) -> None:
    served = served_day_at_start(cadence, now)
    assert served_day_after_change(cadence, cadence, served, date.min, now) == served


def test_slots_that_were_served_ahead_are_not_to_come() -> None:
    daily = Cadence(WEEKDAYS, time(8, 0), "Europe/Paris")
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    days = [next_unserved(daily, now, date(2026, 11, served)).day for served in (1, 23, 24, 27)]
    assert days == [date(2026, 11, day) for day in (24, 24, 25, 28)]
    quiet = frozenset({date(2026, 11, 28)})
    assert next_unserved(daily, now, date(2026, 11, 27), quiet).day == date(2026, 11, 29)
    tomorrow = frozenset({date(2026, 11, 24)})
    assert next_unserved(daily, now, date(2026, 11, 1), tomorrow).day == date(2026, 11, 25)
