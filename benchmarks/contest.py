"""Contenders take turns, and each is compared with what another did in the same round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.alone import Case, Figures, alone


@dataclass(frozen=True, slots=True)
class Results:
    """What each contender did in each round."""

    rounds: Mapping[str, Sequence[Figures]]

    def rate(self, name: str) -> float:
        """Messages a second, the median of the rounds."""
        return median(self._rates(name))

    def median(self, name: str, figure: str) -> float:
        """One of its figures, the median of the rounds."""
        return median(one[figure] for one in self.rounds[name])

    def ratios(self, name: str, base: str) -> list[float]:
        """How many times the rate of `base`, round by round: what slowed a round slowed both."""
        return [mine / other for mine, other in zip(self._rates(name), self._rates(base), strict=True)]

    def document(self, base: str) -> dict[str, Any]:
        """All of it for a program; ratios to `base` when it took part."""
        return {
            name: {
                "rate": self.rate(name),
                f"ratios to {base}": self.ratios(name, base) if base in self.rounds else None,
                "rounds": list(figures),
            }
            for name, figures in self.rounds.items()
        }

    def _rates(self, name: str) -> list[float]:
        return [one["sent"] / one["wall"] for one in self.rounds[name]]


def contest(cases: Mapping[str, Case], rounds: int) -> Results:
    """Let all measure themselves, there and back again (A B C, C B A), so that a drift favours nobody."""
    found: dict[str, list[Figures]] = {name: [] for name in cases}
    for turn in range(rounds):
        names = list(cases)
        for name in reversed(names) if turn % 2 else names:
            found[name].append(alone(cases[name]))
    return Results(found)


def shown(ratios: Sequence[float]) -> str:
    """The median, and between what it lay."""
    return f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
