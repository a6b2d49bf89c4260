"""Which days and times are taken: far enough to either side, and none at which calendars end."""

from __future__ import annotations

from datetime import date

from digest.errors import InputError


def require_within_reach(found: date, what: str) -> None:
    """Refuse a day or a time that clocks of other zones, or the days around it, could leave the calendar."""
    if not 1970 <= found.year <= 9000:
        raise InputError(f"{what} is out of reach: say a year from 1970 to 9000")
