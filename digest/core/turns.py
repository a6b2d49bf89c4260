"""Whose turn it is: copies wait for their families, and nobody waits behind a family that must.

Copies go in the order in which they came. One that may not begin yet steps aside with the others of its
family, and comes first, family by family in turn, when its time has come.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

from digest.core.pace import Pace, Wait

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """What is at hand to be sent, in an order that keeps the pace."""

    def __init__(self, pace: Pace) -> None:
        """Begin with nothing at hand."""
        self._pace: Final = pace
        self._coming: Final[deque[tuple[str, Item]]] = deque()
        #: by family; the first has waited longest for its turn
        self._aside: Final[dict[str, deque[Item]]] = {}

    def __len__(self) -> int:
        return len(self._coming) + sum(map(len, self._aside.values()))

    def add(self, family: str, item: Item) -> None:
        """One more at the end."""
        self._coming.append((family, item))

    def take(self, now: float) -> tuple[str, Item] | Wait | None:
        """The next that may begin, and thereby has; else until when to wait, None for nothing at hand.

        `Pace.ended` is to be told of each that is taken.
        """
        answer = self._pace.may_send_any(now)
        if isinstance(answer, Wait):
            return answer if self._coming or self._aside else None
        taken = self._from_aside(now) or self._from_coming(now)
        if taken is not None:
            self._pace.began(taken[0], now)
            return taken
        return self._soonest(now)

    def take_late(self, by: float, now: float) -> list[Item]:
        """Those aside whose family does not open until `by`: they are better kept in the store meanwhile."""
        late = [family for family in self._aside if self._opens_at(family, now) > by]
        return [item for family in late for item in self._aside.pop(family)]

    def _from_aside(self, now: float) -> tuple[str, Item] | None:
        for family, items in self._aside.items():
            if not isinstance(self._pace.may_send(family, now), Wait):
                item = items.popleft()
                # to the end of the row, or out of it
                del self._aside[family]
                if items:
                    self._aside[family] = items
                return family, item
        return None

    def _from_coming(self, now: float) -> tuple[str, Item] | None:
        while self._coming:
            family, item = self._coming.popleft()
            if not isinstance(self._pace.may_send(family, now), Wait):
                return family, item
            self._aside.setdefault(family, deque()).append(item)
        return None

    def _soonest(self, now: float) -> Wait | None:
        if not self._aside:
            return None
        return Wait(min(self._opens_at(family, now) for family in self._aside))

    def _opens_at(self, family: str, now: float) -> float:
        answer = self._pace.may_send(family, now)
        return answer.until if isinstance(answer, Wait) else now
