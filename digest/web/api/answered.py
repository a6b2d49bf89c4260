"""What the API answers: the documents of `flows/shown.py`, written down as models with an example each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from digest.core.corrections import CorrectionKind
from digest.core.model import Archive, BriefingStatus, ItemText, Pictures
from digest.core.picturing import PictureFault, PictureState
from subscribers.model import Format, Section, Standing


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


_BRIEFING: Any = {
    "id": 17,
    "number": 12,
    "title": "Ports agree on a common queue",
    "section": "briefing",
    "topics": ["economy"],
    "source": "Harbour Post",
    "source_date": "2026-11-23",
    "published_at": "2026-11-24T06:00:00Z",
    "status": "published",
}
_SUBSCRIPTION: Any = {
    "email": "ada@example.org",
    "newsletter": "daily",
    "name": "Ada",
    "status": "active",
    "topics": ["economy"],
    "sections": "all",
    "days": "weekdays",
    "at": "07:30",
    "timezone": "Europe/Paris",
    "at_once": False,
    "format": "html",
    "max_items": None,
    "language": "en",
    "paused_until": None,
}


class BriefingInAList(BaseModel):
    """A briefing in a list."""

    model_config = _example(**_BRIEFING)

    id: int
    number: int | None
    title: str
    section: Section
    topics: list[str]
    source: str | None
    source_date: date | None
    published_at: datetime | None
    status: BriefingStatus


_CORRECTION: Final = {
    "number": 19,
    "kind": "corrected",
    "note": "There are eight ports, and not nine.",
    "at": "2026-11-24T12:00:00Z",
    "readers": 1204,
}


class ToldLater(BaseModel):
    """What those are told who have had a text that was changed or taken back."""

    model_config = _example(**_CORRECTION)

    number: int
    kind: CorrectionKind
    note: str
    at: datetime
    #: to how many subscriptions it was owed
    readers: int


class PictureInMails(BaseModel):
    """What is known of a picture that mails would bring along."""

    model_config = _example(
        state="kept",
        fault=None,
        words="",
        tries=1,
        tried_at="2026-11-23T16:20:00Z",
        next_at=None,
        content_type="image/jpeg",
        width=1120,
        height=630,
        octets=27314,
    )

    state: PictureState
    #: why mails cannot bring it along, and the same in words
    fault: PictureFault | None
    words: str
    tries: int
    tried_at: datetime
    #: when it will be asked for again
    next_at: datetime | None
    content_type: str | None
    #: pixels, as it is kept
    width: int | None
    height: int | None
    octets: int | None


class BriefingInFull(BriefingInAList):
    """A briefing with its text, and what readers said of it."""

    model_config = _example(
        **_BRIEFING,
        revision=1,
        paragraphs=["Eight ports will share one list of waiting ships from January on."],
        topic_reasons={"economy": "exports"},
        url="https://harbour.example/queue",
        picture="https://harbour.example/queue.jpg",
        picture_alt="Six freighters lie at anchor before the harbour.",
        language="en",
        lead=False,
        weight=0,
        must_not_miss=False,
        publish_at=None,
        story=None,
        useful=3,
        not_useful=0,
        corrections=[_CORRECTION],
        picture_in_mails=None,
    )

    revision: int
    paragraphs: list[str]
    topic_reasons: dict[str, str]
    url: str | None
    picture: str | None
    picture_alt: str
    language: str
    lead: bool
    weight: int
    must_not_miss: bool
    publish_at: datetime | None
    #: what tells of the same event: see its story
    story: int | None
    useful: int
    not_useful: int
    corrections: list[ToldLater]
    #: null while nobody asked for it: no newsletter has mails bring pictures along, or the next run will
    picture_in_mails: PictureInMails | None


class RejectedItem(BaseModel):
    """An item that was not taken."""

    source: str
    line: int
    reason: str


class Collected(BaseModel):
    """What became of what came in: ids, a count, and refusals."""

    model_config = _example(added=[17], updated=[], unchanged=0, rejected=[])

    added: list[int]
    updated: list[int]
    unchanged: int
    rejected: list[RejectedItem]


class LinkShown(BaseModel):
    """A link in a footer."""

    name: str
    url: str


class QuietDayShown(BaseModel):
    """A day on which a newsletter does not come."""

    day: date
    name: str


class NewsletterShown(BaseModel):
    """A newsletter with all its settings."""

    model_config = _example(
        id=1,
        slug="daily",
        title="The Daily Digest",
        description="The newsroom's briefings, grouped by topic.",
        sender_name="The Daily Digest",
        sender_address="digest@newsroom.example",
        theme="classic",
        sections=["briefing", "analysis"],
        max_items=None,
        postal_address="",
        reach_back_days=7,
        give_up_minutes=1440,
        latest_start_minutes=None,
        item_text="full",
        pictures="none",
        logo_url=None,
        logo_alt="",
        accent="#1a5276",
        ground=None,
        links=[{"name": "Website", "url": "https://newsroom.example/"}],
        welcome=True,
        goodbye=False,
        sign_up=True,
        archive="full",
        feedback=False,
        clicks=False,
        approval=False,
        approval_lead_minutes=0,
        quiet_days=[{"day": "2026-12-25", "name": "Christmas Day"}],
        first_wishes={"days": "weekdays", "at": "07:30"},
    )

    id: int
    slug: str
    title: str
    description: str
    sender_name: str
    sender_address: str
    theme: str
    sections: list[Section]
    max_items: int | None
    postal_address: str
    reach_back_days: int
    give_up_minutes: int
    latest_start_minutes: int | None
    item_text: ItemText
    pictures: Pictures
    logo_url: str | None
    logo_alt: str
    accent: str | None
    ground: str | None
    links: list[LinkShown]
    welcome: bool
    goodbye: bool
    sign_up: bool
    archive: Archive
    feedback: bool
    clicks: bool
    approval: bool
    approval_lead_minutes: int
    quiet_days: list[QuietDayShown]
    first_wishes: Annotated[dict[str, str], Field(description="What new readers begin with, by option.")]


class SubscriptionInAList(BaseModel):
    """One reader of one newsletter: the fields of a roster."""

    model_config = _example(**_SUBSCRIPTION)

    email: str
    newsletter: str
    name: str
    status: Standing
    topics: Literal["all"] | list[str]
    sections: Literal["all"] | list[Section]
    days: str
    at: str
    timezone: str
    at_once: bool
    format: Format
    max_items: int | None
    language: str
    paused_until: datetime | None


class BookmarkShown(BaseModel):
    """How far a reader is."""

    cut: int
    deferred: list[int]
    ahead: list[int]


class StandingChange(BaseModel):
    """One change of a standing."""

    at: datetime
    before: Standing | None
    after: Standing
    reason: str


class SubscriptionInFull(SubscriptionInAList):
    """A subscription with its history."""

    bookmark: BookmarkShown
    began_after: int
    next_slot: datetime | None
    history: list[StandingChange]


class ReaderInFull(BaseModel):
    """A reader with all subscriptions."""

    model_config = _example(
        email="ada@example.org",
        name="Ada",
        subscriptions=[
            _SUBSCRIPTION
            | {
                "bookmark": {"cut": 12, "deferred": [], "ahead": []},
                "began_after": 3,
                "next_slot": "2026-11-25T06:30:00Z",
                "history": [
                    {
                        "at": "2026-11-20T09:00:00Z",
                        "before": None,
                        "after": "active",
                        "reason": "added by an admin",
                    }
                ],
            }
        ],
    )

    email: str
    name: str
    subscriptions: list[SubscriptionInFull]


class RefusedLineShown(BaseModel):
    """A line of a roster that was not taken."""

    line: int
    reason: str


class Imported(BaseModel):
    """What became of a roster."""

    model_config = _example(
        added=1, updated=0, rejected=[{"line": 3, "reason": "address 'ada' is not valid"}]
    )

    added: int
    updated: int
    rejected: list[RefusedLineShown]


class Erased(BaseModel):
    """Who was erased."""

    model_config = _example(erased="ada@example.org")

    erased: str
