"""For when a draft may be appointed to come out: a time that is to come."""

from __future__ import annotations

from datetime import datetime

from digest.errors import InputError


class PassedError(InputError):
    """A draft was to come out at a time that is over: it would come out at once."""


def require_to_come(publish_at: datetime, now: datetime, *, before: datetime | None = None) -> None:
    """Refuse an appointment that is over; the one that there was `before` may stay as it is.

    Fields of forms hold minutes, so the one that runs is not over.
    """
    if publish_at != before and publish_at < now.replace(second=0, microsecond=0):
        raise PassedError("the time to publish at is past: say one that is to come, or publish it now")
