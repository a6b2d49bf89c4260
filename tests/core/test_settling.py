"""An address that takes no mail is asked before it is stopped; one that takes some is left alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.returned import Kind
from digest.core.settling import GRAVITY, PROBE_AGAIN_AFTER, TABLE, Effect, Score, counted, step_of

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = MONDAY.date()
DAY = timedelta(days=1)


def score(points: int, day: date = TODAY, probed_at: datetime | None = None) -> Score:
    return Score(points, day, probed_at)


@pytest.mark.parametrize("kind", Kind)
def test_whatever_is_said_something_is_to_follow_and_it_has_its_gravity(kind: Kind) -> None:
    assert kind in TABLE
    assert GRAVITY.count(kind) == 1


# --- What counts --------------------------------------------------------------------------------------------


def test_the_first_returned_copy_counts_its_day() -> None:
    assert counted(Score(), MONDAY, good_days=0) == score(1)


def test_a_day_counts_once_however_much_comes_back_on_it() -> None:
    late = MONDAY.replace(hour=23, minute=59)
    assert counted(score(1), late, good_days=0) == score(1)


def test_the_next_day_counts_though_it_is_a_minute_later() -> None:
    midnight = MONDAY.replace(hour=0) + DAY
    assert counted(score(1), midnight, good_days=0) == score(2, midnight.date())


@pytest.mark.parametrize(("days", "points"), [(1, 1), (6, 1), (7, 2)])
def test_a_full_mailbox_counts_a_week_after_it_counted_last(days: int, points: int) -> None:
    assert counted(score(1), MONDAY + days * DAY, good_days=0, seldom=True).points == points


def test_a_day_on_which_a_full_mailbox_does_not_count_is_forgotten() -> None:
    assert counted(score(1), MONDAY + DAY, good_days=9, seldom=True) == score(1)


def test_without_points_even_a_full_mailbox_counts_at_once() -> None:
    assert counted(score(0), MONDAY + DAY, good_days=0, seldom=True).points == 1


@pytest.mark.parametrize(("good_days", "points"), [(0, 5), (1, 4), (3, 2), (4, 1), (40, 1)])
def test_each_day_on_which_mail_went_through_takes_a_point_off(good_days: int, points: int) -> None:
    assert counted(score(4), MONDAY + DAY, good_days=good_days).points == points


def test_counting_forgets_no_probe() -> None:
    assert counted(score(5, probed_at=MONDAY), MONDAY + DAY, good_days=0).probed_at == MONDAY


# --- What is done about it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "probed_ago", "effect"),
    [
        (4, None, Effect.COUNTED),
        (5, None, Effect.PROBED),
        (6, DAY, Effect.COUNTED),
        (6, PROBE_AGAIN_AFTER - DAY, Effect.COUNTED),
        (6, PROBE_AGAIN_AFTER, Effect.PROBED),
        (7, DAY, Effect.STOPPED),
        (7, PROBE_AGAIN_AFTER + DAY, Effect.STOPPED),
        (9, DAY, Effect.STOPPED),
        # nobody is stopped who was not asked
        (9, None, Effect.PROBED),
    ],
)
def test_so_many_days_ask_for(points: int, probed_ago: timedelta | None, effect: Effect) -> None:
    probed_at = None if probed_ago is None else MONDAY - probed_ago
    before, after = score(points - 1, probed_at=probed_at), score(points, probed_at=probed_at)
    assert step_of(before, after, MONDAY) is effect


def test_what_does_not_count_is_followed_by_nothing() -> None:
    assert step_of(score(9, probed_at=MONDAY), score(9, probed_at=MONDAY), MONDAY) is Effect.COUNTED


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 3)), min_size=1, max_size=60))
def test_nobody_is_stopped_who_was_not_asked_by_an_earlier_mail(returns: list[tuple[int, int]]) -> None:
    now, kept = MONDAY, Score()
    asked: list[datetime] = []
    for days, good_days in returns:
        now += days * DAY
        after = counted(kept, now, good_days=min(good_days, days))
        effect = step_of(kept, after, now)
        if effect is Effect.STOPPED:
            assert asked
            assert asked[-1] < now
            return
        if effect is Effect.PROBED:
            assert not asked or now - asked[-1] >= PROBE_AGAIN_AFTER
            asked.append(now)
            after = replace(after, probed_at=now)
        kept = after


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_who_takes_a_mail_between_any_two_that_come_back_is_never_asked(pauses: list[int]) -> None:
    now, kept = MONDAY, Score()
    for days in pauses:
        now += days * DAY
        after = counted(kept, now, good_days=1)
        assert step_of(kept, after, now) is Effect.COUNTED
        kept = after
