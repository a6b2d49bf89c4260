"""Quiet days: nothing comes on them, nothing is lost by them, and no day is served twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.quiet import MOST_QUIET_DAYS, QuietDay, calendar, parse_quiet_days
from digest.core.timetable import (
    latest_slot,
    leftover_slot,
    local_day,
    next_issue_at,
    next_slot,
    slots_between,
    start_of_day,
    when_not_quiet,
)
from digest.errors import InputError
from subscribers.model import WEEKDAYS, Cadence
from tests.core.test_timetable_changes import cadences, instants, zones

_DAY = timedelta(days=1)
days_off = st.frozensets(st.integers(-3, 20), max_size=12)


def local(now: datetime, zone: str, ahead: frozenset[int]) -> frozenset[date]:
    """Days off around now, by how far ahead they are."""
    return frozenset(local_day(now, zone) + count * _DAY for count in ahead)


@given(cadences, instants, days_off)
def test_the_slots_are_those_of_before_without_the_quiet_days(
    cadence: Cadence, now: datetime, ahead: frozenset[int]
) -> None:
    quiet = local(now, cadence.zone, ahead)
    upto = now + 40 * _DAY
    usual = [slot for slot in slots_between(cadence, now, upto) if slot.day not in quiet]
    assert list(slots_between(cadence, now, upto, quiet)) == usual


@given(cadences, instants, days_off, st.lists(st.timedeltas(timedelta(minutes=1), 3 * _DAY), max_size=30))
@settings(max_examples=200)
def test_nothing_is_lost_or_doubled_whenever_a_scheduler_looks(
    cadence: Cadence, now: datetime, ahead: frozenset[int], naps: list[timedelta]
) -> None:
    """Whoever plans the latest slot at each look has the same news told as by every slot, each day once."""
    quiet = local(now, cadence.zone, ahead)
    start, served, told, days = now, local_day(now, cadence.zone) - _DAY, now, []
    for nap in naps:
        now += nap
        slot = latest_slot(cadence, now, quiet)
        if slot is not None and slot.day > served:
            served, told = slot.day, now
            days.append(slot.day)
        due = [one.due_at for one in slots_between(cadence, start, now) if one.day not in quiet]
        if due and not cadence.at_once:
            # what came out before the newest of the slots has been told
            assert told >= due[-1]
    assert days == sorted(set(days))
    assert not quiet & set(days)


@given(cadences, instants, days_off)
def test_what_a_quiet_day_would_have_brought_has_a_slot_after_it(
    cadence: Cadence, now: datetime, ahead: frozenset[int]
) -> None:
    quiet = local(now, cadence.zone, ahead)
    found = next_slot(cadence, now, quiet)
    assert found.due_at > now
    assert found.day not in quiet
    passed = [slot.day for slot in slots_between(cadence, now, found.due_at) if slot.day != found.day]
    assert set(passed) <= quiet


def test_the_next_issue_that_a_copy_names_is_on_no_quiet_day() -> None:
    mornings = Cadence(WEEKDAYS, time(8), "UTC")
    thursday, saturday = (datetime(2026, 12, day, 8, tzinfo=UTC) for day in (24, 26))
    assert next_issue_at(mornings, thursday, frozenset({date(2026, 12, 25)})) == saturday


def test_what_a_cap_left_over_of_news_at_once_comes_on_no_quiet_day() -> None:
    at_once = Cadence(WEEKDAYS, time(8), "UTC", at_once=True)
    found = leftover_slot(at_once, datetime(2026, 12, 25, 12, tzinfo=UTC), frozenset({date(2026, 12, 25)}))
    assert found is not None
    assert found.day == date(2026, 12, 24)


@given(zones, instants, days_off)
def test_news_at_once_waits_for_the_end_of_quiet_days_and_no_longer(
    zone: str, now: datetime, ahead: frozenset[int]
) -> None:
    quiet = local(now, zone, ahead)
    when = when_not_quiet(now, zone, quiet)
    assert local_day(when, zone) not in quiet
    if local_day(now, zone) in quiet:
        assert local_day(when - timedelta(microseconds=1), zone) in quiet
    else:
        assert when == now


def test_a_reader_over_the_date_line_has_the_day_off_when_it_is_there() -> None:
    christmas = frozenset({date(2026, 12, 25)})
    at_noon = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert when_not_quiet(at_noon, "Pacific/Kiritimati", christmas) == at_noon
    assert when_not_quiet(at_noon, "UTC", christmas) == start_of_day(date(2026, 12, 26), "UTC")


def test_days_are_typed_with_their_names_and_kept_in_their_order() -> None:
    typed = ["2027-01-01 = New  Year", "2026-12-25=Christmas = at home", "2027-01-01=Again"]
    kept = parse_quiet_days(typed)
    assert [str(one) for one in kept] == ["2026-12-25=Christmas = at home", "2027-01-01=New Year"]
    assert parse_quiet_days([str(one) for one in kept]) == kept
    assert parse_quiet_days([" "]) == ()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("25.12.2026=Christmas", "is not known"),
        ("2026-13-01=Nothing", "is not known"),
        ("2026-12-25", "has no name"),
        ("2026-12-25= ", "has no name"),
        ("2026-12-25=" + "x" * 81, "the name of a quiet day has 81 characters: use at most 80"),
    ],
)
def test_what_is_no_day_is_refused_with_the_way_to_say_it(typed: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_quiet_days([typed])


def test_a_calendar_has_an_end() -> None:
    first = date(2026, 1, 1)
    days = [QuietDay(first + count * _DAY, "off") for count in range(MOST_QUIET_DAYS + 1)]
    assert len(calendar(days[1:])) == MOST_QUIET_DAYS
    with pytest.raises(InputError, match="too many"):
        calendar(days)
