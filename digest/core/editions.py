"""An edition is a local day on which a newsletter published something: its bounds, and the month it is in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Span(NamedTuple):
    """Instants from the first on and before the last, UTC."""

    first: datetime
    last: datetime


class Month(NamedTuple):
    """A month of the calendar."""

    year: int
    month: int

    @property
    def first_day(self) -> date:
        """The first of the month."""
        return date(self.year, self.month, 1)

    @property
    def days(self) -> tuple[date, ...]:
        """All its days."""
        count = (self.next_first_day - self.first_day).days
        return tuple(self.first_day + timedelta(days=past) for past in range(count))

    @property
    def next_first_day(self) -> date:
        """The first of the month after."""
        return (self.first_day + timedelta(days=31)).replace(day=1)


def local_day(instant: datetime, zone: str) -> date:
    """The day of an instant at home."""
    return instant.astimezone(ZoneInfo(zone)).date()


def day_span(day: date, zone: str) -> Span:
    """The instants of a local day: 23 or 25 hours of them where clocks change."""
    return span(day, day + timedelta(days=1), zone)


def month_span(month: Month, zone: str) -> Span:
    """The instants of a month at home."""
    return span(month.first_day, month.next_first_day, zone)


def span(first: date, after: date, zone: str) -> Span:
    """The instants from the beginning of a local day to that of another."""
    return Span(_midnight(first, zone), _midnight(after, zone))


def parse_day(text: str) -> date | None:
    """A day as paths have it, 2026-11-27; None for anything else, and for years that nobody counts."""
    if not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # a day at either end of the calendar has no neighbours, and other zones none at all
    return day if 1900 <= day.year < 9000 else None


def parse_month(year: str, month: str) -> Month | None:
    """A month as paths have it, 2026 and 11; None for anything else."""
    day = parse_day(f"{year}-{month}-01")
    return None if day is None else Month(day.year, day.month)


def _midnight(day: date, zone: str) -> datetime:
    """The first instant of a local day: where midnight does not exist, what the clock jumps to."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
