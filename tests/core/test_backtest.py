"""The typical issue of the last weeks, for a wish that is new."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from digest.core.backtest import Published, Typical, back_test, begin_of_test
from digest.core.model import Candidate
from digest.core.selection import Rules
from subscribers.model import WEEKDAYS, Cadence, Profile, Section

#: A Saturday noon.
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
RULES = Rules(frozenset(Section), None, ("economy", "society"))
DAILY = Cadence(WEEKDAYS, time(7, 0), "UTC")
WEEKLY = Cadence(("mon",), time(7, 0), "UTC")
ECONOMY = Profile(topics=frozenset({"economy"}))


def news(days: int, *, per_day: int = 2, seconds: float = 30.0) -> list[Published]:
    """So many items a day for so many days up to now, the first of each day on the economy."""
    found = []
    for day in range(days):
        for item in range(per_day):
            number = day * per_day + item + 1
            topic = "economy" if item == 0 else "society"
            candidate = Candidate(
                number,
                number,
                Section.BRIEFING,
                (topic,),
                lead=False,
                weight=0,
                retracted=False,
                batch=number,
            )
            at = NOW - timedelta(days=days - day, hours=-item)
            found.append(Published(candidate, at, seconds))
    return found


@pytest.mark.parametrize(
    ("cadence", "profile", "found"),
    [
        (WEEKLY, ECONOMY, Typical(4, 7, 7 * 30.0)),
        (WEEKLY, Profile(), Typical(4, 14, 14 * 30.0)),
        (DAILY, ECONOMY, Typical(28, 1, 30.0)),
        (Cadence(WEEKDAYS, time(7, 0), "UTC", at_once=True), Profile(), Typical(55, 1, 30.0)),
        (Cadence(("monthly",), time(7, 0), "UTC"), ECONOMY, Typical(1, 31, 31 * 30.0)),
        (Cadence(("monthly",), time(7, 0), "UTC"), Profile(), Typical(1, 62, 62 * 30.0)),
    ],
)
def test_what_would_have_come(cadence: Cadence, profile: Profile, found: Typical) -> None:
    assert back_test(cadence, profile, news(70), RULES, NOW) == found


def test_what_a_cap_put_off_comes_with_the_next_one() -> None:
    capped = Profile(topics=frozenset({"economy"}), max_items=5)
    assert back_test(WEEKLY, capped, news(70), RULES, NOW) == Typical(4, 5, 150.0)


def test_issues_without_anything_are_not_counted() -> None:
    assert back_test(DAILY, ECONOMY, news(3), RULES, NOW) == Typical(3, 1, 30.0)
    assert back_test(DAILY, Profile(topics=frozenset({"art"})), news(30), RULES, NOW) is None
    assert back_test(DAILY, ECONOMY, [], RULES, NOW) is None


def test_the_first_slot_that_is_tried_has_a_whole_week_behind_it() -> None:
    begin = begin_of_test(WEEKLY, NOW)
    assert (begin.weekday(), begin) == (0, datetime(2026, 10, 26, 7, 0, tzinfo=UTC))
    (one,) = [item for item in news(70, per_day=1) if item.at == begin + timedelta(hours=5)]
    assert back_test(WEEKLY, ECONOMY, [one], RULES, NOW) == Typical(1, 1, 30.0)


@pytest.mark.parametrize(("issues", "items"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)])
def test_of_issues_that_differ_the_one_in_the_middle_is_typical(issues: int, items: int) -> None:
    # one item on the first day, two on the second
    past = [
        item
        for day, group in enumerate(range(0, 60, 10))
        for item in news(6, per_day=10)[group : group + day + 1]
        if day < issues
    ]
    assert back_test(DAILY, Profile(), past, RULES, NOW) == Typical(issues, items, items * 30.0)


def test_news_at_once_of_this_moment_would_have_come() -> None:
    at_once = Cadence(WEEKDAYS, time(7, 0), "UTC", at_once=True)
    now = news(1)[0].at
    assert back_test(at_once, Profile(), news(1), RULES, now) == Typical(1, 1, 30.0)
