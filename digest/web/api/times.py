"""Days and times as programs write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from digest.core.reach import require_within_reach
from digest.errors import InputError

#: A time in RFC 3339; a bare number is no time.
Instant = Annotated[datetime, BeforeValidator(lambda given: written(given, r"\d{4}-\d\d-\d\dT.*", "time"))]
Day = Annotated[date, BeforeValidator(lambda given: written(given, r"\d{4}-\d\d-\d\d", "date"))]

#: What a clock shows, wherever it stands.
WallTime = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$")
]


def written(given: object, form: str, what: str) -> object:
    """What is written in this form, as it is; raises ValueError for the rest."""
    if not isinstance(given, str) or not re.fullmatch(form, given, re.ASCII):
        raise ValueError(f"not a {what}: say it as {what}s are written in RFC 3339")
    return given


def instant(given: datetime) -> datetime:
    """A time as it was asked for, in UTC, which is also meant by one without an offset."""
    require_within_reach(given, f"time {given.isoformat()}")
    return (given.replace(tzinfo=UTC) if given.tzinfo is None else given).astimezone(UTC)


def wall(given: str) -> datetime:
    """What a clock shall show, without a zone; raises InputError for what none shows."""
    try:
        return instant(datetime.fromisoformat(given)).replace(tzinfo=None)
    except ValueError:
        raise InputError(f"time {given} is on no clock: say it as 2026-11-25T08:00") from None
