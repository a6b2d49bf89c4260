"""Turns and pace together, over simulated time: limits hold, nobody starves, trust comes back."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.pace import Hint, Limit, Limits, Pace, Wait
from digest.core.turns import Turns

FAMILIES = ("gmail.com", "outlook.com", "news.example")
#: What a family says to a copy that began at a time.
Answers = Callable[[str, float], Hint]


@dataclass
class Run:
    """What happened: when each copy began, and what was under way at most."""

    began: list[tuple[float, str, int]] = field(default_factory=list)
    accepted: list[tuple[float, str]] = field(default_factory=list)
    most_under_way: Counter[str] = field(default_factory=Counter)
    ended_at: float = 0.0

    def times(self, family: str | None = None) -> list[float]:
        return [time for time, of, _ in self.began if family in (None, of)]


def run(
    families: Iterable[str],
    limits: Limits,
    *,
    answers: Answers = lambda family, now: Hint.ACCEPTED,
    lanes: int = 8,
    seconds: float = 0.05,
    until: float = inf,
) -> Run:
    """Lanes take copies and give them back as a conductor would; each copy takes so many seconds."""
    pace = Pace(limits)
    turns: Turns[int] = Turns(pace)
    for number, family in enumerate(families):
        turns.add(family, number)
    told, under_way, now = Run(), Counter[str](), 0.0
    ends: list[tuple[float, int, str, Hint]] = []
    while now < until:
        taken = turns.take(now) if len(ends) < lanes else Wait(inf)
        if isinstance(taken, tuple):
            family, number = taken
            told.began.append((now, family, number))
            heapq.heappush(ends, (now + seconds, number, family, answers(family, now)))
            under_way[family] += 1
            told.most_under_way[family] = max(told.most_under_way[family], under_way[family])
            told.most_under_way["all"] = max(told.most_under_way["all"], under_way.total())
            continue
        if not ends and taken is None:
            break
        opens_at = taken.until if taken else inf
        if ends and ends[0][0] <= opens_at:
            now, _, family, hint = heapq.heappop(ends)
            under_way[family] -= 1
            pace.ended(family, hint, now)
            if hint is Hint.ACCEPTED:
                told.accepted.append((now, family))
        else:
            assert now < opens_at < inf, "waits for nothing"
            now = opens_at
    told.ended_at = now
    return told


RATES = st.one_of(st.none(), st.floats(0.5, 200))
LIMITS = st.builds(Limit, connections=st.integers(1, 6), rate=RATES, burst=st.integers(1, 4))
MAILS = st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=60)
HINTS = st.lists(st.sampled_from(list(Hint)), min_size=1, max_size=20)


def saying(hints: list[Hint]) -> Answers:
    """Any answers, over and over."""
    turn = iter(range(10**9))
    return lambda family, now: hints[next(turn) % len(hints)]


@given(MAILS, LIMITS, LIMITS, HINTS)
def test_no_more_are_under_way_than_the_limits_allow(
    mails: list[str], server: Limit, family: Limit, hints: list[Hint]
) -> None:
    told = run(mails, Limits(server, family), answers=saying(hints))
    assert told.most_under_way.pop("all") <= server.connections
    assert max(told.most_under_way.values()) <= family.connections


@given(MAILS, LIMITS, LIMITS, HINTS)
def test_no_span_of_time_sees_more_than_its_rate_and_a_burst(
    mails: list[str], server: Limit, family: Limit, hints: list[Hint]
) -> None:
    told = run(mails, Limits(server, family), answers=saying(hints))
    keeps_rate(told.times(), server)
    for name in FAMILIES:
        keeps_rate(told.times(name), family)


def keeps_rate(times: list[float], limit: Limit) -> None:
    if limit.rate is None:
        return
    for first in range(len(times)):
        for last in range(first, len(times)):
            allowed = limit.burst + limit.rate * (times[last] - times[first])
            assert last - first + 1 <= allowed + 1e-6


@given(MAILS, LIMITS, LIMITS, HINTS)
def test_every_copy_gets_its_turn_once_and_in_the_order_of_its_family(
    mails: list[str], server: Limit, family: Limit, hints: list[Hint]
) -> None:
    told = run(mails, Limits(server, family), answers=saying(hints))
    numbers = defaultdict(list)
    for _, of, number in told.began:
        numbers[of].append(number)
        assert mails[number] == of
    assert sorted(number for _, _, number in told.began) == list(range(len(mails)))
    assert all(of == sorted(of) for of in numbers.values())


def test_where_nothing_is_limited_copies_go_in_the_order_in_which_they_came() -> None:
    mails = [FAMILIES[number % 3] for number in range(100)]
    told = run(mails, Limits())
    assert [number for _, _, number in told.began] == list(range(100))


def test_a_rate_is_kept_and_also_reached() -> None:
    told = run(["gmail.com"] * 500, Limits(server=Limit(connections=20, rate=50)))
    assert told.times()[-1] == pytest.approx(499 / 50)


@pytest.mark.parametrize("slow", ["gmail.com", "outlook.com"])
def test_a_family_that_wants_silence_holds_up_nobody_else(slow: str) -> None:
    mails = [FAMILIES[number % 3] for number in range(3000)]

    def answers(family: str, now: float) -> Hint:
        return Hint.FAMILY_BUSY if family == slow else Hint.ACCEPTED

    troubled = run(mails, Limits(), answers=answers, until=60)
    others = [family for family in mails if family != slow]
    alone = run(others, Limits())
    assert Counter(family for _, family in troubled.accepted) == Counter(others)
    assert max(time for time, _ in troubled.accepted) < alone.ended_at + 0.5
    # and the slow one was left in peace: one wave, then ever longer pauses
    assert len(troubled.times(slow)) < 20


def test_after_the_trouble_the_full_rate_comes_back_and_stays() -> None:
    trouble_ends = 120.0

    def answers(family: str, now: float) -> Hint:
        return Hint.FAMILY_BUSY if now < trouble_ends else Hint.ACCEPTED

    limits = Limits(server=Limit(20), family=Limit(20, rate=100))
    told = run(["gmail.com"] * 60_000, limits, answers=answers, lanes=20, until=trouble_ends + 480)
    last_minute = [time for time in told.times() if time >= trouble_ends + 420]
    assert len(last_minute) == pytest.approx(60 * 100, rel=0.01)


def test_a_provider_with_a_limit_of_its_own_is_found_out_and_seldom_overrun() -> None:
    """It takes ten a second, and refuses what is above: we settle near it."""
    taken: list[float] = []

    def answers(family: str, now: float) -> Hint:
        if sum(time > now - 1 for time in taken[-10:]) >= 10:
            return Hint.FAMILY_BUSY
        taken.append(now)
        return Hint.ACCEPTED

    told = run(["gmail.com"] * 60_000, Limits(), answers=answers, lanes=20, seconds=0.2, until=600)
    accepted, begun = len(told.accepted), len(told.began)
    assert accepted > 0.5 * 600 * 10
    assert begun - accepted < 0.05 * begun


def turns_of(pace: Pace, *mails: str) -> Turns[str]:
    """Mails named by their family and a number, such as `a1`."""
    turns: Turns[str] = Turns(pace)
    for mail in mails:
        turns.add(mail[0], mail)
    return turns


def taken(turns: Turns[str], pace: Pace, now: float) -> str | None:
    """The next, which ends at once."""
    turn = turns.take(now)
    if not isinstance(turn, tuple):
        return None
    pace.ended(turn[0], Hint.ACCEPTED, now)
    return turn[1]


def test_families_that_stepped_aside_take_turns_and_come_before_what_is_newer() -> None:
    pace = Pace(Limits(family=Limit(rate=1)))
    turns = turns_of(pace, "a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2")
    begin = [taken(turns, pace, 0) for _ in range(4)]
    assert begin == ["a1", "b1", "c1", None]
    turns.add("d", "d1")
    assert [taken(turns, pace, now) for now in range(10, 70, 10)] == ["a2", "b2", "c2", "a3", "b3", "d1"]


def test_copies_that_must_wait_long_can_be_given_back() -> None:
    pace = Pace(Limits(family=Limit(connections=1, rate=0.01)))
    turns: Turns[str] = Turns(pace)
    for item, family in (
        ("a", "slow.example"),
        ("b", "slow.example"),
        ("c", "news.example"),
        ("d", "slow.example"),
    ):
        turns.add(family, item)
    assert turns.take(0) == ("slow.example", "a")
    assert turns.take(0) == ("news.example", "c")
    pace.ended("slow.example", Hint.ACCEPTED, 1)
    assert turns.take(1) == Wait(100)
    assert turns.take_late(199, 1, 0.1) == []
    assert turns.take_late(150, 1, 0.1) == [("d", 199)]
    assert len(turns) == 1
    assert turns.take_late(99, 1, 0.1) == []
    assert turns.take_late(30, 1, 0.1) == [("b", 99)]
    assert len(turns) == 0
    assert turns.take(1) is None


def test_all_of_a_family_that_is_closed_wait_for_the_same_moment() -> None:
    pace = Pace(Limits())
    pace.close({"a": 50})
    turns = turns_of(pace, "a1", "a2")
    assert turns.take(0) == Wait(50)
    assert turns.take_late(50, 0, 0.1) == []
    assert turns.take_late(49, 0, 0.1) == [("a1", 50), ("a2", 50)]


def test_behind_few_connections_those_are_late_whose_turn_comes_late() -> None:
    pace = Pace(Limits(server=Limit(10), family=Limit(connections=2)))
    turns = turns_of(pace, *(f"a{number}" for number in range(100)))
    assert [turns.take(0) for _ in range(3)] == [("a", "a0"), ("a", "a1"), Wait(inf)]
    # two at a time, three seconds each: 98 copies take 147 seconds
    late = turns.take_late(30, 0, 3.0)
    assert [item for item, _ in late] == [f"a{number}" for number in range(23, 100)]
    assert (late[0][1], late[-1][1]) == (31.5, 145.5)
    assert len(turns) == 21


# --- Behind another one -------------------------------------------------------------------------------------


def test_one_that_follows_takes_no_place_of_its_own() -> None:
    pace = Pace(Limits(server=Limit(2), family=Limit(1)))
    turns = turns_of(pace, "a1", "a2", "b1", "b2", "c1")
    assert turns.take(0) == ("a", "a1")
    assert turns.take(0) == ("b", "b1")
    assert turns.take(0) == Wait(inf)
    assert turns.take_behind("a", 0) == ("a", "a2")
    # the place of a is inherited already, and b has one place only
    assert turns.take_behind("b", 0) == ("b", "b2")
    pace.ended("a", Hint.ACCEPTED, 1, has_heir=True)
    pace.ended("b", Hint.ACCEPTED, 1, has_heir=True)
    assert turns.take(1) == Wait(inf)
    pace.ended("a", Hint.ACCEPTED, 2)
    assert turns.take(2) == ("c", "c1")


def test_one_to_another_family_follows_when_that_has_room() -> None:
    pace = Pace(Limits(server=Limit(2), family=Limit(1)))
    turns = turns_of(pace, "a1", "b1", "b2", "a2")
    assert turns.take(0) == ("a", "a1")
    assert turns.take_behind("a", 0) == ("b", "b1")
    # the family that was left has room again
    assert turns.take(0) == ("a", "a2")
    assert turns.take_behind("a", 0) is None
    assert len(turns) == 1


def test_what_follows_is_part_of_the_rate() -> None:
    pace = Pace(Limits(server=Limit(connections=5, rate=1, burst=2)))
    turns = turns_of(pace, "a1", "a2", "a3")
    assert turns.take(0) == ("a", "a1")
    assert turns.take_behind("a", 0) == ("a", "a2")
    assert turns.take_behind("a", 0) is None
    assert turns.take(0) == Wait(1)


def test_what_follows_one_that_is_asked_for_patience_is_put_back_and_comes_first() -> None:
    pace = Pace(Limits())
    turns = turns_of(pace, "a1", "a2", "b1", "a3")
    assert turns.take(0) == ("a", "a1")
    assert turns.take_behind("a", 1) == ("a", "a2")
    assert pace.still_may("a", 1)
    pace.ended("a", Hint.FAMILY_BUSY, 2, has_heir=True)
    assert not pace.still_may("a", 1)
    turns.put_back("a", "a2", 2)
    assert turns.take(2) == ("b", "b1")
    assert turns.take(2) == Wait(4)
    assert turns.take(4) == ("a", "a2")


@given(MAILS, LIMITS, LIMITS, HINTS)
def test_connections_that_look_ahead_keep_to_the_limits(
    mails: list[str], server: Limit, family: Limit, hints: list[Hint]
) -> None:
    pace, now, said = Pace(Limits(server, family)), 0.0, saying(hints)
    turns: Turns[int] = Turns(pace)
    for number, name in enumerate(mails):
        turns.add(name, number)
    lanes: list[tuple[str, str | None]] = []
    done = 0
    while done < len(mails):
        now += 0.05
        while len(lanes) < 8 and isinstance(taken := turns.take(now), tuple):
            lanes.append((taken[0], None))
        lanes = [
            (name, ahead if ahead or not (found := turns.take_behind(name, now)) else found[0])
            for name, ahead in lanes
        ]
        # a copy that has an heir has left it its place
        places = Counter(ahead or name for name, ahead in lanes)
        assert places.total() <= server.connections
        assert not places or max(places.values()) <= family.connections
        if not lanes:
            now += 64
            continue
        name, ahead = lanes.pop(0)
        pace.ended(name, said(name, now), now, has_heir=ahead is not None)
        done += 1
        if ahead is not None:
            lanes.append((ahead, None))
    assert len(turns) == 0
    assert not lanes


def test_with_nothing_at_hand_there_is_nothing_to_wait_for() -> None:
    pace = Pace(Limits(server=Limit(connections=1)))
    turns: Turns[str] = Turns(pace)
    assert turns.take(0) is None
    turns.add("news.example", "a")
    turns.add("news.example", "b")
    assert turns.take(0) == ("news.example", "a")
    assert turns.take(0) == Wait(inf)
    assert len(turns) == 1
