"""Invented news items with the topics that a careful editor gives them, and how well the default rules do.

The topics were written from what an item means, before the rules had seen any: `plain.txt` has items that a
reader places at once, `hard.txt` those with two subjects or with words in another sense, `further.txt` more
of both. An item is three lines: its topics, its title, its text. Half of them, by a hash of the title, is
there to improve rules by; the other half only to judge them, so look at no item of it when you change a rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from digest.ingest.topics import TopicRules

TUNING: Final = "to improve by"
HELD_OUT: Final = "held out"
HALVES: Final = (TUNING, HELD_OUT)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One item, and its topics."""

    topics: frozenset[str]
    title: str
    text: str

    @property
    def half(self) -> str:
        """In which half it is; the same whatever else is added."""
        return HALVES[hashlib.sha256(self.title.encode()).digest()[0] % 2]


@dataclass(frozen=True, slots=True)
class Score:
    """How often the rules gave a topic rightly, wrongly, and not though they should have."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of those given that is right."""
        return self.right / ((self.right + self.wrong) or 1)

    @property
    def recall(self) -> float:
        """The share of the right ones that was given."""
        return self.right / ((self.right + self.missed) or 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / ((2 * self.right + self.wrong + self.missed) or 1)


def labelled(half: str | None = None) -> list[Labelled]:
    """The items of one half, or all."""
    return [item for item in _read() if half in {None, item.half}]


def scores(rules: TopicRules, items: Sequence[Labelled]) -> dict[str, Score]:
    """Let the rules judge items; by topic, in alphabetical order."""
    pairs = [(item.topics, frozenset(given(rules, item))) for item in items]
    slugs = sorted(frozenset().union(*(said | found for said, found in pairs)))
    return {
        slug: Score(
            right=sum(slug in said and slug in found for said, found in pairs),
            wrong=sum(slug not in said and slug in found for said, found in pairs),
            missed=sum(slug in said and slug not in found for said, found in pairs),
        )
        for slug in slugs
    }


def given(rules: TopicRules, item: Labelled) -> tuple[str, ...]:
    """The topics that the rules give an item, the most fitting first."""
    return tuple(mark.slug for mark in rules.assign(item.title, [item.text]))


def macro_f1(found: Mapping[str, Score]) -> float:
    """The mean of the topics' F1: rare ones count as much as others."""
    return sum(one.f1 for one in found.values()) / len(found)


def _read() -> Iterator[Labelled]:
    for file in sorted(Path(__file__).parent.glob("*.txt")):
        for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
            topics, title, text = block.split("\n")
            yield Labelled(frozenset(topics.split()), title, text)
