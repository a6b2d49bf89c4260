"""The ledger made anew says the same as one that is kept with sets of numbers, reader by reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.accounts import (
    Content,
    History,
    Mark,
    Missed,
    Part,
    Span,
    content_of,
    judged,
    numbers_in,
    part_of,
    span_of,
)
from digest.core.binding import Fate
from digest.core.damage import Damage
from digest.core.model import DeliveryStatus, LeftOut, Skip

NEWEST = 12
NOTHING = Mark(0, (), ())


def fate(status: DeliveryStatus, reason: str = "", *, in_doubt: bool = False) -> Fate:
    return Fate(status, reason, in_doubt=in_doubt)


@pytest.mark.parametrize(
    ("end", "part"),
    [
        (fate(DeliveryStatus.SENT), Part.INCLUDES),
        (fate(DeliveryStatus.PLANNED), Part.INCLUDES),
        (fate(DeliveryStatus.SENDING), Part.INCLUDES),
        (fate(DeliveryStatus.DEFERRED), Part.INCLUDES),
        (fate(DeliveryStatus.UNCERTAIN), Part.INCLUDES),
        (fate(DeliveryStatus.REFUSED, "spam"), Part.ENDED),
        (fate(DeliveryStatus.EXPIRED, "gave-up"), Part.GAVE_BACK),
        # it may have arrived, so nothing is owed again
        (fate(DeliveryStatus.EXPIRED, "gave-up", in_doubt=True), Part.ENDED),
        (fate(DeliveryStatus.SKIPPED, Skip.PAUSED), Part.GAVE_BACK),
        (fate(DeliveryStatus.SKIPPED, Skip.CANCELLED), Part.GAVE_BACK),
        (fate(DeliveryStatus.SKIPPED, Skip.NOT_APPROVED), Part.GAVE_BACK),
        (fate(DeliveryStatus.SKIPPED, "left-and-came-back"), Part.GAVE_BACK),
        (fate(DeliveryStatus.SKIPPED, Skip.PAUSED, in_doubt=True), Part.ENDED),
        (fate(DeliveryStatus.SKIPPED, Skip.LEFT), Part.ENDED),
        # the word of a skip is no word of a refusal
        (fate(DeliveryStatus.REFUSED, Skip.PAUSED), Part.ENDED),
    ],
)
def test_a_copy_is_to_the_ledger(end: Fate, part: Part) -> None:
    assert part_of(end) is part


@given(st.sets(st.integers(0, 300)))
def test_a_set_of_numbers_comes_out_again(numbers: set[int]) -> None:
    span = span_of(numbers)
    assert list(numbers_in(span.mask)) == sorted(numbers)
    assert span.lowest == min(numbers, default=0)


def test_no_numbers_are_no_bits() -> None:
    assert span_of(()) == Span(0, 0)


@given(st.integers(-2, 20), st.sets(st.integers(-2, 20)), st.sets(st.integers(-2, 20)))
def test_a_reader_is_owed_what_lies_above_the_cut_and_what_was_put_off(
    cut: int, deferred: set[int], ahead: set[int]
) -> None:
    above = {number for number in range(1, NEWEST + 1) if number > cut and number not in ahead}
    owed = Mark(cut, tuple(deferred), tuple(ahead)).owes(NEWEST)
    assert set(numbers_in(owed)) == above | {number for number in deferred if number > 0}


def test_a_copy_by_hand_decides_of_other_tellings_alone() -> None:
    left_out = {LeftOut.SAME_STORY.value: (3,), LeftOut.TOPIC_NOT_FOLLOWED.value: (4, 5)}
    regular = content_of(7, (1, 2), left_out, by_hand=False, ignores_bookmarks=False)
    assert regular == Content(7, span_of((1, 2)), span_of((3, 4, 5)), by_bookmarks=True)
    by_hand = content_of(7, (1, 2), left_out, by_hand=True, ignores_bookmarks=True)
    assert by_hand == Content(7, span_of((1, 2)), span_of((3,)), by_bookmarks=False)
    plain = content_of(7, (1,), {}, by_hand=True, ignores_bookmarks=False)
    assert plain == Content(7, span_of((1,)), Span(), by_bookmarks=True)


def test_what_was_taken_out_of_a_copy_by_hand_is_decided() -> None:
    left_out = {LeftOut.RETRACTED.value: (2,), LeftOut.SECTION_NOT_CHOSEN.value: (4,)}
    by_hand = content_of(7, (1,), left_out, by_hand=True, ignores_bookmarks=False)
    assert by_hand == Content(7, span_of((1,)), span_of((2,)), by_bookmarks=True)


# --- Judged -------------------------------------------------------------------------------------------------

some_numbers = st.sets(st.integers(1, NEWEST), max_size=4)
some_contents = st.dictionaries(
    st.integers(1, 6),
    st.builds(
        lambda issue, carried, out, by_bookmarks: Content(
            issue, span_of(carried), span_of(out), by_bookmarks
        ),
        st.integers(1, 4),
        some_numbers,
        some_numbers,
        st.booleans(),
    ),
    min_size=4,
)
histories = st.builds(
    History,
    st.integers(0, NEWEST),
    st.builds(
        lambda cut, deferred, ahead: Mark(cut, tuple(sorted(deferred)), tuple(sorted(ahead))),
        st.integers(0, NEWEST),
        some_numbers,
        some_numbers,
    ),
    st.lists(
        st.builds(Missed, st.integers(0, NEWEST), st.integers(0, NEWEST), some_numbers.map(tuple)), max_size=2
    ).map(tuple),
    st.lists(st.tuples(st.integers(1, 6), st.sampled_from([part.value for part in Part])), max_size=8),
)


def kept_with_sets(history: History, contents: Mapping[int, Content]) -> dict[Damage, set[int]]:
    """The same ledger, number by number."""
    known = [(contents[cohort], part) for cohort, part in history.copies if cohort in contents]
    included = Counter(
        number
        for content, part in known
        if part == Part.INCLUDES and content.by_bookmarks
        for number in numbers_in(content.carried.mask)
    )
    reasons = {
        number for content, _ in known if content.by_bookmarks for number in numbers_in(content.left_out.mask)
    }
    for content, part in known:
        if part == (Part.ENDED if content.by_bookmarks else Part.INCLUDES):
            reasons |= set(numbers_in(content.carried.mask))
    for gap in history.gaps:
        reasons |= {*range(gap.after + 1, gap.upto + 1), *gap.numbers}
    owed = set(numbers_in(history.mark.owes(NEWEST)))
    promised = set(range(history.began_after + 1, NEWEST + 1))
    copies = Counter(content.issue_id for content, _ in known)
    return {
        Damage.TWICE: {number for number in promised if included[number] > 1},
        Damage.OWED_AGAIN: {number for number in promised if included[number] and number in owed},
        Damage.LOST: promised - set(included) - owed - reasons,
        Damage.COPY_TWICE: {issue for issue, count in copies.items() if count > 1},
    }


@settings(max_examples=400)
@given(histories, some_contents)
def test_whatever_happened_the_ledger_finds_what_sets_find(
    history: History, contents: Mapping[int, Content]
) -> None:
    found = {kind: set(numbers_in(mask)) for kind, mask in judged(history, contents, NEWEST).items()}
    assert found == {kind: some for kind, some in kept_with_sets(history, contents).items() if some}


def carrying(issue: int, carried: Collection[int], *, by_bookmarks: bool = True) -> Content:
    return Content(issue, span_of(carried), Span(), by_bookmarks)


def test_each_kind_of_harm_is_told_by_its_numbers() -> None:
    contents = {1: carrying(1, (1, 2, 3)), 2: carrying(2, (3, 4)), 3: carrying(2, (6,), by_bookmarks=False)}
    history = History(0, Mark(8, (4,), ()), (Missed(6, 7, ()),), [(1, "i"), (2, "i"), (3, "i"), (9, "i")])
    found = judged(history, contents, 9)
    assert {kind: list(numbers_in(mask)) for kind, mask in found.items()} == {
        Damage.TWICE: [3],
        Damage.OWED_AGAIN: [4],
        Damage.LOST: [5, 8],
        Damage.COPY_TWICE: [2],
    }


def test_what_comes_later_hides_no_harm() -> None:
    twice = {1: carrying(1, (1,)), 2: carrying(2, (1,)), 3: carrying(1, ()), 4: carrying(3, (2,))}
    found = judged(History(0, Mark(2, (), ()), (), [(n, "i") for n in (9, 1, 2, 3, 4)]), twice, 2)
    assert {kind: list(numbers_in(mask)) for kind, mask in found.items()} == {
        Damage.TWICE: [1],
        Damage.COPY_TWICE: [1],
    }


def test_all_that_did_not_come_and_all_that_came_unasked_is_accounted_for() -> None:
    contents = {
        1: carrying(1, (1,), by_bookmarks=False),
        2: carrying(2, (2,), by_bookmarks=False),
        3: carrying(3, (3,), by_bookmarks=False),
        4: carrying(4, (4,)),
        5: carrying(5, (5,)),
    }
    copies = [(1, "i"), (2, "i"), (3, "n"), (4, "n"), (5, "n")]
    found = judged(History(0, Mark(5, (), ()), (), copies), contents, 5)
    assert {kind: list(numbers_in(mask)) for kind, mask in found.items()} == {Damage.LOST: [3]}


def test_who_got_owes_and_missed_each_number_once_has_no_harm() -> None:
    contents = {1: carrying(1, (3,)), 2: carrying(2, (4,))}
    history = History(2, Mark(4, (), ()), (), [(1, "i"), (2, "n")])
    assert judged(history, contents, 6) == {}
    assert judged(History(6, NOTHING, (), []), {}, 6) == {}
