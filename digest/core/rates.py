"""How often a program may ask: so many calls in a span, counted so that they may come at once or spread.

The generic cell rate algorithm (ITU-T I.371): of each caller one instant is kept, up to which its calls are
paid for. Each call moves it on by one share of the span, and none may move it further than one span ahead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from msgspec import Struct

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Callers that are kept in mind before those who have nothing to pay for any more are forgotten.
_MANY: Final = 1_000


class Ration(Struct, frozen=True):
    """What a caller has left, after the call that was asked about."""

    allowed: bool
    #: calls that may follow at once
    left: int
    #: seconds until all are there again
    whole_in: int
    #: seconds until one is there; 0 when one is
    next_in: int


class Rates:
    """So many calls of each caller in a span. Kept in memory: each process counts for itself."""

    def __init__(self, most: int, span: timedelta) -> None:
        """At most `most` in `span`, by each."""
        self.most: Final = most
        self.span: Final = span
        self._share: Final = span / most
        self._paid_until: Final[dict[int, datetime]] = {}

    def take(self, caller: int, now: datetime) -> Ration:
        """Count a call, unless it is one too many."""
        paid = max(self._paid_until.get(caller, _LONG_AGO), now) + self._share
        if paid - now > self.span:
            return Ration(False, 0, _seconds(paid - self._share - now), _seconds(paid - now - self.span))
        if len(self._paid_until) > _MANY:
            self._forget(now)
        self._paid_until[caller] = paid
        left = int((self.span - (paid - now)) / self._share)
        return Ration(True, left, _seconds(paid - now), 0 if left else _seconds(self._share))

    def _forget(self, now: datetime) -> None:
        for caller in [one for one, paid in self._paid_until.items() if paid <= now]:
            del self._paid_until[caller]


def _seconds(span: timedelta) -> int:
    return ceil(span.total_seconds())
