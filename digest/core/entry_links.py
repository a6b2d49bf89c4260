"""Entry links: by one somebody chooses their own password, once and for three days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

#: Long enough for a mail that is read after a weekend, short enough for one that nobody reads.
GOOD_FOR: Final = timedelta(days=3)
#: How the path of one begins, below the address of the pages.
_PATH: Final = "admin/begin/"


def end_of_link(made_at: datetime) -> datetime:
    """When a link that is made then is good no more."""
    return made_at + GOOD_FOR


def opens(ends_at: datetime, shut_out_at: datetime | None, now: datetime) -> bool:
    """Whether a link that was not used lets somebody choose a password now."""
    return now < ends_at and shut_out_at is None


def address_of_link(base_url: str, token: str) -> str:
    """Where a link leads; it is the only place in which its token stands."""
    return f"{base_url.rstrip('/')}/{_PATH}{token}"
