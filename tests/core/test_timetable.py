"""The calendar by known cases: each a place, a date and what the clocks there did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from digest.core.model import Slot
from digest.core.timetable import (
    at_once_slot,
    covers_from,
    latest_slot,
    leftover_slot,
    local_day,
    next_issue_at,
    next_slot,
    served_day_after_change,
    served_day_at_start,
    served_day_on_return,
    slot_instant,
    slot_words,
    slots_between,
    start_of_day,
)
from subscribers.model import MONTHLY, Cadence
from subscribers.wishes import parse_days, parse_time

NEW_YORK = "America/New_York"
TOKYO = "Asia/Tokyo"
KIRITIMATI = "Pacific/Kiritimati"  # UTC+14
PAGO_PAGO = "Pacific/Pago_Pago"  # UTC-11


def cadence(at: str, zone: str = "UTC", days: str = "daily", *, at_once: bool = False) -> Cadence:
    return Cadence(parse_days(days), parse_time(at), zone, at_once)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- One slot a local day -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        pytest.param("Asia/Kathmandu", "2026-11-24", "08:00", "2026-11-24T02:15", id="Kathmandu, +05:45"),
        pytest.param(NEW_YORK, "2026-11-24", "08:00", "2026-11-24T13:00", id="New York, a plain day"),
        pytest.param(NEW_YORK, "2026-03-08", "02:30", "2026-03-08T07:00", id="New York, gap from 02:00"),
        pytest.param(NEW_YORK, "2026-03-08", "03:00", "2026-03-08T07:00", id="New York, gap to 03:00"),
        pytest.param(NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30", id="New York, 01:30 comes twice"),
        pytest.param(NEW_YORK, "2026-11-01", "02:00", "2026-11-01T07:00", id="New York, after the fold"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30", id="Lord Howe, gap"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", id="Lord Howe, fold"),
        pytest.param("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00", id="Cairo, no midnight"),
        pytest.param("Africa/Cairo", "2026-04-24", "00:59", "2026-04-23T22:00", id="Cairo, no first hour"),
        pytest.param("Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T20:30", id="Cairo, 23:30 twice"),
        pytest.param("Asia/Beirut", "2026-03-29", "00:15", "2026-03-28T22:00", id="Beirut, no midnight"),
        pytest.param("America/Nuuk", "2026-03-28", "23:30", "2026-03-29T01:00", id="Nuuk, no last hour"),
        pytest.param("America/St_Johns", "2006-10-29", "00:00", "2006-10-29T02:30", id="St John's, fold"),
        pytest.param("Africa/Monrovia", "1971-05-01", "08:00", "1971-05-01T08:44:30", id="Monrovia, seconds"),
        pytest.param("Africa/Monrovia", "1972-01-07", "00:15", "1972-01-07T00:44:30", id="Monrovia, gap"),
        pytest.param("Pacific/Apia", "2011-12-29", "08:00", "2011-12-29T18:00", id="Apia, before"),
        pytest.param("Pacific/Apia", "2011-12-31", "08:00", "2011-12-30T18:00", id="Apia, after"),
        pytest.param("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00", id="Apia, at the gap"),
        pytest.param("America/Juneau", "1867-10-18", "20:00", "1867-10-18T04:57:41", id="Juneau, day twice"),
    ],
)  # fmt: skip
def test_the_slot_of_a_local_day_comes_at(zone: str, day: str, at: str, instant: str) -> None:
    assert slot_instant(cadence(at, zone), date.fromisoformat(day)) == utc(instant)


@pytest.mark.parametrize("at", ["00:00", "08:00", "23:59"])
@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))]
)
def test_a_day_that_the_zone_left_out_has_no_slot(zone: str, day: date, at: str) -> None:
    lost = cadence(at, zone)
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert slot_instant(lost, day) is None
    assert start_of_day(day, zone) == start_of_day(after, zone)
    start, end = start_of_day(before, zone), start_of_day(after + timedelta(days=1), zone)
    second = timedelta(seconds=1)
    assert [slot.day for slot in slots_between(lost, start - second, end - second)] == [before, after]


def test_a_day_that_is_lived_twice_has_one_slot() -> None:
    # Alaska crossed the date line on 19 October 1867 at 15:33:32 and lived a day again.
    juneau = cadence("08:00", "America/Juneau")
    slots = list(slots_between(juneau, utc("1867-10-16T00:00"), utc("1867-10-23T00:00")))
    assert [slot.day.day for slot in slots] == [17, 18, 19, 20, 21, 22]
    assert all(earlier.due_at < later.due_at for earlier, later in pairwise(slots))
    assert local_day(utc("1867-10-19T01:00"), "America/Juneau") == date(1867, 10, 19)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("mon,thu", ["2026-11-26", "2026-11-30", "2026-12-03"]),
        ("weekdays", ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"]),
        ("monthly", ["2026-12-01", "2027-01-01", "2027-02-01"]),
    ],
)
def test_slots_come_on_the_chosen_days_only(days: str, expected: list[str]) -> None:
    wanted = cadence("08:00", "Europe/Paris", days)
    slots = slots_between(wanted, utc("2026-11-24T06:59"), utc("2028-01-01T00:00"))
    assert [slot.day.isoformat() for slot, _ in zip(slots, expected, strict=False)] == expected
    assert slot_instant(wanted, date(2026, 11, 29)) is None


def test_a_slot_is_named_by_its_local_date_and_time_and_begins_on_the_second() -> None:
    paris = cadence("08:00", "Europe/Paris")
    due_at = utc("2026-11-24T07:00")
    slot = Slot("2026-11-24T08:00", date(2026, 11, 24), due_at)
    moment = timedelta(microseconds=1)
    assert latest_slot(paris, due_at) == slot
    assert next_slot(paris, due_at - moment) == slot
    assert latest_slot(paris, due_at - moment) == next_slot(paris, due_at - timedelta(days=1) - moment)
    assert next_slot(paris, due_at).label == "2026-11-25T08:00"


def test_slots_between_leaves_out_its_beginning_and_takes_its_end() -> None:
    noon = cadence("12:00")
    slots = slots_between(noon, utc("2026-11-24T12:00"), utc("2026-11-26T12:00"))
    assert [slot.label for slot in slots] == ["2026-11-25T12:00", "2026-11-26T12:00"]


@pytest.mark.parametrize(
    ("days", "at", "zone", "due_at", "following"),
    [
        ("weekdays", "08:00", "Europe/Paris", "2026-11-27T07:00", "2026-11-30T07:00"),
        ("mon,thu", "08:00", "Europe/Paris", "2026-11-26T07:00", "2026-11-30T07:00"),
        ("monthly", "08:00", "Europe/Paris", "2026-12-01T07:00", "2027-01-01T07:00"),
        ("daily", "02:30", NEW_YORK, "2026-03-07T07:30", "2026-03-08T07:00"),
        ("daily", "01:30", NEW_YORK, "2026-11-01T05:30", "2026-11-02T06:30"),
        ("daily", "18:00", "Pacific/Apia", "2011-12-30T04:00", "2011-12-31T04:00"),
    ],
)
def test_the_next_issue_comes_with_the_slot_after(
    days: str, at: str, zone: str, due_at: str, following: str
) -> None:
    assert next_issue_at(cadence(at, zone, days), utc(due_at)) == utc(following)


def test_no_next_issue_is_appointed_by_hand_or_at_once() -> None:
    assert next_issue_at(None, utc("2026-11-24T07:00")) is None
    assert next_issue_at(cadence("08:00", at_once=True), utc("2026-11-24T07:00")) is None


def test_now_may_be_given_in_any_zone() -> None:
    paris = cadence("08:00", "Europe/Paris")
    now = utc("2026-11-24T07:00")
    elsewhere = now.astimezone(ZoneInfo(TOKYO))
    assert latest_slot(paris, elsewhere) == latest_slot(paris, now)
    assert at_once_slot(3, elsewhere, TOKYO).due_at.tzinfo is UTC


# --- At once ------------------------------------------------------------------------------------------------


def test_at_once_readers_have_a_daily_slot_for_leftovers_and_no_other() -> None:
    at_once = cadence("07:00", "Europe/Paris", at_once=True)
    now = utc("2026-11-24T06:00")
    rest = Slot("2026-11-24T07:00 rest", date(2026, 11, 24), now, leftovers=True)
    assert leftover_slot(at_once, now) == rest
    assert next_slot(at_once, now - timedelta(seconds=1)) == rest
    assert latest_slot(at_once, now) is None
    assert leftover_slot(cadence("07:00", "Europe/Paris"), now) is None


def test_a_publication_is_a_slot_of_the_local_day_on_which_it_happens() -> None:
    now = utc("2026-11-24T20:30")
    assert at_once_slot(17, now, TOKYO) == Slot("#17", date(2026, 11, 25), now)


# --- Days ---------------------------------------------------------------------------------------------------


def test_a_day_begins_with_its_first_instant_also_when_midnight_is_missing() -> None:
    assert start_of_day(date(2026, 4, 24), "Africa/Cairo") == utc("2026-04-23T22:00")
    assert start_of_day(date(2026, 11, 24), "Asia/Kathmandu") == utc("2026-11-23T18:15")


def test_a_day_that_has_begun_stays_the_day_when_clocks_go_back_over_midnight() -> None:
    # St John's put its clocks from 00:01 back to 23:01 of the day before, until 2011.
    begins, goes_back = utc("2006-10-29T02:30"), utc("2006-10-29T02:31")
    assert local_day(begins - timedelta(seconds=1), "America/St_Johns") == date(2006, 10, 28)
    assert local_day(goes_back, "America/St_Johns") == date(2006, 10, 29)
    assert latest_slot(cadence("00:00", "America/St_Johns"), goes_back) == Slot(
        "2006-10-29T00:00", date(2006, 10, 29), begins
    )


def test_the_hour_after_midnight_that_comes_again_later_belongs_to_the_same_day() -> None:
    # Havana puts its clocks from 01:00 back to 00:00.
    assert local_day(utc("2026-11-01T05:30"), "America/Havana") == date(2026, 11, 1)


# --- Where a reader begins ----------------------------------------------------------------------------------

LAST_MONDAY = date(2026, 11, 16)
SUNDAY, MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (22, 23, 24, 25))


@pytest.mark.parametrize(
    ("days", "now", "served"),
    [
        pytest.param("daily", "2026-11-24T07:59", MONDAY, id="before today's slot: it is owed"),
        pytest.param("daily", "2026-11-24T08:00", TUESDAY, id="at today's slot: it is not"),
        pytest.param("daily", "2026-11-24T20:00", TUESDAY, id="after today's slot: it is not"),
        pytest.param("mon", "2026-11-24T20:00", MONDAY, id="on a day without a slot"),
    ],
)
def test_a_reader_who_begins_is_owed_the_slots_after_that(days: str, now: str, served: date) -> None:
    assert served_day_at_start(cadence("08:00", days=days), utc(now)) == served


@pytest.mark.parametrize(
    ("at", "until", "served"),
    [
        pytest.param("00:00", "2026-11-24T00:00", MONDAY, id="a slot at the instant of return is owed"),
        pytest.param("08:00", "2026-11-24T00:00", MONDAY, id="a slot later on that day is owed"),
        pytest.param("08:00", "2026-11-24T09:00", TUESDAY, id="a slot before the return is not"),
    ],
)
def test_a_reader_who_returns_is_owed_the_slots_from_then_on(at: str, until: str, served: date) -> None:
    assert served_day_on_return(cadence(at), utc(until)) == served


def test_a_pause_until_a_day_ends_with_its_first_slot_where_midnight_is_missing() -> None:
    cairo = cadence("00:30", "Africa/Cairo")
    until = start_of_day(date(2026, 4, 24), "Africa/Cairo")
    assert served_day_on_return(cairo, until) == date(2026, 4, 23)
    assert latest_slot(cairo, until) == Slot("2026-04-24T00:30", date(2026, 4, 24), until)


@pytest.mark.parametrize(
    ("days", "served", "covers"),
    [
        pytest.param("daily", WEDNESDAY, "2026-11-26", id="nothing was missed"),
        pytest.param("daily", MONDAY, "2026-11-24", id="Tuesday and Wednesday were missed"),
        pytest.param("mon,thu", MONDAY, "2026-11-26", id="no slot lies between"),
        pytest.param("mon,thu", date(2026, 11, 21), "2026-11-23", id="Monday was missed"),
        pytest.param("daily", date(2026, 11, 26), "2026-11-26", id="served already"),
    ],
)
def test_an_issue_covers_from_the_first_missed_day(days: str, served: date, covers: str) -> None:
    thursday = cadence("08:00", days=days)
    slot = latest_slot(thursday, utc("2026-11-26T08:00"))
    assert slot is not None
    assert covers_from(thursday, served, slot) == date.fromisoformat(covers)


@pytest.mark.parametrize(
    ("days", "since", "covers"),
    [
        pytest.param("daily", "2026-11-25T09:00", "2026-11-26", id="news of the last day"),
        pytest.param("daily", "2026-11-26T07:59", "2026-11-26", id="news of this morning"),
        pytest.param("daily", "2026-11-26T08:30", "2026-11-26", id="an issue that is made late"),
        pytest.param("daily", "2026-11-22T07:00", "2026-11-22", id="news before the slot of its day"),
        pytest.param("daily", "2026-11-22T09:00", "2026-11-23", id="news after the slot of its day"),
        pytest.param("mon,thu", "2026-11-23T09:00", "2026-11-26", id="no slot since"),
        pytest.param("mon,thu", "2026-11-20T09:00", "2026-11-23", id="Monday was not sent"),
    ],
)
def test_an_issue_covers_days_that_were_written_off_if_their_news_is_new_to_the_reader(
    days: str, since: str, covers: str
) -> None:
    thursday = cadence("08:00", days=days)
    slot = latest_slot(thursday, utc("2026-11-26T08:00"))
    assert slot is not None
    assert covers_from(thursday, WEDNESDAY, slot, utc(since)) == date.fromisoformat(covers)


def test_an_issue_does_not_cover_a_day_that_the_zone_left_out() -> None:
    apia = cadence("08:00", "Pacific/Apia")
    slot = latest_slot(apia, utc("2011-12-30T18:00"))
    assert slot is not None
    assert covers_from(apia, date(2011, 12, 29), slot) == slot.day == date(2011, 12, 31)


def test_at_once_issues_cover_their_own_day() -> None:
    at_once = cadence("08:00", at_once=True)
    assert covers_from(at_once, date(2026, 1, 1), at_once_slot(5, utc("2026-11-24T10:00"), "UTC")) == TUESDAY


# --- Changes of preference ----------------------------------------------------------------------------------

DAILY = cadence("08:00")


@pytest.mark.parametrize(
    ("old", "new", "served", "now", "after"),
    [
        pytest.param(DAILY, DAILY, MONDAY, "2026-11-26T10:00", MONDAY, id="no change: missed days stay owed"),
        pytest.param(DAILY, cadence("12:00"), TUESDAY, "2026-11-24T10:00", TUESDAY, id="served: not at noon"),
        pytest.param(DAILY, cadence("12:00"), MONDAY, "2026-11-24T07:00", MONDAY, id="later: owed at noon"),
        pytest.param(DAILY, cadence("06:00"), MONDAY, "2026-11-24T07:00", MONDAY, id="now behind: at once"),
        pytest.param(cadence("08:00", days="mon"), DAILY, MONDAY, "2026-11-25T10:00", WEDNESDAY,
                     id="more days: those behind were not promised"),
        pytest.param(cadence("08:00", days="mon"), DAILY, MONDAY, "2026-11-25T07:00", TUESDAY,
                     id="more days: today's lies ahead"),
        pytest.param(DAILY, cadence("08:00", days="mon"), MONDAY, "2026-11-24T07:00", MONDAY,
                     id="fewer days: nothing until Monday"),
        pytest.param(DAILY, cadence("09:00"), SUNDAY, "2026-11-24T07:00", SUNDAY,
                     id="Monday was missed while nothing ran: still owed"),
        pytest.param(cadence("08:00", days="mon"), DAILY, LAST_MONDAY, "2026-11-24T10:00", LAST_MONDAY,
                     id="the weekly issue was missed: owed at once"),
        pytest.param(DAILY, cadence("07:00", at_once=True), MONDAY, "2026-11-24T07:30", MONDAY,
                     id="to at once: today's leftovers are owed"),
        pytest.param(cadence("08:00", at_once=True), DAILY, MONDAY, "2026-11-24T10:00", TUESDAY,
                     id="from at once: today has come already"),
        pytest.param(cadence("08:00", at_once=True), cadence("12:00"), MONDAY, "2026-11-24T10:00", MONDAY,
                     id="from at once: noon lies ahead"),
    ],
)  # fmt: skip
def test_after_a_change_of_time_or_days(
    old: Cadence, new: Cadence, served: date, now: str, after: date
) -> None:
    assert served_day_after_change(old, new, served, served, utc(now)) == after


@pytest.mark.parametrize(
    ("new", "last", "now", "after"),
    [
        pytest.param(cadence("12:00"), SUNDAY, "2026-11-24T10:00", MONDAY, id="noon lies ahead: owed"),
        pytest.param(cadence("12:00"), SUNDAY, "2026-11-24T12:00", TUESDAY, id="noon has come: gone by too"),
        pytest.param(cadence("06:00"), SUNDAY, "2026-11-24T10:00", TUESDAY, id="earlier: gone by too"),
        pytest.param(cadence("12:00"), TUESDAY, "2026-11-24T10:00", TUESDAY, id="served: not at noon"),
        pytest.param(cadence("08:00", PAGO_PAGO), SUNDAY, "2026-11-24T10:00", MONDAY, id="Monday is over"),
        pytest.param(cadence("12:00", at_once=True), SUNDAY, "2026-11-24T10:00", MONDAY, id="leftovers too"),
    ],
)  # fmt: skip
def test_a_day_that_was_written_off_counts_as_served_only_while_its_time_has_gone_by(
    new: Cadence, last: date, now: str, after: date
) -> None:
    # who came, or came back, on Tuesday after eight
    assert served_day_after_change(DAILY, new, TUESDAY, last, utc(now)) == after


def test_a_day_is_not_repeated_when_it_comes_again_over_the_date_line() -> None:
    # Tuesday 11:00 in Kiritimati, served; it is Monday 10:00 in Pago Pago.
    now = utc("2026-11-23T21:00")
    new = cadence("08:00", PAGO_PAGO)
    served = served_day_after_change(cadence("08:00", KIRITIMATI), new, TUESDAY, TUESDAY, now)
    assert served == TUESDAY
    slots = slots_between(new, now, now + timedelta(days=3))
    assert next(slot.day for slot in slots if slot.day > served) == WEDNESDAY


def test_a_day_is_not_skipped_by_a_move_over_the_date_line() -> None:
    # Monday 23:30 in Pago Pago, served; it is Wednesday 00:30 in Kiritimati.
    now = utc("2026-11-24T10:30")
    new = cadence("08:00", KIRITIMATI)
    served = served_day_after_change(cadence("08:00", PAGO_PAGO), new, MONDAY, MONDAY, now)
    slot = latest_slot(new, now)
    assert slot is not None
    assert (served, slot.day, next_slot(new, now).day) == (MONDAY, TUESDAY, WEDNESDAY)


@pytest.mark.parametrize("days", ["daily", "mon", "mon,thu"])
def test_a_move_east_before_the_time_of_a_slot_does_not_skip_it(days: str) -> None:
    # Monday 22:00 in New York, an hour before the mail; in Tokyo, Monday 23:00 has gone by.
    now = utc("2026-11-24T03:00")
    new = cadence("23:00", TOKYO, days)
    served = served_day_after_change(cadence("23:00", NEW_YORK, days), new, SUNDAY, SUNDAY, now)
    slot = latest_slot(new, now)
    assert slot is not None
    assert served < slot.day == MONDAY


def test_monthly_readers_keep_their_month_when_they_move() -> None:
    # 1 December 07:00 in Tokyo, before the mail; still 30 November in New York.
    now = utc("2026-11-30T22:00")
    new = cadence("08:00", NEW_YORK, MONTHLY)
    last = date(2026, 11, 1)
    served = served_day_after_change(cadence("08:00", TOKYO, MONTHLY), new, last, last, now)
    assert served < next_slot(new, now).day == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("2026-11-24T08:00", "2026-11-24, 08:00"),
        ("#17", "at once, up to number 17"),
        ("2026-11-24T07:00 rest", "2026-11-24, 07:00, left over of news at once"),
    ],
    ids=["time", "at once", "rest"],
)
def test_a_slot_is_named_in_words(label: str, words: str) -> None:
    assert slot_words(label) == words
    assert slot_words("2026-11-24T08:00", TOKYO) == "2026-11-24, 08:00 Asia/Tokyo"
    assert slot_words("#17", TOKYO) == "at once, up to number 17"
