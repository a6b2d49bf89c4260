"""One slot a local day, for every zone of the tz database: near all changes of clocks, and in full when long.

The oracle never turns a local time into an instant; it only reads what clocks show at an instant.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from digest.core.model import Slot
from digest.core.timetable import (
    latest_slot,
    local_day,
    next_slot,
    slot_instant,
    start_of_day,
    wall_instant,
)
from subscribers.model import WEEKDAYS, Cadence
from tests.tiers import first_of

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
#: midnight and the times that gaps and folds fall on somewhere, a plain one, and the last of the day
TIMES = (time(0), time(0, 30), time(2, 15), time(12), time(23, 59))
#: coprime to a day, so that ticks wander over all times of day
ODD_STEP = timedelta(hours=5, minutes=7, seconds=11)


def clock(instant: datetime, zone: str) -> datetime:
    """What clocks of the zone show, as a naive time."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def offset(instant: datetime, zone: str) -> timedelta:
    found = instant.astimezone(ZoneInfo(zone)).utcoffset()
    assert found is not None
    return found


def clock_changes(zone: str, first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    """The instants at which the zone changed its clocks, if it was not twice and back within a step."""
    start, known = first, offset(first, zone)
    while start < last:
        end = start + step
        if (found := offset(end, zone)) != known:
            yield changed_between(start, end, zone)
        start, known = end, found


def changed_between(before: datetime, after: datetime, zone: str) -> datetime:
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if offset(middle, zone) == offset(before, zone):
            before = middle
        else:
            after = middle
    return after


@cache
def zones_that_differ(first: datetime = FIRST, last: datetime = LAST) -> dict[str, tuple[datetime, ...]]:
    """One zone for each history of clocks between the two, with its changes: aliases are tried once."""
    kinds: dict[tuple[object, ...], tuple[str, tuple[datetime, ...]]] = {}
    for zone in sorted(available_timezones()):
        changes = tuple(clock_changes(zone, first, last, timedelta(days=7)))
        offsets = tuple(offset(change, zone) for change in (first, *changes))
        kinds.setdefault((changes, offsets), (zone, changes))
    return dict(kinds.values())


def days_about(instants: Iterable[datetime]) -> list[date]:
    return sorted({(at + n * DAY).date() for at in instants for n in (-1, 0, 1)})


def assert_first_reading(instant: datetime, wall: datetime, zone: str) -> None:
    """The clocks show `wall` or later, and did not in the 26 hours before."""
    assert clock(instant, zone) >= wall, (zone, wall)
    earlier = [SECOND, *(n * HOUR / 4 for n in range(1, 105))]
    assert all(clock(instant - ago, zone) < wall for ago in earlier), (zone, wall)


def assert_walk_meets_each_slot_once(
    cadence: Cadence, first: datetime, last: datetime, step: timedelta
) -> None:
    now = first
    seen: list[Slot] = []
    while now < last:
        slot = latest_slot(cadence, now)
        assert slot is not None
        assert slot.due_at <= now < next_slot(cadence, now).due_at, (cadence, now)
        if not seen or seen[-1] != slot:
            seen.append(slot)
        now += step
    assert all(later.day - earlier.day == DAY for earlier, later in pairwise(seen)), (cadence, first)
    assert all(later.due_at > earlier.due_at for earlier, later in pairwise(seen)), (cadence, first)
    assert len({slot.label for slot in seen}) == len(seen)


@pytest.mark.parametrize("at", first_of(TIMES), ids=str)
def test_the_slot_of_every_day_near_a_change_of_clocks_is_the_first_reading_of_its_time(at: time) -> None:
    for zone, changes in zones_that_differ().items():
        daily = Cadence(WEEKDAYS, at, zone)
        for day in days_about(changes):
            instant = slot_instant(daily, day)
            assert instant is not None, (zone, day)
            assert_first_reading(instant, datetime.combine(day, at), zone)


@pytest.mark.parametrize("at", first_of(TIMES, 2), ids=str)
def test_a_clock_that_walks_in_odd_steps_over_any_change_meets_each_slot_once(at: time) -> None:
    for zone, changes in zones_that_differ().items():
        daily = Cadence(WEEKDAYS, at, zone)
        for change in changes:
            assert_walk_meets_each_slot_once(daily, change - 2 * DAY, change + 2 * DAY, ODD_STEP)


def test_on_random_days_in_all_zones_the_clocks_show_the_time_of_the_slot() -> None:
    chance = random.Random(2026)
    for zone in available_timezones():
        for _ in range(20):
            day = FIRST.date() + chance.randrange((LAST - FIRST) // DAY) * DAY
            # noon: no zone has moved its clocks over midday in these years
            instant = slot_instant(Cadence(WEEKDAYS, time(12), zone), day)
            assert instant is not None
            assert clock(instant, zone) == datetime.combine(day, time(12)), zone


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-11-24T08:00", "2026-11-24T07:00"),
        # left out, and read twice
        ("2026-03-29T02:30", "2026-03-29T01:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30"),
    ],
    ids=["plain", "gap", "fold"],
)
def test_an_order_for_a_time_is_carried_out_when_clocks_first_read_it(wall: str, instant: str) -> None:
    found = wall_instant(datetime.fromisoformat(wall), "Europe/Paris")
    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.long
