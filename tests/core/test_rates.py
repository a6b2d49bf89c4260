"""A program may ask so often in a span, at once or spread, and is told what is left."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.rates import Rates, Ration

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def test_calls_that_come_at_once_are_counted_down_and_the_next_has_to_wait_for_its_share() -> None:
    rates = Rates(3, MINUTE)
    assert [rates.take(1, NOON) for _ in range(4)] == [
        Ration(True, left=2, whole_in=20, next_in=0),
        Ration(True, left=1, whole_in=40, next_in=0),
        Ration(True, left=0, whole_in=60, next_in=20),
        Ration(False, left=0, whole_in=60, next_in=20),
    ]


def test_a_call_that_was_refused_is_not_paid_for() -> None:
    rates = Rates(3, MINUTE)
    for _ in range(10):
        rates.take(1, NOON)
    assert rates.take(1, NOON + 19 * SECOND) == Ration(False, left=0, whole_in=41, next_in=1)
    assert rates.take(1, NOON + 20 * SECOND) == Ration(True, left=0, whole_in=60, next_in=20)


def test_seconds_are_told_so_that_who_waits_them_is_not_too_early() -> None:
    rates = Rates(3, MINUTE)
    for _ in range(3):
        rates.take(1, NOON)
    refused = rates.take(1, NOON + timedelta(milliseconds=500))
    assert (refused.next_in, refused.whole_in) == (20, 60)


def test_after_a_span_without_calls_all_are_there_and_no_more() -> None:
    rates = Rates(3, MINUTE)
    for _ in range(3):
        rates.take(1, NOON)
    later = NOON + 60 * MINUTE
    assert [rates.take(1, later).allowed for _ in range(4)] == [True, True, True, False]


def test_how_much_may_be_asked_in_which_span_can_be_told() -> None:
    rates = Rates(3, MINUTE)
    assert (rates.most, rates.span) == (3, MINUTE)


def test_each_caller_has_a_ration_of_its_own() -> None:
    rates = Rates(1, MINUTE)
    assert rates.take(1, NOON).allowed
    assert rates.take(2, NOON).allowed
    assert not rates.take(1, NOON).allowed


def test_nobody_who_has_still_to_pay_is_forgotten_among_thousands() -> None:
    rates = Rates(1, MINUTE)
    rates.take(0, NOON + MINUTE)
    for caller in range(1, 3_000):
        rates.take(caller, NOON)
    # the last of them are asked when those before have paid
    assert not rates.take(2_999, NOON + 59 * SECOND).allowed
    assert rates.take(3_000, NOON + MINUTE).allowed
    assert not rates.take(0, NOON + MINUTE).allowed


def test_memory_grows_with_those_who_have_still_to_pay_only() -> None:
    rates = Rates(60, MINUTE)
    tracemalloc.start()
    for caller in range(20_000):
        rates.take(caller, NOON + caller * SECOND)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 400_000


@given(st.integers(1, 20), st.lists(st.integers(0, 10_000), max_size=60))
def test_in_no_span_a_caller_gets_more_than_twice_its_calls_and_a_patient_one_gets_all(
    most: int, pauses: list[int]
) -> None:
    rates, now = Rates(most, MINUTE), NOON
    allowed: list[datetime] = []
    for pause in pauses:
        now += timedelta(milliseconds=pause)
        ration = rates.take(1, now)
        assert 0 <= ration.left < most
        assert (ration.left > 0) <= (ration.next_in == 0)
        if ration.allowed:
            allowed.append(now)
    for first in allowed:
        # all that lay ready, and what grew meanwhile
        assert sum(first <= one < first + MINUTE for one in allowed) <= 2 * most
    patient = Rates(most, MINUTE)
    assert all(patient.take(1, NOON + n * MINUTE / most).allowed for n in range(100))


@pytest.mark.parametrize("most", [1, 2, 7])
def test_who_waits_as_long_as_is_said_is_let_in(most: int) -> None:
    rates, now = Rates(most, MINUTE), NOON
    for _ in range(30):
        ration = rates.take(1, now)
        assert ration.allowed
        now += timedelta(seconds=ration.next_in)
