"""How many readers came and went, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from subscribers.leaving import LeavingReason, reason_in
from subscribers.model import Moved, Standing

#: Who reads, or will again by itself.
_READING: Final = frozenset({Standing.ACTIVE, Standing.PAUSED})


class DayOfReaders(Struct, frozen=True):
    """What changed among readers on a day (UTC)."""

    day: date
    joined: int = 0
    left: int = 0
    #: bounced, complained or suppressed: not their own choice
    lost: int = 0

    @property
    def net(self) -> int:
        """By how many they became more."""
        return self.joined - self.left - self.lost


class WayOut(StrEnum):
    """How somebody left who gave no reason."""

    ONE_CLICK = "by one click, without a word"
    ON_THE_PAGE = "on the page, without a word"
    BY_THE_NEWSROOM = "removed by the newsroom"
    ERASED = "erased"


def days_of_readers(moves: Iterable[Moved], first: date, last: date) -> tuple[DayOfReaders, ...]:
    """Each day from the first to the last, those on which nothing happened among them."""
    days = {first + timedelta(n): DayOfReaders(first + timedelta(n)) for n in range((last - first).days + 1)}
    for move in moves:
        one = days.get(move.day)
        if one is not None:
            days[move.day] = _with(one, move)
    return tuple(days.values())


def reasons_for_leaving(said: Mapping[str, int]) -> dict[str, int]:
    """Leavings by reason, the most frequent first; those without a reason by the way they took."""
    counts: dict[str, int] = {}
    for history, count in said.items():
        reason = reason_in(history)
        name = _WORDS[reason] if reason is not None else str(_way_out(history))
        counts[name] = counts.get(name, 0) + count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _with(day: DayOfReaders, move: Moved) -> DayOfReaders:
    before, after = move.before in _READING, move.after in _READING
    if after and not before:
        return replace(day, joined=day.joined + move.count)
    if before and move.after is Standing.LEFT:
        return replace(day, left=day.left + move.count)
    if before and not after:
        return replace(day, lost=day.lost + move.count)
    return day


def _way_out(history: str) -> WayOut:
    if "one click" in history:
        return WayOut.ONE_CLICK
    if history.startswith("unsubscribed on the page"):
        return WayOut.ON_THE_PAGE
    return WayOut.ERASED if history == "erased" else WayOut.BY_THE_NEWSROOM


_WORDS: Final = {
    LeavingReason.TOO_OFTEN: "too often",
    LeavingReason.TOO_LONG: "too long",
    LeavingReason.NOT_FOR_ME: "not for me",
    LeavingReason.NEVER_ASKED: "never asked for it",
    LeavingReason.OTHER: "another reason",
}
