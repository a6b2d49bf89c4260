"""Which new briefings come into which stories, when many come out at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from digest.core.joining import Near, Stories
from digest.core.likeness import Traits, likeness, traits_of
from tests.flows.tellings import MILL, OTHER_MILL

DAY = date(2026, 11, 24)
#: 1, 2 and 3 tell of one event, 4 and 5 of another one.
TRAITS: dict[int, Traits] = {
    place: traits_of(title, (text,), DAY, "en", source)
    for place, (source, title, text) in enumerate(
        (*MILL, OTHER_MILL, ("Coast Wire", OTHER_MILL[1], OTHER_MILL[2])), start=1
    )
}


def stories(
    members: Mapping[int, Collection[int]] | None = None,
    apart: Mapping[int, Collection[int]] | None = None,
) -> Stories:
    return Stories(members or {}, TRAITS, apart or {})


def near(one: int, *others: int) -> list[Near]:
    return [Near(other, likeness(TRAITS[one], TRAITS[other])) for other in others]


def taken(into: Stories, one: int, *others: int) -> list[tuple[int, int]]:
    return [(joined.id, joined.story) for joined in into.take_in(one, near(one, *others))]


def test_two_that_stand_alone_begin_a_story_and_a_third_comes_into_it() -> None:
    mine = stories()
    assert taken(mine, 1, 2) == [(2, -1), (1, -1)]
    assert taken(mine, 3, 2) == [(3, -1)]


def test_stories_that_begin_together_are_told_apart() -> None:
    mine = stories({7: [9]})
    assert taken(mine, 1, 2) == [(2, -1), (1, -1)]
    assert taken(mine, 5, 4) == [(4, -2), (5, -2)]


def test_each_that_comes_in_is_told_with_the_likeness_by_which_it_did() -> None:
    (one,) = near(1, 2)
    assert [joined.likeness for joined in stories().take_in(1, [one])] == [one.likeness] * 2


def test_a_story_that_there_is_takes_in_what_tells_of_the_same() -> None:
    assert taken(stories({7: [2, 3]}), 1, 2) == [(1, 7)]


def test_one_that_came_in_by_another_stays_where_it_is() -> None:
    mine = stories()
    taken(mine, 1, 2)
    assert taken(mine, 2, 1) == []


def test_one_that_is_like_less_than_half_of_a_story_stays_out() -> None:
    assert taken(stories({7: [2, 4, 5]}), 1, 2) == []
    assert taken(stories({7: [2, 3, 4, 5]}), 1, 2) == [(1, 7)]


def test_what_was_split_from_one_member_does_not_come_in_by_another() -> None:
    assert taken(stories({7: [2, 3]}, {1: [3]}), 1, 2) == []


def test_what_was_split_from_the_likest_may_fit_the_next() -> None:
    assert taken(stories(apart={1: [2]}), 1, 2, 3) == [(3, -1), (1, -1)]


def test_what_is_not_the_same_joins_nothing() -> None:
    assert taken(stories(), 1, 4) == []
