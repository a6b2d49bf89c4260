"""In one copy an event is told once: which telling stands in front, and which go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from digest.core.model import Candidate


class Pin(NamedTuple):
    """Another telling that an issue names beside one of its items."""

    #: the item, by its publication number
    number: int
    #: the other telling, and its revision
    beside: int
    revision: int
    #: True when it came out for an issue before, which the item follows up
    is_earlier: bool


class Told(Struct, frozen=True):
    """What a copy could hold, each story once."""

    #: numbers as they are ranked; of each story the one in front, in the place of the best-ranked
    fronts: tuple[int, ...]
    #: by a front that has any, the others of its story as they are ranked
    others: Mapping[int, tuple[int, ...]]
    #: fronts of stories that no cap puts off
    certain: frozenset[int]

    def with_others(self, fronts: Sequence[int]) -> list[int]:
        """These fronts, each followed by the others of its story."""
        return [number for front in fronts for number in (front, *self.others.get(front, ()))]

    def others_of(self, fronts: Sequence[int]) -> tuple[int, ...]:
        """The others of the stories of these fronts."""
        return tuple(number for front in fronts for number in self.others.get(front, ()))


def told_once(ranked: Sequence[int], candidates: Mapping[int, Candidate]) -> Told:
    """Take one number of each story: the one that an editor put in front, else the best-ranked.

    One that leads the mail, or that nobody must miss, comes before others.
    """
    by_story: dict[object, list[int]] = {}
    for number in ranked:
        story = candidates[number].story
        # a briefing without a story is told once anyway
        by_story.setdefault(("alone", number) if story is None else story, []).append(number)
    fronts, others, certain = [], {}, set()
    for tellings in by_story.values():
        front = min(tellings, key=lambda number: _place(candidates[number]))
        fronts.append(front)
        if len(tellings) > 1:
            others[front] = tuple(number for number in tellings if number != front)
        if any(candidates[number].must_not_miss for number in tellings):
            certain.add(front)
    return Told(tuple(fronts), others, frozenset(certain))


def _place(candidate: Candidate) -> tuple[bool, bool, bool]:
    return not candidate.is_in_front, not candidate.lead, not candidate.must_not_miss
