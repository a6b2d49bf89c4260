"""Whose turn it is: copies wait for their families, and nobody waits behind a family that must.

Copies go in the order in which they came. One that may not begin yet steps aside with the others of its
family, and comes first, family by family in turn, when its time has come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from math import inf
from typing import Final, Generic, TypeVar

from digest.core.pace import Hint, Pace, Wait

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

    @property
    def coming(self) -> int:
        """How many have not been asked yet whether they may."""
        return len(self._coming)

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
        taken = self._next(self._may_send, now)
        if taken is not None:
            self._pace.began(taken[0], now)
            return taken
        return self._soonest(now)

    def take_behind(self, ahead: str, now: float) -> tuple[str, Item] | None:
        """The next that may begin in the place of a copy to `ahead` that is about to end, and thereby has.

        `Pace.ended` is to be told of each that is taken, and of the copy ahead that it has an heir.
        """
        pace = self._pace
        if not pace.may_any_follow(now):
            return None
        taken = self._next(lambda family, at: pace.may_follow(family, ahead, at), now)
        if taken is not None:
            pace.began(taken[0], now, ahead)
        return taken

    def put_back(self, family: str, item: Item, now: float) -> None:
        """What was taken and cannot begin yet after all comes first of its family."""
        self._pace.ended(family, Hint.NONE, now)
        self._aside.setdefault(family, deque()).appendleft(item)

    def take_late(self, within: float, now: float, seconds_each: float) -> list[tuple[Item, float]]:
        """Those aside that would wait longer than `within` seconds, each with the seconds it would wait.

        They are better kept in the store meanwhile. `seconds_each` is how long a copy takes, which tells how
        fast a family goes that is held back by its connections alone.
        """
        late: list[tuple[Item, float]] = []
        for family, items in list(self._aside.items()):
            wait, step = self._waits(family, now, seconds_each)
            stays = 0 if wait > within else int((within - wait) / step) + 1 if step else len(items)
            if stays < len(items):
                late += ((item, wait + place * step) for place, item in enumerate(items) if place >= stays)
                self._aside[family] = deque(islice(items, stays))
            if not self._aside[family]:
                del self._aside[family]
        return late

    def _next(self, may: Callable[[str, float], bool], now: float) -> tuple[str, Item] | None:
        """The first that may begin: of those aside family by family, then of those that come."""
        return (self._from_aside(may, now) if self._aside else None) or self._from_coming(may, now)

    def _may_send(self, family: str, now: float) -> bool:
        return not isinstance(self._pace.may_send(family, now), Wait)

    def _from_aside(self, may: Callable[[str, float], bool], now: float) -> tuple[str, Item] | None:
        for family, items in self._aside.items():
            if may(family, now):
                item = items.popleft()
                # to the end of the row, or out of it
                del self._aside[family]
                if items:
                    self._aside[family] = items
                return family, item
        return None

    def _from_coming(self, may: Callable[[str, float], bool], now: float) -> tuple[str, Item] | None:
        while self._coming:
            family, item = self._coming.popleft()
            if may(family, now):
                return family, item
            self._aside.setdefault(family, deque()).append(item)
        return None

    def _waits(self, family: str, now: float, seconds_each: float) -> tuple[float, float]:
        """Seconds until the first of a family begins, and from each to the next."""
        opens_at = self._opens_at(family, now)
        # infinite: one that is under way has to end before, which it will
        wait = opens_at - now if opens_at < inf else 0.0
        return wait, self._pace.step(family, seconds_each)

    def _soonest(self, now: float) -> Wait | None:
        if not self._aside:
            return None
        return Wait(min(self._opens_at(family, now) for family in self._aside))

    def _opens_at(self, family: str, now: float) -> float:
        answer = self._pace.may_send(family, now)
        return answer.until if isinstance(answer, Wait) else now
