"""Quiet days: local dates on which a newsletter does not come, each with the name of its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from msgspec import Struct

from digest.core.lines import parse_line
from digest.core.reach import require_within_reach
from digest.errors import InputError

#: Ten years of the holidays of a country that has many.
MOST_QUIET_DAYS: Final = 400
_MOST_NAME: Final = 80


class QuietDay(Struct, frozen=True):
    """A day without an issue; what would have come comes with the next one."""

    #: on the calendar of whoever reads
    day: date
    name: str

    def __str__(self) -> str:
        """As it is typed."""
        return f"{self.day.isoformat()}={self.name}"


def parse_quiet_days(texts: Sequence[str]) -> tuple[QuietDay, ...]:
    """Days as `2026-12-25=Christmas Day`, in any order; one empty text alone means none."""
    if [text.strip() for text in texts] == [""]:
        return ()
    return calendar(map(_quiet_day, texts))


def calendar(days: Iterable[QuietDay]) -> tuple[QuietDay, ...]:
    """The days in their order; of two entries of a day the first one names it."""
    named: dict[date, QuietDay] = {}
    for one in days:
        named.setdefault(one.day, one)
    if len(named) > MOST_QUIET_DAYS:
        raise InputError(f"{len(named)} quiet days are too many: keep at most {MOST_QUIET_DAYS}")
    return tuple(named[day] for day in sorted(named))


@lru_cache(maxsize=256)
def names_by_day(days: tuple[QuietDay, ...]) -> Mapping[date, str]:
    """The days to look up, with their names."""
    return {one.day: one.name for one in days}


@lru_cache(maxsize=256)
def dates_of(days: tuple[QuietDay, ...]) -> frozenset[date]:
    """The days alone, as the timetable takes them."""
    return frozenset(one.day for one in days)


def _quiet_day(text: str) -> QuietDay:
    word, sign, name = text.partition("=")
    try:
        day = date.fromisoformat(word.strip())
    except ValueError:
        raise InputError(f"quiet day {text!r} is not known: say it as 2026-12-25=Christmas Day") from None
    require_within_reach(day, f"quiet day {text!r}")
    if not sign or not name.strip():
        raise InputError(f"quiet day {text!r} has no name: say it as 2026-12-25=Christmas Day")
    return QuietDay(day, parse_line(name.strip(), "the name of a quiet day", _MOST_NAME))
