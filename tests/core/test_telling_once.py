"""A copy tells each story once, and nothing of it is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.model import Candidate, LeftOut, Selection
from digest.core.selection import Rules, Selector
from subscribers.model import Bookmark, Profile, Section

TOPICS = ("economy", "energy")


def telling(number: int, story: int | None = 1, topic: str = "economy", **changes: bool | int) -> Candidate:
    plain = Candidate(number, number, Section.BRIEFING, (topic,), False, 0, False, number)
    return replace(plain, story=story, **changes)


def chosen(*candidates: Candidate, cap: int | None = None, profile: Profile | None = None) -> Selection:
    rules = Rules(frozenset(Section), cap, TOPICS)
    upto = max(one.number for one in candidates)
    return Selector(candidates, rules).regular(profile or Profile(), Bookmark(), upto)


def test_the_best_ranked_telling_stands_for_its_story() -> None:
    found = chosen(telling(1), telling(2, weight=1), telling(3), telling(4, None))
    assert found.numbers == (2, 4)
    assert found.left_out == {LeftOut.SAME_STORY: (3, 1)}
    assert found.next_bookmark == Bookmark(4)


@pytest.mark.parametrize("flag", ["is_in_front", "lead", "must_not_miss"])
def test_what_an_editor_flagged_stands_in_front(flag: str) -> None:
    flagged = replace(telling(1), **{flag: True})
    found = chosen(flagged, telling(2, weight=5), telling(3))
    assert found.numbers == (1,)


def test_who_put_a_telling_in_front_has_the_last_word() -> None:
    assert chosen(telling(1, lead=True), telling(2, is_in_front=True)).numbers == (2,)


def test_only_what_a_reader_wants_is_told_once() -> None:
    found = chosen(telling(1, topic="energy", lead=True), telling(2), profile=Profile(frozenset({"economy"})))
    assert found.numbers == (2,)
    assert found.left_out == {LeftOut.TOPIC_NOT_FOLLOWED: (1,)}


def test_a_story_counts_once_under_a_cap() -> None:
    found = chosen(telling(5), telling(4), telling(3, None), telling(2, None), cap=2)
    assert found.numbers == (5, 3)
    assert found.deferred == (2,)


def test_a_story_waits_whole() -> None:
    found = chosen(telling(1), telling(2), telling(3, None, weight=1), cap=1)
    assert found.deferred == (2, 1)
    assert LeftOut.SAME_STORY not in found.left_out
    later = Selector([telling(1), telling(2)], Rules(frozenset(Section), 1, TOPICS))
    again = later.regular(Profile(), found.next_bookmark, 3)
    assert (again.numbers, again.left_out) == ((1,), {LeftOut.SAME_STORY: (2,)})


def test_a_story_that_nobody_must_miss_waits_for_no_cap() -> None:
    found = chosen(
        telling(1, must_not_miss=True), telling(2, is_in_front=True), telling(3, None, weight=9), cap=1
    )
    assert found.numbers == (2,), "it takes the room of what is heavier"
    assert found.deferred == (3,)


def test_what_came_before_is_no_reason_to_leave_out_what_comes_now() -> None:
    desk = Selector([telling(1), telling(2)], Rules(frozenset(Section), None, TOPICS))
    assert desk.regular(Profile(), Bookmark(1), 2).numbers == (2,)


def test_by_hand_the_choice_of_an_editor_stands() -> None:
    desk = Selector([telling(1), telling(2)], Rules(frozenset(Section), None, TOPICS))
    by_hand = {"since": 0, "upto": 2, "ignore_bookmarks": False}
    both = desk.by_hand(Profile(), Bookmark(), chosen=[1, 2], **by_hand)  # type: ignore[arg-type]
    assert sorted(both.numbers) == [1, 2]
    wished = desk.by_hand(Profile(), Bookmark(), chosen=None, **by_hand)  # type: ignore[arg-type]
    assert (wished.numbers, wished.left_out) == ((2,), {LeftOut.SAME_STORY: (1,)})
    assert wished.next_bookmark == Bookmark(0, ahead=(1, 2)), "neither comes again"


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12), st.integers(1, 6))
def test_under_any_cap_no_story_is_told_twice_or_torn(items: list[tuple[int, bool]], cap: int) -> None:
    candidates = {
        number: telling(number, story or None, must_not_miss=must)
        for number, (story, must) in enumerate(items, 1)
    }
    found = chosen(*candidates.values(), cap=cap)
    told = [story for n in found.numbers if (story := candidates[n].story) is not None]
    assert len(told) == len(set(told))
    left = {candidates[n].story for n in found.left_out.get(LeftOut.SAME_STORY, ())}
    waiting = {story for n in found.deferred if (story := candidates[n].story) is not None}
    assert left <= set(told)
    assert not waiting & set(told)
