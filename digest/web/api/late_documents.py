"""What programs get to see of what is late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from digest.core.overdue import Lateness

LATE: Any = {
    "kind": "slot",
    "slot": "2026-11-25T07:30",
    "newsletter": "daily",
    "cadence": "weekdays at 07:30 Europe/Paris",
    "due_at": "2026-11-25T06:30:00Z",
}


class LateShown(BaseModel):
    """A slot without an outcome, or an issue that does not move; admins were told of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [LATE]})

    kind: Lateness
    #: empty for news at once
    slot: str
    newsletter: str
    due_at: datetime
    #: of a slot: whose
    cadence: str | None = None
    #: of an issue: which, and how many copies could be sent
    issue: int | None = None
    left: int | None = None
