"""How long things took in this process: counted by length, as histograms of Prometheus are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import inf
from typing import Final

from digest.core.metric_labels import LATER, NO_ANSWER
from digest.core.metrics import METRICS
from digest.core.model import DeliveryStatus, Verdict
from digest.core.reputation import What, what_of


class Histogram:
    """Lengths of time by the least upper end that holds them."""

    __slots__ = ("_counts", "_ends", "seconds")

    def __init__(self, ends: Sequence[float]) -> None:
        """Nothing yet; `ends` are in seconds, ascending."""
        self._ends: Final = tuple(ends)
        self._counts: Final = [0] * (len(self._ends) + 1)
        #: all lengths together
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self._counts[bisect_left(self._ends, seconds)] += 1
        self.seconds += seconds

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._counts)

    def up_to_each_end(self) -> Iterator[tuple[float, int]]:
        """Each end, the last of them endless, and how many were no longer."""
        return zip((*self._ends, inf), accumulate(self._counts), strict=True)


def histogram_of(name: str) -> Histogram:
    """An empty one for a figure."""
    return Histogram(METRICS[name].buckets)


class Stopwatch:
    """What it takes to send, in one process."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        #: by how the mail server answered
        self._accepted: Final = histogram_of("digest_letter_seconds")
        self.letters: Final = {What.ACCEPTED.value: self._accepted}
        self.commits: Final = histogram_of("digest_commit_seconds")
        self.claims: Final = histogram_of("digest_claim_seconds")
        #: to mail servers, over which issues are being sent
        self.connections = 0

    def letter(self, verdict: Verdict, seconds: float) -> None:
        """A letter was answered."""
        if verdict.status is DeliveryStatus.SENT:
            # nearly all, and thousands a second
            self._accepted.add(seconds)
            return
        answer = _answer_of(verdict)
        mine = self.letters.get(answer)
        if mine is None:
            mine = self.letters[answer] = histogram_of("digest_letter_seconds")
        mine.add(seconds)


def _answer_of(verdict: Verdict) -> str:
    what = what_of(verdict)
    if what is not None:
        return what.value
    return NO_ANSWER if verdict.status is DeliveryStatus.UNCERTAIN else LATER
