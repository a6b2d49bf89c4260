"""How long what was done is kept row by row; what has other reasons to go has rules of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct


class Keep(Struct, frozen=True):
    """For how long; None for ever."""

    #: single copies of issues, after the issue was due; then they are bound into volumes
    copies: timedelta | None = None
    #: what came back of mails
    returns: timedelta | None = None
    #: mails that are no issue, and what readers wrote in answer to mails
    notices: timedelta | None = None
    #: who did what at the desk, by programs or by command
    changes: timedelta | None = None

    @staticmethod
    def of_days(copies: int, returns: int, notices: int, changes: int) -> Keep:
        """From settings, where 0 means for ever."""
        spans = (timedelta(days=days) if days else None for days in (copies, returns, notices, changes))
        return Keep(*spans)


def before(now: datetime, keep: timedelta | None) -> datetime | None:
    """What is older than this goes; None when nothing does."""
    return None if keep is None else now - keep
