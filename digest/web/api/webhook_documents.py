"""What the API is asked and tells of webhooks: models with an example each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from digest.core.webhooks import EventKind, WhyOff
from digest.web.api.asked import Asked, Line, Word

#: As `digest.core.webhooks.ASKED_FOR`; a test is not asked for.
Told = Literal[
    "issue.sent",
    "reader.joined",
    "reader.left",
    "reader.bounced",
    "reader.complained",
    "alarm.raised",
    "alarm.cleared",
]
Kinds = Annotated[list[Told], Field(min_length=1, max_length=20, description="What it is told of.")]

_WEBHOOK: Any = {
    "id": 1,
    "label": "shop",
    "url": "https://shop.example/hooks/digest",
    "events": ["issue.sent", "reader.joined", "reader.left"],
    "with_addresses": False,
    "on": True,
    "made_at": "2026-11-24T09:30:00Z",
    "off_at": None,
    "off_because": None,
    "failing_since": None,
}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class WebhookShown(BaseModel):
    """Somebody elsewhere who is told what happens."""

    model_config = _example(**_WEBHOOK)

    id: int
    label: str
    url: str
    events: list[EventKind]
    with_addresses: bool
    on: bool
    made_at: datetime
    off_at: datetime | None
    off_because: WhyOff | None
    #: since when nothing was taken; null while all is well
    failing_since: datetime | None


class WebhookWithSecret(WebhookShown):
    """A webhook and its secret, which is shown this once."""

    model_config = _example(**_WEBHOOK, secret="whsec_...")  # noqa: S106

    secret: str


class HandoverShown(BaseModel):
    """One event for one webhook, and what came of the last try."""

    model_config = _example(
        id=9,
        event="evt_Jx0f6Yx0Tq2r8Qm1hJ4kS7da",
        type="reader.joined",
        at="2026-11-24T09:30:00Z",
        data={"subscription": 12, "newsletter": "daily", "before": "pending", "standing": "active"},
        attempts=1,
        due_at=None,
        tried_at="2026-11-24T09:30:03Z",
        taken_at="2026-11-24T09:30:03Z",
        status=204,
        words="",
    )

    id: int
    #: its webhook-id, the same for every try
    event: str
    type: EventKind
    at: datetime
    #: without an address
    data: dict[str, Any]
    attempts: int
    #: when it is tried next; null when it was taken, or given up
    due_at: datetime | None
    tried_at: datetime | None
    taken_at: datetime | None
    #: of the last answer; null when there was none
    status: int | None
    words: str


class TestNoted(BaseModel):
    """A test that was noted; the scheduler hands it over."""

    __test__ = False
    model_config = _example(handover=10)

    handover: int


class WebhookEdit(Asked):
    """What shall be changed; a field that is not named stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"events": ["issue.sent"], "on": True}]}
    )

    url: Line | None = None
    label: Word | None = None
    events: Kinds | None = None
    with_addresses: Annotated[
        StrictBool | None, Field(description="Name readers' addresses; over https only.")
    ] = None
    on: Annotated[StrictBool | None, Field(description="False tells it nothing until it is on again.")] = None


class NewWebhook(Asked):
    """Somebody to be told from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://shop.example/hooks/digest",
                    "events": ["issue.sent", "reader.joined", "reader.left"],
                    "label": "shop",
                }
            ]
        },
    )

    url: Line
    events: Kinds
    label: Annotated[Word, Field(description="The host of its address when not given.")] = ""
    with_addresses: Annotated[StrictBool, Field(description="Name readers' addresses; over https only.")] = (
        False
    )
