"""Several who send keep a limit together, whoever comes, goes, freezes, and looks at whatever moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from digest.core.pace import GO, Hint, Limit, Limits, Pace, Wait
from digest.core.shares import (
    BEAT,
    FRESH_FOR,
    LOOKS_BACK,
    SILENT_FOR,
    Part,
    SharedLimits,
    Stay,
    parts_of,
    silent,
)

START: Final = datetime(2026, 3, 1, 6, tzinfo=UTC)
FAMILIES: Final = ("gmail.com", "yahoo.com", "outlook.com", "example.org")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@given(most=some.integers(0, 500), of=some.integers(1, 40), name=some.text(max_size=20))
def test_parts_of_one_roll_add_up_to_the_whole(most: int, of: int, name: str) -> None:
    parts = [Part(index, of).whole_number(most, name) for index in range(of)]
    assert sum(parts) == most
    assert max(parts) - min(parts) <= 1


@given(copies=some.integers(0, 500), of=some.integers(1, 40))
def test_what_may_still_go_out_today_is_shared_out_and_no_copy_twice(copies: int, of: int) -> None:
    shares = [SharedLimits.of(Limits(), [Part(index, of)]) for index in range(of)]
    assert sum(share.copies_of(copies) for share in shares) == copies
    assert SharedLimits.of(Limits(), [Part(0, 1), Part(0, of)]).copies_of(copies) == shares[0].copies_of(
        copies
    )
    assert SharedLimits.of(Limits(), []).copies_of(copies) == 0


def test_a_burst_is_shared_out_too_and_everybody_has_one() -> None:
    whole = Limits(Limit(40, rate=10.0, burst=20))
    for of, burst in ((1, 20), (4, 5), (40, 1)):
        limit = SharedLimits.of(whole, [Part(0, of)]).of_server()
        assert limit is not None
        assert (limit.burst, limit.rate) == (burst, 10.0 / of)


def test_who_gets_one_more_differs_from_family_to_family() -> None:
    getting = {index for name in FAMILIES for index in range(4) if Part(index, 4).whole_number(1, name) == 1}
    assert len(getting) > 1


def test_who_stands_alone_for_long_has_all() -> None:
    assert parts_of(7, [Stay(7, at(0))], at(60)) == (Part(0, 1),)


def test_a_newcomer_has_nothing_until_everybody_has_seen_it() -> None:
    stays = [Stay(1, at(0)), Stay(2, at(100))]
    assert parts_of(2, stays, at(100) + LOOKS_BACK) == (Part(1, 2),)
    assert parts_of(2, stays, at(100) + LOOKS_BACK - timedelta(seconds=1)) == ()
    # the other one makes room at its first look
    assert set(parts_of(1, stays, at(100))) == {Part(0, 1), Part(0, 2)}


def test_a_newcomer_begins_at_once_when_all_before_it_have_left() -> None:
    assert parts_of(1, [Stay(1, at(100))], at(100)) == (Part(0, 1),)
    assert parts_of(2, [Stay(1, at(0), at(99)), Stay(2, at(100))], at(100)) == (Part(0, 1),)
    # one that came before it has left, and one that came before that has not
    assert parts_of(3, [Stay(1, at(0)), Stay(2, at(1), at(99)), Stay(3, at(100))], at(100)) == ()


def test_the_part_of_who_left_is_free_a_little_later() -> None:
    stays = [Stay(1, at(0)), Stay(2, at(0), at(100))]
    assert set(parts_of(1, stays, at(101))) == {Part(0, 2), Part(0, 1)}
    assert parts_of(1, stays, at(101) + LOOKS_BACK) == (Part(0, 1),)


def test_who_is_not_on_the_roll_has_nothing() -> None:
    assert parts_of(3, [Stay(1, at(0))], at(60)) == ()


_STAYS: Final = some.lists(
    some.tuples(
        some.floats(0, 120),
        # how long it stays, and when it looks after each beat; a frozen one stops looking before it is gone
        some.floats(0, 90),
        some.lists(some.floats(0, BEAT), min_size=30, max_size=30),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=300, deadline=None)
@given(comings=_STAYS, most=some.integers(1, 9), moments=some.lists(some.floats(0, 240), min_size=20))
@example(comings=[(0, 90, [0.0] * 30), (50, 20, [2.5] * 30)], most=1, moments=[float(n) for n in range(200)])
def test_whoever_comes_goes_or_freezes_nobody_has_what_another_one_has(
    comings: list[tuple[float, float, list[float]]], most: int, moments: list[float]
) -> None:
    # one that is frozen is taken off the roll when it has been silent for long enough
    gone = SILENT_FOR.total_seconds()
    stays = [Stay(n, at(since), at(since + stay + gone)) for n, (since, stay, _) in enumerate(comings)]
    for moment in moments:
        shares = []
        for place, (since, stay, delays) in enumerate(comings):
            looks = [since + turn * BEAT + delay for turn, delay in enumerate(delays)]
            taken = [one for one in looks if one <= min(moment, since + stay)]
            if taken and moment - taken[-1] < FRESH_FOR:
                look = at(taken[-1])
                # nobody sees the future
                seen = [
                    Stay(one.place, one.since, one.until if one.until and one.until <= look else None)
                    for one in stays
                    if one.since <= look
                ]
                shares.append(parts_of(place, seen, look))
        limits = [SharedLimits.of(Limits(Limit(most, rate=12.0), Limit(most)), parts) for parts in shares]
        servers = [limit for one in limits if (limit := one.of_server())]
        assert sum(one.connections for one in servers) <= most
        assert sum(one.rate or 0 for one in servers) <= 12.0 + 1e-9
        for family in FAMILIES:
            places = [limit.connections for one in limits if (limit := one.of_family(family))]
            assert sum(places) <= most


def test_who_is_silent_is_known_by_it_and_by_nothing_else() -> None:
    heard = {"quick": at(99), "quiet": at(70), "gone": at(10)}
    assert silent(heard, listening_since=at(0), now=at(100)) == {"quiet", "gone"}
    # the store itself was away until a moment ago
    assert silent(heard, listening_since=at(90), now=at(100)) == frozenset()
    assert silent(heard, listening_since=at(90), now=at(90) + SILENT_FOR) == {"quiet", "gone"}


def test_a_family_with_fewer_places_than_senders_goes_by_some_of_them() -> None:
    whole = Limits(Limit(40), Limit(40), {"gmail.com": Limit(1, rate=2.0)})
    shared = [SharedLimits.of(whole, [Part(index, 4)]) for index in range(4)]
    assert [one.may_bar for one in shared] == [True] * 4
    having = [limit for one in shared if (limit := one.of_family("gmail.com"))]
    assert having == [Limit(1, rate=0.5)]
    paces = [Pace(whole) for _ in shared]
    for pace, one in zip(paces, shared, strict=True):
        pace.adopt(one, now=0.0)
    answers = [pace.may_send("gmail.com", 1.0) for pace in paces]
    assert answers.count(GO) == 1
    waits = [one.until for one in answers if isinstance(one, Wait)]
    assert all(until > 31.0 for until in waits)
    assert all(pace.may_send("example.org", 1.0) == GO for pace in paces)


@pytest.mark.parametrize("parts", [(), (Part(3, 4),)], ids=["no-part", "last-of-four"])
def test_without_a_place_nothing_begins(parts: tuple[Part, ...]) -> None:
    pace = Pace(Limits(Limit(1), Limit(1)))
    pace.adopt(SharedLimits.of(Limits(Limit(1), Limit(1)), parts), now=0.0)
    share = SharedLimits.of(Limits(Limit(1), Limit(1)), parts).of_server()
    assert isinstance(pace.may_send_any(1.0), Wait) == (share is None)


def test_a_pace_keeps_what_it_learned_when_its_share_changes() -> None:
    whole = Limits(Limit(20), Limit(20))
    pace = Pace(whole)
    for _ in range(8):
        pace.began("gmail.com", 0.0)
    for _ in range(8):
        pace.ended("gmail.com", Hint.FAMILY_BUSY, 1.0)
    # halved from eight in use; half of the limit is more than that
    pace.adopt(SharedLimits.of(whole, [Part(0, 2)]), now=2.0)
    assert _room(pace, "gmail.com", 3.0) == 4
    assert _room(pace, "example.org", 3.0) == 6
    pace.adopt(SharedLimits.of(whole, [Part(0, 10)]), now=4.0)
    assert isinstance(pace.may_send_any(5.0), Wait)


def _room(pace: Pace, family: str, now: float) -> int:
    """How many may begin now; they stay under way."""
    begun = 0
    while pace.may_send(family, now) == GO:
        pace.began(family, now)
        begun += 1
    return begun


@given(copies=some.integers(0, 10_000), of=some.integers(1, 9))
def test_a_daily_ceiling_is_divided_without_a_remainder(copies: int, of: int) -> None:
    shares = [SharedLimits.of(Limits(), [Part(index, of)]) for index in range(of)]
    assert sum(one.copies_of(copies) for one in shares) == copies
    assert all(abs(a.copies_of(copies) - b.copies_of(copies)) <= 1 for a, b in pairwise(shares))
