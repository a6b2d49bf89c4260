"""What became of the copies of a run, counted as it goes, and who may watch the count."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from msgspec import Struct, field

from digest.core.model import DeliveryStatus


class Progress(Protocol):
    """Whoever watches a run. Both are called often: what is slow, such as drawing, is done elsewhere."""

    def expect(self, copies: int) -> None:
        """So many copies more are to be sent."""

    def settled(self, copies: int) -> None:
        """Of so many copies more it is known what became of them in this run."""


class Unwatched:
    """Nobody watches."""

    def expect(self, copies: int) -> None:
        """Not of interest."""

    def settled(self, copies: int) -> None:
        """Not of interest."""


class Tally(Struct):
    """What became of the copies of a run."""

    progress: Progress = field(default_factory=Unwatched)
    by_status: Counter[DeliveryStatus] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    #: why copies were left though they could have gone: no server could be used
    trouble: str = ""
    #: issues that could not be sent for a reason of their own
    failures: list[str] = field(default_factory=list)
    #: by family of mailboxes, copies that went back to the store until it is their turn
    put_off: Counter[str] = field(default_factory=Counter)
    #: the same of those that wait until their family gets mail again
    paused: Counter[str] = field(default_factory=Counter)
    #: copies that a plan of daily ceilings left for another day
    beyond_ceiling: int = 0
    #: copies that other processes send
    handed_over: int = 0

    def count(self, status: DeliveryStatus, copies: int = 1) -> None:
        """So many copies have come to this."""
        self.by_status[status] += copies
        self.progress.settled(copies)

    def skip(self, reasons: Counter[str]) -> None:
        """Copies were skipped at the last moment, so many for each reason."""
        if reasons:
            self.skipped.update(reasons)
            self.progress.settled(reasons.total())

    @property
    def whole_trouble(self) -> str:
        """All that went wrong beyond single copies, in one line."""
        return "; ".join(filter(None, [self.trouble, *self.failures]))

    @property
    def waiting(self) -> str:
        """What was left though nothing is wrong with it, in one line; empty when nothing was."""
        words = []
        if self.put_off:
            words.append(f"copies put off until it is their turn: {_by_family(self.put_off)}")
        if self.paused:
            words.append(f"copies to families that are paused: {_by_family(self.paused)}")
        if self.beyond_ceiling:
            words.append(f"copies beyond today's ceiling of the warm-up: {self.beyond_ceiling:,}")
        if self.handed_over:
            words.append(f"copies that workers send: {self.handed_over:,}")
        return "; ".join(words)


def _by_family(copies: Counter[str]) -> str:
    families = ", ".join(f"{family} {count:,}" for family, count in copies.most_common(5))
    return f"{families}, …" if len(copies) > 5 else families
