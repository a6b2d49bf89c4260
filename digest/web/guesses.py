"""Links that are none, counted by the network they come from: a program that guesses gets short answers.

Counts are in memory alone: a row for each guess would cost more than the guess does. Nobody else is slowed,
for a link is looked at before anything is counted, and one that is good is never counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from digest.core.limits import BY_WRONG_LINK, Limit, end_of_span, network_of

log = structlog.get_logger(__name__)

#: Who has more networks than this to guess from is told apart no more, and gets the page.
_MOST_NETWORKS: Final = 20_000


class Guesses:
    """Counts for the span that it is; those before are forgotten."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        limit: Limit = BY_WRONG_LINK,
        what: str = "links that are none",
    ) -> None:
        """Take the parts; `what` is counted, for the log."""
        self._now: Final = now
        self._limit: Final = limit
        self._what: Final = what
        self._until = datetime.min.replace(tzinfo=UTC)
        self._met: Final[Counter[str]] = Counter()

    def one_more(self, seen_from: str) -> int:
        """Count a link that is none; 0, or in how many seconds to come again when there were too many."""
        now = self._now()
        if now >= self._until:
            self._met.clear()
            self._until = end_of_span(self._limit.span, now)
        network = network_of(seen_from)
        if network not in self._met and len(self._met) >= _MOST_NETWORKS:
            return 0
        self._met[network] += 1
        if self._met[network] <= self._limit.most:
            return 0
        if self._met[network] == self._limit.most + 1:
            log.warning(f"{self._what} come from one network", network=network, most=self._limit.most)
        return int((self._until - now).total_seconds()) + 1
