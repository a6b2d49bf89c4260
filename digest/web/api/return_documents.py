"""What the API is asked and tells of returned mail: models with an example each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.mail.evidence import Proof
from digest.web.api.asked import Asked, Word
from digest.web.api.paths import LARGEST

_MAIL: Any = {
    "from": "MAILER-DAEMON@mx.example.org",
    "subject": "Undelivered Mail Returned to Sender",
    "text": "Your mail could not be delivered: 550 5.1.1 no such user here",
    "done_at": None,
}
_RETURN: Any = {
    "id": 7,
    "at": "2026-11-24T09:30:00Z",
    "origin": "mail",
    "recipient": "ada@example.org",
    "kind": "hard",
    "permanent": True,
    "code": "5.1.1",
    "reply": "550",
    "text": "550 5.1.1 no such user here",
    "delivery": None,
    "notice": None,
    "issue": None,
    "newsletter": None,
    "rule": "dsn:words:no-such-reader",
    "proof": None,
    "effect": "unmatched",
    "waits": True,
    "sender": "MAILER-DAEMON@mx.example.org",
    "size": 4711,
}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class ReturnShown(BaseModel):
    """What a mail or a provider said about one recipient, and what followed."""

    model_config = _example(**_RETURN)

    id: int
    at: datetime
    #: `mail`, or the provider that told it
    origin: str
    #: the reader, or who is named where no reader was found; null when nobody is, or the reader was erased
    recipient: str | None
    kind: Kind
    #: true when this copy is not tried again
    permanent: bool
    #: RFC 3463, or of SMTP alone
    code: str | None
    #: three digits of SMTP
    reply: str | None
    #: the server's or the person's own words
    text: str
    delivery: int | None
    notice: int | None
    issue: int | None
    newsletter: str | None
    #: the rule that decided what is said
    rule: str
    #: by what the reader was found; null when nothing proved it
    proof: Proof | None
    effect: Effect
    #: true while its mail is kept and nobody has seen to it
    waits: bool
    #: who sent the mail, as it says itself, and its octets; null when it is not kept
    sender: str | None
    size: int | None


class KeptMailShown(BaseModel):
    """A mail that is kept for a person."""

    model_config = _example(**_MAIL)

    sender: Annotated[str, Field(alias="from")]
    subject: str
    #: plain text, whatever the mail was; the first part of a long one
    text: str
    done_at: datetime | None


class ReturnInFull(ReturnShown):
    """The same with its mail, where that is kept."""

    model_config = _example(**_RETURN, mail=_MAIL)

    mail: KeptMailShown | None


class ReturnMeans(Asked):
    """Whom it is about: a reader, or a copy."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"email": "ada@example.org"}]})

    email: Annotated[Word | None, Field(description="The reader; or name the copy.")] = None
    delivery: Annotated[
        StrictInt | None, Field(ge=1, le=LARGEST, description="The copy; or name the reader.")
    ] = None
    kind: Annotated[
        Kind | None,
        Field(description="What it says: where its own kind is `unknown`, and only there."),
    ] = None


class DoneWith(BaseModel):
    """Nobody needs to look at it any more."""

    model_config = _example(id=7, changed=True)

    id: int
    #: false when somebody had said so before
    changed: bool
