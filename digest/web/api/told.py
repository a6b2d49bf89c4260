"""What the API tells of plans, people and the state of the house: models with an example each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from digest.core.access import Power, Role, Via
from digest.core.model import DeliveryStatus, Skip
from digest.flows.explain import Answer
from digest.store.workers import Kind, State
from digest.web.api.answered import QuietDayShown
from digest.web.api.answered_issues import UnderWayShown
from digest.web.api.family_documents import FamilyPaused
from digest.web.api.late_documents import LATE, LateShown
from subscribers.model import Standing

_MAILBOX: Any = {
    "name": "bounces at mail.news.example, INBOX",
    "tried_at": "2026-11-24T09:30:00Z",
    "read_at": "2026-11-24T09:30:00Z",
    "mails": 12,
    "aside": 1,
    "withheld": 0,
    "trouble": "",
    "failures": 0,
}
_RETURNED: Any = {
    "waiting": 1,
    "unkept": {"mails": 0, "octets": 0, "day": None},
    "mailboxes": [_MAILBOX],
}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class RehearsedCopy(BaseModel):
    """Readers who would get the same copy; who they are is told to keys that may see readers."""

    readers: int
    emails: list[str] | None
    briefings: list[int]
    skip: Skip | None


class Rehearsed(BaseModel):
    """Who would get what."""

    model_config = _example(
        planned=1,
        skipped={},
        copies=[{"readers": 1, "emails": ["ada@example.org"], "briefings": [17], "skip": None}],
    )

    planned: int
    skipped: dict[Skip, int]
    copies: list[RehearsedCopy]


class SentByHand(BaseModel):
    """A one-off issue that was written down; the scheduler sends it."""

    model_config = _example(issue=5, planned=1, skipped={})

    issue: int
    planned: int
    skipped: dict[Skip, int]


class CopyShown(BaseModel):
    """A copy that carried a briefing; of one that is kept in a volume neither number nor time is known."""

    id: int | None
    issue: int
    status: DeliveryStatus
    sent_at: datetime | None


class ExplanationShown(BaseModel):
    """Where a briefing stands with a reader of one newsletter."""

    newsletter: str
    answer: Answer
    reasons: list[str]
    next_slot: datetime | None
    deliveries: list[CopyShown]


class Explained(BaseModel):
    """Why a reader got a briefing, will get it, or does not."""

    model_config = _example(
        email="ada@example.org",
        briefing=17,
        items=[
            {
                "newsletter": "daily",
                "answer": "waiting",
                "reasons": ["it would be in the next issue, due 2026-11-25 06:30 UTC"],
                "next_slot": "2026-11-25T06:30:00Z",
                "deliveries": [],
            }
        ],
    )

    email: str
    briefing: int
    items: list[ExplanationShown]


class SizeShown(BaseModel):
    """A size against its budget, in octets."""

    part: str
    octets: int
    budget: int
    fits: bool


class PreviewShown(BaseModel):
    """A reader's next issue as it would be sent."""

    model_config = _example(
        subject="The Daily Digest, 25 November",
        due_at="2026-11-25T06:30:00Z",
        skip=None,
        html="<!DOCTYPE html>…",
        text="Economy and trade…",
        message="From: The Daily Digest <digest@newsroom.example>…",
        sizes=[{"part": "HTML part", "octets": 24000, "budget": 90000, "fits": True}],
    )

    subject: str | None
    due_at: datetime
    skip: Skip | None
    html: str | None
    text: str | None
    #: the whole message (RFC 5322)
    message: str | None
    sizes: list[SizeShown]


class PersonShown(BaseModel):
    """Somebody who may enter the desk."""

    model_config = _example(
        id=1,
        name="Ada",
        role="editor",
        codes=False,
        created_at="2026-11-20T09:00:00Z",
        shut_out_at=None,
    )

    id: int
    name: str
    role: Role
    codes: bool
    created_at: datetime
    shut_out_at: datetime | None


_KEY: Any = {
    "id": 2,
    "label": "import",
    "beginning": "digest_k3v0q",
    "scopes": ["see", "keep-readers"],
    "made_at": "2026-11-20T09:00:00Z",
    "used_at": None,
    "revoked_at": None,
}


class KeyShown(BaseModel):
    """A key by its beginning."""

    model_config = _example(**_KEY)

    id: int
    label: str
    beginning: str
    scopes: list[Power]
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyShown):
    """A new key; it is shown this once."""

    model_config = _example(**_KEY, key="digest_k3v0q...")

    key: str


