"""The line that ends an item on a page: `Source: NAME, Month D, YYYY`."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from msgspec import Struct

from digest.ingest.plaintext import trimmed

_BEGINNING: Final = re.compile(r"\s*sources?\s*[:：]", re.IGNORECASE)
_MONTH_AND_DAY: Final = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?", re.IGNORECASE)
_YEAR: Final = re.compile(r"(\d{4})\.?")
_SHAPE: Final = "write it as Source: NAME, Month D, YYYY"
#: Our own list, because the names that the C library knows change with the locale.
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class SourceLineError(ValueError):
    """A source line that cannot be taken; the message says why."""


class SourceLine(Struct, frozen=True):
    """Who reported it, as printed, and when."""

    name: str
    day: date

    def __str__(self) -> str:
        return f"Source: {self.name}, {_MONTHS[self.day.month - 1]} {self.day.day}, {self.day.year:04d}"


def is_source_line(line: str) -> bool:
    """True when a line begins as a source line does, whether or not the rest can be read."""
    return _BEGINNING.match(line) is not None


def parse_source_line(line: str) -> SourceLine:
    """The name and date of a source line; the date is what stands after the last comma but one."""
    text = trimmed(_BEGINNING.sub("", line, count=1))
    # Commas of Chinese typing are as long as ours, so positions found in the one text hold in the other.
    parts = text.replace("，", ",").rsplit(",", 2)
    if len(parts) == 3:
        name, (month_and_day, year) = text[: len(parts[0])], parts[1:]
    elif len(parts) == 2:
        name, (month_and_day, year) = "", parts
    else:
        raise SourceLineError(f"the source line has no date: {_SHAPE}")
    day = _parse_date(trimmed(month_and_day), trimmed(year))
    if not trimmed(name):
        raise SourceLineError(f"the source line names no source: {_SHAPE}")
    return SourceLine(trimmed(name), day)


def _parse_date(month_and_day: str, year: str) -> date:
    first, second = _MONTH_AND_DAY.fullmatch(month_and_day), _YEAR.fullmatch(year)
    if first is None or second is None:
        raise SourceLineError(f"the source line has no date: {_SHAPE}")
    month = _month(first[1])
    try:
        return date(int(second[1]), month, int(first[2]))
    except ValueError:
        raise SourceLineError(f"the date {first[0]}, {second[1]} of the source line does not exist") from None


def _month(name: str) -> int:
    word = name.casefold()
    for number, month in enumerate(_MONTHS, start=1):
        if len(word) >= 3 and month.casefold().startswith(word):
            return number
    raise SourceLineError(f"the month {name!r} of the source line is not known: {_SHAPE}")
