"""An issue against its own copies: do cohorts and counts say what there is?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from digest.core.damage import Damage
from digest.core.model import LeftOut

#: More than any number that is given; and what could fill memory as a bit.
_MOST: int = 2**31


class Cohort(NamedTuple):
    """A cohort as it is written down; the lists are still text."""

    id: int
    round: int
    size: int
    groups: str | None
    deferred: str | None
    left_out: str | None


class Read(NamedTuple):
    """What a cohort says."""

    carried: tuple[int, ...]
    deferred: tuple[int, ...]
    left_out: Mapping[str, tuple[int, ...]]


class Issue(NamedTuple):
    """An issue as it is written down."""

    id: int
    rounds: int
    #: {status: {reason: copies}}, or None when it is not counted
    outcomes: str | None


def read_numbers(text: str | None) -> tuple[int, ...]:
    """A list of publication numbers; raises ValueError for what is none."""
    return _numbers(_json(text))


def read_cohort(cohort: Cohort) -> Read:
    """What a cohort says; raises ValueError when it cannot be read."""
    groups, left_out = _json(cohort.groups), _json(cohort.left_out)
    if not isinstance(groups, list) or not isinstance(left_out, dict):
        raise ValueError("no list, or no table")
    carried: list[int] = []
    for group in groups:
        if not isinstance(group, list) or len(group) != 2 or not isinstance(group[0], str):
            raise ValueError("a group is a topic and its numbers")
        carried += _numbers(group[1])
    reasons = {LeftOut(reason).value: _numbers(some) for reason, some in left_out.items()}
    return Read(tuple(carried), read_numbers(cohort.deferred), reasons)


def judged(
    issue: Issue,
    cohorts: Collection[Cohort],
    pinned: Collection[tuple[int, int]],
    copies: Mapping[tuple[int, str, str], int],
    newest: int,
) -> Iterator[tuple[Damage, int]]:
    """What is wrong with an issue: a kind, and the cohort or issue that it is of.

    `pinned` are rounds and numbers, `copies` how many there are by cohort, status and reason.
    """
    sizes: Counter[int] = Counter()
    for (cohort_id, _status, _reason), some in copies.items():
        sizes[cohort_id] += some
    for cohort in cohorts:
        if cohort.round > issue.rounds:
            yield Damage.COHORT_ROUND, cohort.id
        if cohort.size != sizes[cohort.id]:
            yield Damage.COHORT_SIZE, cohort.id
        try:
            read = read_cohort(cohort)
        except ValueError:
            yield Damage.COHORT_UNREADABLE, cohort.id
            continue
        named = [*read.carried, *read.deferred, *(n for some in read.left_out.values() for n in some)]
        if len(set(named)) != len(named) or max(named, default=0) > newest:
            yield Damage.COHORT_NUMBERS, cohort.id
        shown = {(cohort.round, number) for number in (*read.carried, *read.deferred)}
        if sizes[cohort.id] and not shown <= set(pinned):
            yield Damage.COHORT_UNPINNED, cohort.id
    if issue.outcomes not in {None, "null"} and not _are_the_same(issue.outcomes, copies):
        yield Damage.ISSUE_COUNTS, issue.id


def _are_the_same(outcomes: str | None, copies: Mapping[tuple[int, str, str], int]) -> bool:
    counted: Counter[tuple[str, str]] = Counter()
    for (_cohort, status, reason), some in copies.items():
        counted[status, reason] += some
    try:
        kept = {
            (status, reason): some
            for status, by in json.loads(outcomes or "{}").items()
            for reason, some in by.items()
        }
    except (ValueError, AttributeError):
        return False
    return {key: some for key, some in kept.items() if some} == dict(counted)


def _json(text: str | None) -> object:
    return json.loads(text) if text is not None else None


def _numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(one) is int and 0 <= one < _MOST for one in value):
        raise ValueError("no list of numbers")
    return tuple(value)