class ChangeShown(BaseModel):
    """One entry of the log of changes."""

    model_config = _example(
        id=40,
        at="2026-11-24T09:30:00Z",
        actor="Ada (import)",
        via="api",
        person_id=1,
        act="briefing.edit",
        kind="briefing",
        subject="17",
        before={"lead": False},
        after={"lead": True},
    )

    id: int
    at: datetime
    actor: str
    via: Via
    person_id: int | None
    act: str
    kind: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


class AppointmentShown(BaseModel):
    """A slot that has come or will come."""

    newsletter: str
    cadence: str
    slot: str
    due_at: datetime
    passed_over: Annotated[list[QuietDayShown], Field(description="Quiet days before it, without an issue.")]


class MailboxShown(BaseModel):
    """How it stands with a mailbox of returned mail."""

    model_config = _example(**_MAILBOX)

    name: str
    tried_at: datetime
    read_at: datetime | None
    #: that were taken in, and of those how many nobody could make anything of
    mails: int
    aside: int
    #: that its server named last and did not give
    withheld: int
    #: what was wrong last; empty when nothing was
    trouble: str
    #: how many times in a row something was
    failures: int


class UnkeptShown(BaseModel):
    """Mails that say nothing, and were counted and not kept: too many wait already."""

    model_config = _example(mails=0, octets=0, day=None)

    mails: int
    octets: int
    #: the last day with some
    day: date | None


class ReturnedMailShown(BaseModel):
    """What came back and needs a look, and by which way it comes."""

    model_config = _example(**_RETURNED)

    #: mails that wait for a person
    waiting: int
    unkept: UnkeptShown
    mailboxes: list[MailboxShown]


_MACHINE: Any = {
    "name": "mail-2",
    "kind": "worker",
    "state": "sending",
    "issue": 7,
    "since": "2026-11-24T05:00:00Z",
    "silent_seconds": 3.2,
    "connections": 20,
    "copies": 48211,
    "per_second": 212.4,
    "pid": 4242,
    "version": "0.1.0",
    "until": None,
    "because": "",
}


class MachineShown(BaseModel):
    """A process that works on the store together with others."""

    model_config = _example(**_MACHINE)

    name: str
    #: what it does for the others
    kind: Kind
    state: State
    #: what it sends
    issue: int | None
    since: datetime
    #: since it was last heard of
    silent_seconds: float
    #: connections to mail servers that it may have now
    connections: int
    #: copies that came to an end since it signed on, and how many a second of late
    copies: int
    per_second: float
    pid: int
    version: str
    #: when it left, and why
    until: datetime | None
    because: str


class StatusShown(BaseModel):
    """What is due, under way and stuck."""

    model_config = _example(
        newest_number=12,
        subscriptions={"active": 2},
        due=[],
        upcoming=[
            {
                "newsletter": "daily",
                "cadence": "weekdays at 07:30 Europe/Paris",
                "slot": "2026-11-25T07:30",
                "due_at": "2026-11-25T06:30:00Z",
                "passed_over": [],
            }
        ],
        under_way=[],
        overdue=[LATE],
        uncertain=0,
        paused=[],
        returned=_RETURNED,
        machines=[_MACHINE],
    )

    newest_number: int
    subscriptions: dict[Standing, int]
    due: list[AppointmentShown]
    upcoming: list[AppointmentShown]
    under_way: list[UnderWayShown]
    overdue: list[LateShown]
    uncertain: int
    #: families of mailboxes to which nothing is sent for a while
    paused: list[FamilyPaused]
    returned: ReturnedMailShown
    #: who works together on the store; nobody where that is a SQLite file
    machines: list[MachineShown]


class SuppressionShown(BaseModel):
    """An address that must not be written to; which one, only its hash says."""

    model_config = _example(
        id=3, reason="by hand", at="2026-11-24T09:30:00Z", made_by="Ada (import)", note="asked by letter"
    )

    id: int
    reason: str
    at: datetime
    #: null for what its reader brought about, by an erasure or a complaint
    made_by: str | None
    note: str


class RefusedAddress(BaseModel):
    """An address that was not taken: its place in the list, and why."""

    line: int
    reason: str


class Suppressed(BaseModel):
    """What became of a list of addresses."""

    model_config = _example(added=1, known=0, rejected=[])

    added: int
    known: int
    rejected: list[RefusedAddress]
