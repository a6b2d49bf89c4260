"""An issue is held against its copies: what it counts, pins and lists is what there is, or it is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest

from digest.core.damage import Damage
from digest.core.issue_sums import Cohort, Issue, Read, judged, read_cohort, read_numbers

SENT = ("sent", "")
LEFT = ("skipped", "left")


def cohort(
    groups: object = (("economy", (1, 2)),),
    deferred: object = (3,),
    left_out: object = None,
    *,
    number: int = 5,
    round: int = 1,
    size: int = 3,
) -> Cohort:
    reasons = {"topic-not-followed": [4]} if left_out is None else left_out
    return Cohort(number, round, size, json.dumps(groups), json.dumps(deferred), json.dumps(reasons))


def found(
    *cohorts: Cohort,
    rounds: int = 1,
    outcomes: object = None,
    pinned: Iterable[tuple[int, int]] = ((1, 1), (1, 2), (1, 3)),
    copies: Mapping[tuple[int, str, str], int] | None = None,
    newest: int = 4,
) -> list[tuple[Damage, int]]:
    there = {(5, *SENT): 2, (5, *LEFT): 1} if copies is None else copies
    issue = Issue(9, rounds, json.dumps(outcomes))
    return list(judged(issue, cohorts, list(pinned), there, newest))


# --- What a cohort says -------------------------------------------------------------------------------------


def test_a_cohort_says_what_it_carries_puts_off_and_leaves_out() -> None:
    groups = [["economy", [2, 1]], ["energy", [7]], ["empty", []]]
    said = read_cohort(cohort(groups, [3, 9], {"retracted": [4], "same-story": [5, 6]}))
    assert said == Read((2, 1, 7), (3, 9), {"retracted": (4,), "same-story": (5, 6)})
    assert read_numbers("[0, 2147483647]") == (0, 2**31 - 1)


@pytest.mark.parametrize(
    "text", [None, "null", "{}", "7", "[-1]", "[2147483648]", "[true]", "[1.0]", '["1"]', "[[1]]", "[1", ""]
)
def test_what_is_no_list_of_numbers_is_none(text: str | None) -> None:
    with pytest.raises(ValueError):
        read_numbers(text)


@pytest.mark.parametrize(
    "broken",
    [
        cohort(groups={}),
        cohort(groups=[["economy"]]),
        cohort(groups=[["economy", [1], 2]]),
        cohort(groups=[[1, [1]]]),
        cohort(groups=["ec"]),
        cohort(groups=[["economy", 1]]),
        cohort(deferred=None),
        cohort(left_out=[]),
        cohort(left_out={"out-of-spite": [1]}),
        cohort(left_out={"retracted": 1}),
        cohort()._replace(groups=None),
        cohort()._replace(left_out=None),
    ],
    ids=lambda broken: f"{broken.groups}-{broken.deferred}-{broken.left_out}".replace(" ", ""),
)
def test_a_cohort_that_cannot_be_read_is_told_and_nothing_else_of_it(broken: Cohort) -> None:
    with pytest.raises(ValueError):
        read_cohort(broken)
    assert found(broken) == [(Damage.COHORT_UNREADABLE, 5)]


# --- What an issue says -------------------------------------------------------------------------------------


def test_an_issue_that_says_what_there_is_has_no_harm() -> None:
    assert found(cohort()) == []
    assert found(cohort(), outcomes={"sent": {"": 2}, "skipped": {"left": 1}}) == []


def test_each_harm_is_told_by_itself() -> None:
    assert found(cohort(round=2), pinned=[(2, 1), (2, 2), (2, 3)]) == [(Damage.COHORT_ROUND, 5)]
    assert found(cohort(round=2), pinned=[(2, 1), (2, 2), (2, 3)], rounds=2) == []
    assert found(cohort(size=2)) == [(Damage.COHORT_SIZE, 5)]
    assert found(cohort(), newest=3) == [(Damage.COHORT_NUMBERS, 5)]
    assert found(cohort(left_out={"retracted": [3]})) == [(Damage.COHORT_NUMBERS, 5)]
    assert found(cohort(left_out={"retracted": [2]})) == [(Damage.COHORT_NUMBERS, 5)]
    assert found(cohort(), pinned=[(1, 1), (1, 2)]) == [(Damage.COHORT_UNPINNED, 5)]
    assert found(cohort(), pinned=[(1, 2), (1, 3), (2, 1)]) == [(Damage.COHORT_UNPINNED, 5)]


def test_one_that_cannot_be_read_hides_none_that_comes_after() -> None:
    broken, harmed = cohort(groups={}), cohort(number=6, size=7)
    assert found(broken, harmed) == [
        (Damage.COHORT_UNREADABLE, 5),
        (Damage.COHORT_SIZE, 6),
    ]


def test_what_nobody_gets_need_not_be_shown() -> None:
    assert found(cohort(size=0), copies={}, pinned=[]) == []
    assert found(cohort([], [], {}, size=0), copies={}, newest=0) == []


def test_an_issue_without_copies_carries_nothing_that_is_not_given_yet() -> None:
    assert found(cohort([], [], {"retracted": [1]}, size=0), copies={}, newest=0) == [
        (Damage.COHORT_NUMBERS, 5)
    ]


@pytest.mark.parametrize(
    "outcomes",
    [
        {"sent": {"": 3}},
        {"sent": {"": 2}},
        {"sent": {"": 2}, "skipped": {"left": 2}},
        {"sent": {"": 2}, "skipped": {"left": 1}, "refused": {"spam": 1}},
        {},
        [],
        {"sent": 3},
        7,
    ],
    ids=lambda outcomes: json.dumps(outcomes).replace(" ", ""),
)
def test_an_issue_that_counts_otherwise_is_told(outcomes: object) -> None:
    assert found(cohort(), outcomes=outcomes) == [(Damage.ISSUE_COUNTS, 9)]


def test_what_is_counted_as_none_is_none_and_what_is_not_counted_is_not_asked() -> None:
    assert found(cohort(), outcomes={"sent": {"": 2}, "skipped": {"left": 1}, "refused": {"spam": 0}}) == []
    assert list(judged(Issue(9, 1, None), [], [], {(5, *SENT): 1}, 4)) == []
    assert list(judged(Issue(9, 1, "{"), [], [], {}, 4)) == [(Damage.ISSUE_COUNTS, 9)]


def test_copies_of_several_cohorts_are_counted_together() -> None:
    copies = {(5, *SENT): 3, (6, *SENT): 3}
    assert found(cohort(), cohort(number=6), copies=copies, outcomes={"sent": {"": 6}}) == []
