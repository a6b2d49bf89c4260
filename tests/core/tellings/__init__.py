"""Items written for these tests that tell of made-up events: some of the same one, others of look-alikes.

`first.txt` was written before the thresholds of `digest.core.likeness` were chosen on it; `second.txt` was
written afterwards, before it was compared for the first time. A family (`==`) holds events (`--`) that look
alike; an item is three lines: source, day and language, then title, then text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Final

from digest.core.likeness import Likeness, Traits, likeness, traits_of

HALVES: Final = ("first", "second")


@dataclass(frozen=True, slots=True)
class Telling:
    """One item, and which event it tells of."""

    family: str
    event: str
    source: str
    day: date
    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two items that look alike, and whether they tell of the same event."""

    one: Telling
    other: Telling

    @property
    def is_same(self) -> bool:
        """As it was labelled."""
        return self.one.event == self.other.event

    def compared(self) -> Likeness:
        """As the rule sees it."""
        return likeness(_traits(self.one), _traits(self.other))


@dataclass(frozen=True, slots=True)
class Score:
    """How well the rule knows pairs."""

    pairs: int
    same: int
    found: int
    wrong: int

    @property
    def precision(self) -> float:
        """The share of the pairs that it joined rightly."""
        return self.found / ((self.found + self.wrong) or 1)

    @property
    def recall(self) -> float:
        """The share of the pairs of one event that it joined."""
        return self.found / (self.same or 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.found / ((self.same + self.found + self.wrong) or 1)


def tellings(half: str) -> Iterator[Telling]:
    """The items of one half."""
    family = event = ""
    lines = iter(Path(__file__).with_name(f"{half}.txt").read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith("== "):
            family = line[3:]
        elif line.startswith("-- "):
            event = f"{family}: {line[3:]}"
        elif line:
            source, day, language = line.split(" | ")
            yield Telling(family, event, source, date.fromisoformat(day), language, next(lines), next(lines))


def pairs(half: str, *, strangers: bool = False) -> list[Pair]:
    """The pairs within a family; with `strangers` all others, too."""
    found = [Pair(one, other) for one, other in combinations(tellings(half), 2)]
    return found if strangers else [pair for pair in found if pair.one.family == pair.other.family]


def score(judged: list[Pair]) -> Score:
    """Let the rule judge labelled pairs."""
    joined = [pair for pair in judged if pair.compared().is_same]
    return Score(
        pairs=len(judged),
        same=sum(pair.is_same for pair in judged),
        found=sum(pair.is_same for pair in joined),
        wrong=sum(not pair.is_same for pair in joined),
    )


def _traits(one: Telling) -> Traits:
    return traits_of(one.title, [one.text], one.day, one.language, one.source)
