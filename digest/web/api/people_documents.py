"""What the API tells of somebody who was let in just now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from digest.web.api.told import PersonShown


class PersonAdded(PersonShown):
    """Somebody who may enter the desk, with the link by which they choose a password, if it was asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 2,
                    "name": "Grace",
                    "role": "viewer",
                    "codes": False,
                    "created_at": "2026-11-24T09:30:00Z",
                    "shut_out_at": None,
                    "link": "https://news.example/admin/begin/6hX0...",
                    "until": "2026-11-27T09:30:00Z",
                }
            ]
        }
    )

    link: Annotated[str | None, Field(description="It is shown this once; null with a password.")] = None
    until: Annotated[datetime | None, Field(description="When it is good no more.")] = None
