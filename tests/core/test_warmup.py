"""Warm-up plans: a ceiling a day, growing, until there is none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.warmup import WarmingUp, WarmUp

FIRST = date(2026, 11, 2)
PLANS = st.builds(
    WarmUp, first=st.integers(1, 10_000), growth=st.floats(1.01, 10), goal=st.integers(0, 10_000_000)
)


def test_the_ceiling_grows_by_a_half_each_day_and_then_goes_away() -> None:
    plan = WarmUp(first=200, growth=1.5, goal=1000)
    ceilings = [plan.ceiling(FIRST, FIRST + timedelta(days)) for days in range(6)]
    assert ceilings == [200, 300, 450, 675, None, None]


def test_before_anything_was_sent_it_is_the_first_day() -> None:
    assert WarmUp().ceiling(None, FIRST) == 200
    assert WarmUp().ceiling(FIRST, FIRST - timedelta(1)) == 200


def test_the_plan_that_is_taken_when_none_is_named_lasts_two_weeks() -> None:
    ceilings = [WarmUp().ceiling(FIRST, FIRST + timedelta(days)) for days in range(15)]
    assert ceilings[13:] == [38_923, None]


def test_what_went_out_today_is_taken_off() -> None:
    plan = WarmUp()
    assert plan.allowance(FIRST, FIRST, 150) == 50
    assert plan.allowance(FIRST, FIRST, 250) == 0
    assert plan.allowance(FIRST, FIRST + timedelta(30), 250_000) is None


def test_a_sender_that_began_with_a_plan_is_over_it_when_there_is_no_ceiling_any_more() -> None:
    sender = WarmingUp(WarmUp(first=200, growth=1.5, goal=1000), FIRST)
    days = [FIRST + timedelta(days) for days in range(5)]
    assert [sender.is_over(day) for day in days] == [False, False, False, False, True]
    assert [sender.allowance(day, 300) for day in days] == [0, 0, 150, 375, None]


def test_a_plan_may_grow_tenfold_each_day() -> None:
    assert WarmUp(first=1, growth=10, goal=500).ceiling(FIRST, FIRST + timedelta(2)) == 100


@given(PLANS, st.integers(0, 20_000))
def test_no_day_has_a_lower_ceiling_than_the_day_before(plan: WarmUp, days: int) -> None:
    today = plan.ceiling(FIRST, FIRST + timedelta(days))
    tomorrow = plan.ceiling(FIRST, FIRST + timedelta(days + 1))
    if today is None:
        assert tomorrow is None
    else:
        assert plan.first <= today <= plan.goal
        assert tomorrow is None or tomorrow >= today


@given(PLANS)
def test_every_plan_ends(plan: WarmUp) -> None:
    assert plan.ceiling(FIRST, FIRST + timedelta(20_000)) is None


@pytest.mark.parametrize("wrong", [{"first": 0}, {"growth": 1.0}, {"growth": 11.0}, {"growth": float("nan")}])
def test_a_plan_that_never_ends_or_sends_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="warm-up"):
        WarmUp(**wrong)  # type: ignore[arg-type]
