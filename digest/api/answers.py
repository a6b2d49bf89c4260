"""What a newsroom answers: plain values, which hold nothing open and nothing of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that could not be taken."""

    source: str
    #: line of a text, place in a list or feed
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of what was taken in: briefing ids, a count, and refusals."""

    added: tuple[int, ...]
    updated: tuple[int, ...]
    unchanged: int
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Briefing:
    """One news item."""

    id: int
    #: None until it is published
    number: int | None
    title: str
    paragraphs: tuple[str, ...]
    section: str
    topics: tuple[str, ...]
    source: str | None
    source_date: date | None
    url: str | None
    language: str
    #: draft, published or retracted
    status: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A standing publication."""

    slug: str
    title: str
    sender_name: str
    sender_address: str
    theme: str


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader of one newsletter, and what they want."""

    email: str
    newsletter: str
    name: str
    #: pending, active, paused, bouncing, complained, left or suppressed
    status: str
    #: None for all
    topics: tuple[str, ...] | None
    sections: tuple[str, ...] | None
    #: such as daily, weekdays or mon,thu
    days: str
    #: HH:MM in `timezone`
    at: str
    timezone: str
    at_once: bool
    #: html or text
    format: str
    max_items: int | None
    language: str
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """A slot that has come, and still has readers to serve."""

    newsletter: str
    #: in words, such as weekdays at 08:00 Europe/Paris
    when: str
    slot: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """What was written down for an issue: copies to send, and readers who get none, by reason."""

    issue: int
    copies: int
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What was done: counts of copies, as `digest run --json` tells them."""

    issues: tuple[int, ...] = ()
    planned: int = 0
    sent: int = 0
    deferred: int = 0
    refused: int = 0
    expired: int = 0
    uncertain: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    #: confirmations and the like, by what became of them
    notices: Mapping[str, int] = field(default_factory=dict)
    #: why it stopped short; what was not tried stays planned. Empty when it did not
    trouble: str = ""
    #: what was left for later though nothing is wrong, and why
    waiting: str = ""

    @property
    def is_well(self) -> bool:
        """True when nothing failed."""
        return not (self.trouble or self.refused or self.expired or self.uncertain)


@dataclass(frozen=True, slots=True)
class Preview:
    """A reader's next issue, printed as it would be sent; nothing was changed."""

    email: str
    newsletter: str
    due_at: datetime
    #: why nothing would be sent; None when something would, and only then is there anything below
    skip: str | None
    briefings: tuple[int, ...] = ()
    subject: str = ""
    #: None for who reads plain text
    html: str | None = None
    text: str = ""
    #: the whole message, signed, with CR LF
    message: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a one-off, and who gets it."""

    emails: tuple[str, ...]
    briefings: tuple[int, ...]
    #: why these readers get nothing; None when they get something
    skip: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Who would get what of a one-off; nothing was changed."""

    copies: int
    skipped: Mapping[str, int]
    who: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The record of one copy to one reader."""

    id: int
    issue: int
    newsletter: str
    #: None when the reader was erased
    email: str | None
    #: planned, sending, sent, deferred, refused, expired, uncertain or skipped
    status: str
    attempts: int
    reason: str
    #: the mail server's own words
    detail: str
    message_id: str
    briefings: tuple[int, ...]
    retry_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a reader of a newsletter got a briefing, will get it, or does not."""

    newsletter: str
    #: sent, on-its-way, waiting, left-out, not-delivered or not-published
    answer: str
    #: every rule that decided, in order
    reasons: tuple[str, ...]
    #: when it will be decided or sent, if it still waits
    next_slot: datetime | None
