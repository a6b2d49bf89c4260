"""Rates against their lines: what alarms, what stops mail, and what is too little to say anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import DeliveryStatus, Verdict
from digest.core.reputation import (
    Counts,
    Level,
    Measure,
    Reading,
    What,
    percent,
    readings,
    surely,
    what_of,
    why_hold,
    why_pause,
)
from digest.core.verdict import SENT, Reason

FINE, NEAR, OVER = Level.FINE, Level.NEAR, Level.OVER
COMPLAINTS, BOUNCES = Measure.COMPLAINTS, Measure.BOUNCES


@pytest.mark.parametrize(
    ("measure", "events", "copies", "level"),
    [
        (COMPLAINTS, 1, 40, FINE),
        (COMPLAINTS, 2, 500, FINE),
        (COMPLAINTS, 3, 500, OVER),
        (COMPLAINTS, 3, 3_000, NEAR),
        (COMPLAINTS, 3, 3_001, NEAR),
        (COMPLAINTS, 3, 5_000, FINE),
        (COMPLAINTS, 70, 100_000, NEAR),
        (COMPLAINTS, 69, 100_000, FINE),
        (COMPLAINTS, 100, 100_000, NEAR),
        (COMPLAINTS, 101, 100_000, OVER),
        (COMPLAINTS, 3, 99, FINE),
        (COMPLAINTS, 3, 0, FINE),
        (BOUNCES, 3, 100, OVER),
        (BOUNCES, 14, 1_000, NEAR),
        (BOUNCES, 13, 1_000, FINE),
        (BOUNCES, 20, 1_000, NEAR),
        (BOUNCES, 21, 1_000, OVER),
        (BOUNCES, 0, 1_000_000, FINE),
    ],
)
def test_a_rate_lies_so_to_its_line(measure: Measure, events: int, copies: int, level: Level) -> None:
    assert Reading(measure, events, copies).level is level


def test_complaints_are_of_those_that_arrived_and_bounces_of_all_that_had_an_answer() -> None:
    week = Counts(tried=1_000, accepted=800, hard=100, complaints=4)
    assert readings(week) == (Reading(COMPLAINTS, 4, 800), Reading(BOUNCES, 100, 1_000))
    assert percent(readings(week)[0].rate) == "0.50 %"


def test_counts_of_families_are_added_one_by_one() -> None:
    both = Counts(1, 20, 300, 4_000, 50_000) + Counts(2, 30, 400, 5_000, 60_000)
    assert both == Counts(3, 50, 700, 9_000, 110_000)


@pytest.mark.parametrize(
    ("complaints", "accepted", "pauses"),
    [
        (3, 500, False),
        (4, 40, False),
        (5, 1_600, False),
        (5, 500, True),
        (30, 10_000, False),
        (40, 10_000, True),
        (3_000, 1_000_000, False),
        (3_200, 1_000_000, True),
        (5, 0, False),
    ],
)
def test_complaints_stop_mail_only_when_they_are_surely_beyond_the_wall(
    complaints: int, accepted: int, pauses: bool
) -> None:
    week = Counts(tried=accepted, accepted=accepted, complaints=complaints)
    assert bool(why_pause(week, Counts())) is pauses


@pytest.mark.parametrize(
    ("blocked", "tried", "pauses"),
    [(19, 19, False), (20, 20, True), (20, 200, True), (20, 201, False), (900, 10_000, False)],
)
def test_a_wave_of_refusals_stops_mail(blocked: int, tried: int, pauses: bool) -> None:
    day = Counts(tried=tried, blocked=blocked)
    assert bool(why_pause(day, day)) is pauses


def test_the_words_say_how_many_of_how_many() -> None:
    assert why_pause(Counts(), Counts(tried=2_000, blocked=500)) == (
        "500 of 2,000 copies (25.00 %) were turned away within a day"
    )
    assert why_pause(Counts(accepted=1_000, complaints=10), Counts()) == (
        "readers of 10 of 1,000 copies (1.00 %) complained, more than 0.3 %"
    )
    assert why_hold(Counts(tried=100, hard=40)) == (
        "40 of 100 copies (40.00 %) went to addresses that do not exist, more than 5 %"
    )


@pytest.mark.parametrize(
    ("hard", "tried", "holds"),
    [(9, 9, False), (10, 10, True), (10, 100, True), (10, 130, False), (55, 1_000, False), (70, 1_000, True)],
)
def test_a_list_of_bad_addresses_holds_an_issue(hard: int, tried: int, holds: bool) -> None:
    assert bool(why_hold(Counts(tried=tried, hard=hard))) is holds


@given(st.integers(0, 10_000), st.integers(1, 1_000_000))
def test_what_is_sure_is_never_more_than_what_was_seen(events: int, copies: int) -> None:
    events = min(events, copies)
    assert 0 <= surely(events, copies) <= events / copies


@given(st.integers(1, 100), st.integers(1, 50))
def test_more_of_the_same_makes_surer(events: int, times: int) -> None:
    copies = events * 20
    assert surely(events * times, copies * times) >= surely(events, copies)


def test_more_complaints_than_copies_of_the_week_are_no_more_than_all() -> None:
    # about copies of the week before
    assert surely(200, 100) == surely(100, 100) > 0.9
    assert why_pause(Counts(accepted=100, complaints=200), Counts())


def test_a_wave_about_copies_of_the_day_before_is_told_without_a_share() -> None:
    assert why_pause(Counts(), Counts(blocked=20)) == "20 of 0 copies (0.00 %) were turned away within a day"


def test_the_interval_is_as_statisticians_have_it() -> None:
    # 10 of 100 at z = 1.645: (0.1 + 0.01353 - 1.645 * sqrt(0.0009 + 0.0000676)) / 1.02706
    assert surely(10, 100) == pytest.approx(0.0607, abs=0.0001)
    assert surely(0, 100) == surely(0, 0) == 0.0


@pytest.mark.parametrize(
    ("verdict", "what"),
    [
        (SENT, What.ACCEPTED),
        (Verdict(DeliveryStatus.REFUSED, Reason.NO_SUCH_ADDRESS, hard_bounce=True), What.HARD),
        (Verdict(DeliveryStatus.REFUSED, Reason.POLICY), What.BLOCKED),
        (Verdict(DeliveryStatus.REFUSED, Reason.SPAM), What.BLOCKED),
        (Verdict(DeliveryStatus.REFUSED, Reason.SENDER_REFUSED), What.BLOCKED),
        (Verdict(DeliveryStatus.REFUSED, Reason.MAILBOX_FULL), What.REFUSED),
        (Verdict(DeliveryStatus.DEFERRED, Reason.SLOW_DOWN), None),
        (Verdict(DeliveryStatus.UNCERTAIN, Reason.NO_REPLY_TO_FINAL_DOT), None),
        (Verdict(DeliveryStatus.EXPIRED, Reason.GAVE_UP), None),
    ],
    ids=lambda value: value.reason or "sent" if isinstance(value, Verdict) else str(value),
)
def test_each_answer_counts_as_one_thing_or_not_yet(verdict: Verdict, what: What | None) -> None:
    assert what_of(verdict) is what