@pytest.mark.parametrize("at", TIMES, ids=str)
def test_every_zone_has_one_slot_on_each_of_ten_years_of_days(at: time) -> None:
    days = [FIRST.date() + n * DAY for n in range((LAST - FIRST) // DAY)]
    for zone in available_timezones():
        daily = Cadence(WEEKDAYS, at, zone)
        instants = [slot_instant(daily, day) for day in days]
        previous = start_of_day(days[0], zone) - SECOND
        for day, instant in zip(days, instants, strict=True):
            assert instant is not None, (zone, day)
            assert instant > previous, (zone, day)
            wall = datetime.combine(day, at)
            if clock(instant, zone) != wall:
                assert clock(instant - SECOND, zone) < wall < clock(instant, zone), (zone, day)
            previous = instant


@pytest.mark.long
def test_a_clock_that_walks_ten_years_in_odd_steps_meets_each_slot_once() -> None:
    for number, zone in enumerate(zones_that_differ()):
        daily = Cadence(WEEKDAYS, TIMES[number % len(TIMES)], zone)
        assert_walk_meets_each_slot_once(daily, FIRST, LAST, timedelta(hours=11, minutes=13, seconds=7))


@pytest.mark.long
def test_all_changes_of_clocks_since_standard_time_keep_one_slot_a_day() -> None:
    """Among them jumps of a day, folds of a day, offsets with seconds, and folds over midnight."""
    for zone, changes in zones_that_differ(datetime(1840, 1, 1, tzinfo=UTC), FIRST).items():
        for number, change in enumerate(changes):
            daily = Cadence(WEEKDAYS, TIMES[number % len(TIMES)], zone)
            assert_days_about(daily, change)


def assert_days_about(cadence: Cadence, change: datetime) -> None:
    read = {clock(change + n * HOUR / 4, cadence.zone).date() for n in range(-2 * 96, 3 * 96)}
    whole = [min(read) + n * DAY for n in range(1, (max(read) - min(read)).days)]
    found = [day for day in whole if slot_instant(cadence, day) is not None]
    assert found == [day for day in whole if day in read], (cadence, change)
    for day in found:
        instant = slot_instant(cadence, day)
        assert instant is not None
        assert_first_reading(instant, datetime.combine(day, cadence.at), cadence.zone)
        assert local_day(instant - SECOND, cadence.zone) <= day <= local_day(instant, cadence.zone)
        slot = latest_slot(cadence, instant)
        assert slot == next_slot(cadence, instant - SECOND)
        assert slot is not None
        assert (slot.day, slot.due_at) == (day, instant)
