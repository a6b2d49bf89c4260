"""Settings of how long things are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, field_validator

#: What looks back at single copies and returns looks back less far than this.
SHORTEST_KEPT_DAYS: Final = 90


class Keeping(BaseModel):
    """What is forgotten when."""

    unconfirmed_days: int = Field(
        default=30,
        ge=1,
        le=3660,
        description="Days after which an address that was entered and never confirmed is forgotten.",
    )
    keep_copies_days: int = Field(
        default=400,
        ge=0,
        le=36_600,
        description="Days for which each copy of an issue has a row of its own after the issue was due; then "
        "the issues of a month are bound into a volume (docs/retention.md). 0 keeps the rows for ever.",
    )
    keep_returns_days: int = Field(
        default=400,
        ge=0,
        le=36_600,
        description="Days after which what came back of a mail is forgotten. 0 keeps it for ever.",
    )
    keep_notices_days: int = Field(
        default=400,
        ge=0,
        le=36_600,
        description="Days after which mails that are no issue - questions, welcomes, alerts, answers of "
        "readers - are forgotten. 0 keeps them for ever.",
    )
    keep_changes_days: int = Field(
        default=1100,
        ge=0,
        le=36_600,
        description="Days after which the log forgets who changed what. 0 keeps it for ever.",
    )

    leavings_dir: Path | None = Field(
        default=None,
        description="Folder of the record of leavings: who may not be written to any more, without "
        "addresses, so that nobody who left is a reader again when a backup is put back (docs/backup.md). "
        "Best on another disk than the store. When not given, leavings in var_dir.",
    )

    @field_validator("keep_copies_days", "keep_returns_days", "keep_notices_days", "keep_changes_days")
    @classmethod
    def _lasts_long_enough(cls, days: int) -> int:
        if 0 < days < SHORTEST_KEPT_DAYS:
            raise ValueError(
                f"should be {SHORTEST_KEPT_DAYS} days or more, or 0 for ever: pages look back as far"
            )
        return days
