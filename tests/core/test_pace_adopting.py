"""Other limits, while copies are under way: what answers have taught stays, as far as it fits under them."""

from __future__ import annotations

from math import inf

import pytest

from digest.core.pace import GO, STEP_SECONDS, Hint, Limit, Limits, Pace, Wait
from tests.core.test_pace import begin_all, end_all, pace_with, places

FAMILY = "gmail.com"


def limits(connections: int) -> Limits:
    return Limits(Limit(connections=1000), Limit(connections))


@pytest.mark.parametrize("after", [2, 8, 20])
def test_who_is_trusted_in_full_has_the_whole_of_another_limit(after: int) -> None:
    pace = pace_with(connections=8)
    assert places(pace, FAMILY, 0) == 8
    pace.adopt(limits(after), 1)
    assert places(pace, FAMILY, 1) == after


@pytest.mark.parametrize(("after", "left"), [(2, 2), (20, 4)])
def test_who_was_asked_for_patience_has_no_more_than_before(after: int, left: int) -> None:
    pace = pace_with(connections=8)
    end_all(pace, FAMILY, begin_all(pace, FAMILY), Hint.FAMILY_BUSY)
    pace.adopt(limits(after), 1)
    assert places(pace, FAMILY, 1) == left


def test_a_server_that_is_trusted_in_full_has_the_whole_of_another_limit() -> None:
    pace = Pace(Limits(Limit(connections=2)))
    pace.adopt(Limits(Limit(connections=5)), 1)
    assert begin_all(pace, FAMILY, 1) == 5


# --- What is asked ahead ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "copies"), [(None, inf), (2.0, 60.0), (0.5, 15.0)])
def test_copies_of_some_time_are_as_many_as_the_rate_lets_begin(rate: float | None, copies: float) -> None:
    assert Pace(Limits(Limit(rate=rate))).copies_within(30) == copies


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [(Limit(1), 3.0), (Limit(2), 1.5), (Limit(2, rate=0.1), 10.0), (Limit(2, rate=100), 1.5)],
    ids=["one", "two", "slow-rate", "fast-rate"],
)
def test_a_family_goes_as_fast_as_its_connections_and_its_rate(limit: Limit, seconds: float) -> None:
    pace = pace_with(gmail_com=limit)
    pace.began(FAMILY, 0)
    assert pace.step(FAMILY, 3.0) == seconds


def test_nothing_is_known_of_the_speed_of_a_family_that_had_no_copy() -> None:
    assert pace_with().step(FAMILY, 3.0) == 0.0


# --- At the very moment -------------------------------------------------------------------------------------


def test_a_copy_that_began_when_somebody_asked_for_patience_does_not_go_on() -> None:
    pace = pace_with()
    pace.began(FAMILY, 0)
    pace.began(FAMILY, 5)
    pace.ended(FAMILY, Hint.FAMILY_BUSY, 5)
    assert not pace.still_may(FAMILY, 5)
    assert pace.still_may(FAMILY, 5.1)


def test_a_copy_that_began_when_its_family_opened_goes_on() -> None:
    pace = pace_with()
    pace.close({FAMILY: 5})
    assert pace.may_send(FAMILY, 4.9) == Wait(5)
    assert pace.may_send(FAMILY, 5) == GO
    pace.began(FAMILY, 5)
    assert pace.still_may(FAMILY, 5)
    assert not pace.still_may(FAMILY, 4.9)


def test_a_copy_follows_one_to_another_family_as_soon_as_its_own_rate_allows() -> None:
    pace = pace_with(gmail_com=Limit(rate=0.1))
    pace.began(FAMILY, 0)
    pace.ended(FAMILY, Hint.ACCEPTED, 1)
    pace.began("news.example", 1)
    assert not pace.may_follow(FAMILY, "news.example", 9.9)
    assert pace.may_follow(FAMILY, "news.example", 10)


# --- What the server hears ----------------------------------------------------------------------------------


def server_with(connections: int, rate: float | None = None) -> Pace:
    return Pace(Limits(Limit(connections, rate, 2), Limit(1000)))


def in_use(pace: Pace, now: float) -> int:
    """How many may be under way at the server; leaves no trace."""
    count = begin_all(pace, "news.example", now)
    end_all(pace, "news.example", count, Hint.NONE, now)
    return count


def answered(pace: Pace, hint: Hint, now: float) -> None:
    pace.began("news.example", now)
    pace.ended("news.example", hint, now)


@pytest.mark.parametrize(
    ("hint", "comes_back"),
    [(Hint.ACCEPTED, True), (Hint.NONE, False), (Hint.FAMILY_GREYLISTS, False), (Hint.FAMILY_BUSY, False)],
)
def test_only_what_a_server_takes_gives_trust_in_it_back(hint: Hint, comes_back: bool) -> None:
    pace = server_with(8)
    begin_all(pace, "news.example")
    end_all(pace, "news.example", 1, Hint.SERVER_BUSY)
    end_all(pace, "news.example", 7, Hint.NONE)
    assert in_use(pace, 1.0) == 4
    for step in range(1, 40):
        answered(pace, hint, step * STEP_SECONDS)
    assert begin_all(pace, "other.example", 500.0) == (8 if comes_back else 4)


def test_trust_that_has_come_back_goes_no_further_than_the_limit() -> None:
    pace = server_with(3, rate=6.0)
    begin_all(pace, "news.example")
    end_all(pace, "news.example", 1, Hint.SERVER_BUSY)
    for step in range(1, 200):
        answered(pace, Hint.ACCEPTED, step * STEP_SECONDS)
    assert pace.copies_within(10.0) == pytest.approx(60.0)
    # and a burst is allowed again
    assert begin_all(pace, "news.example", 3000.0) == 2
