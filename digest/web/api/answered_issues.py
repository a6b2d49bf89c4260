"""What the API answers about issues, copies and notices: models with an example each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from digest.core.model import DeliveryStatus, IssueStatus, LeftOut, Skip
from digest.core.notices import NoticeKind
from subscribers.model import Format, Section


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class IssueShown(BaseModel):
    """An issue, and what became of its copies."""

    model_config = _example(
        id=4,
        newsletter="daily",
        kind="scheduled",
        slot="2026-11-24T07:30",
        slot_words="2026-11-24, 07:30 Europe/Paris",
        day="2026-11-24",
        due_at="2026-11-24T06:30:00Z",
        planned_at="2026-11-24T06:30:01Z",
        status="done",
        goes_out_at=None,
        subject=None,
        outcomes={"sent": 2},
    )

    id: int
    newsletter: str
    kind: str
    slot: str
    #: as people read it, in the time of its zone
    slot_words: str
    day: date
    due_at: datetime
    planned_at: datetime
    status: IssueStatus
    #: when it begins to be sent, if it was approved ahead of its time; else null
    goes_out_at: datetime | None
    subject: str | None
    outcomes: dict[DeliveryStatus, int]


class UnderWayShown(BaseModel):
    """An issue that still has copies to settle."""

    issue: int
    slot: str
    #: as people read it, in the time of its zone
    slot_words: str
    status: IssueStatus
    #: when it begins to be sent, if it was approved ahead of its time; else null
    goes_out_at: datetime | None
    copies: dict[DeliveryStatus, int]


class CohortShown(BaseModel):
    """Readers who get the same copy, and why it is as it is."""

    id: int
    readers: int
    topics: list[str] | None
    sections: list[Section] | None
    format: Format
    max_items: int | None
    #: topics in order, each with publication numbers
    groups: list[tuple[str, list[int]]]
    deferred: list[int]
    left_out: dict[LeftOut, list[int]]
    skip: Skip | None
    covers_from: date


class IssueInFull(IssueShown):
    """An issue with its cohorts."""

    model_config = _example(
        id=4,
        newsletter="daily",
        kind="scheduled",
        slot="2026-11-24T07:30",
        slot_words="2026-11-24, 07:30 Europe/Paris",
        day="2026-11-24",
        due_at="2026-11-24T06:30:00Z",
        planned_at="2026-11-24T06:30:01Z",
        status="done",
        goes_out_at=None,
        subject=None,
        outcomes={"sent": 2},
        cohorts=[
            {
                "id": 9,
                "readers": 2,
                "topics": ["economy"],
                "sections": None,
                "format": "html",
                "max_items": None,
                "groups": [["economy", [12]]],
                "deferred": [],
                "left_out": {"topic-not-followed": [11]},
                "skip": None,
                "covers_from": "2026-11-24",
            }
        ],
    )

    cohorts: list[CohortShown]


class DeliveryShown(BaseModel):
    """One copy to one reader."""

    model_config = _example(
        id=31,
        issue=4,
        newsletter="daily",
        email="ada@example.org",
        status="sent",
        attempts=1,
        reason="",
        detail="",
        message_id="<4.31.k3@newsroom.example>",
        briefings=[17],
        corrections=[],
        retry_at=None,
        sent_at="2026-11-24T06:30:04Z",
    )

    id: int
    issue: int
    newsletter: str
    email: str | None
    status: DeliveryStatus
    attempts: int
    reason: str
    detail: str
    message_id: str
    briefings: list[int]
    #: briefings whose corrections the copy carries
    corrections: list[int]
    retry_at: datetime | None
    sent_at: datetime | None


class IssueMoved(BaseModel):
    """Where an issue stands now."""

    model_config = _example(id=4, status="held")

    id: int
    status: IssueStatus


class Settled(BaseModel):
    """What a copy or notice is now."""

    model_config = _example(id=31, status="planned")

    id: int
    status: DeliveryStatus


class NoticeShown(BaseModel):
    """A mail to one person that is no issue."""

    model_config = _example(
        id=6,
        kind="confirm",
        newsletter="daily",
        email="ada@example.org",
        occasion="confirm 5 2026-11-24",
        status="sent",
        attempts=1,
        reason="",
        detail="",
        message_id="<n.6.k3@newsroom.example>",
        due_at="2026-11-24T06:00:00Z",
        retry_at=None,
        sent_at="2026-11-24T06:00:02Z",
        answered_at=None,
    )

    id: int
    kind: NoticeKind
    newsletter: str
    email: str | None
    occasion: str
    status: DeliveryStatus
    attempts: int
    reason: str
    detail: str
    message_id: str
    due_at: datetime
    retry_at: datetime | None
    sent_at: datetime | None
    answered_at: datetime | None
