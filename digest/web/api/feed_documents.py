"""What the API is asked and tells of feeds: models with an example each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from digest.core.feeding import FeedHealth, PollOutcome
from digest.web.api.asked import Asked, Line, Word
from subscribers.model import Section

Every = Annotated[StrictInt, Field(ge=5, le=7 * 24 * 60, description="Minutes between two polls.")]
Settle = Annotated[
    StrictInt, Field(ge=0, le=24 * 60, description="Minutes that an item waits before it comes out.")
]
Topics = Annotated[
    list[Word],
    Field(max_length=50, description="Of every item; without any, categories that name one, else the rules."),
]
Take = Annotated[
    StrictInt, Field(ge=0, le=1000, description="How many of the items that are there come out.")
]
Source = Annotated[Word, Field(max_length=200, description="Empty takes the feed's own title.")]

_FEED: Any = {
    "id": 1,
    "url": "https://harbour.example/feed.xml",
    "title": "The Harbour Post",
    "source": None,
    "kind": "rss20",
    "section": "briefing",
    "topics": [],
    "every_minutes": 30,
    "settle_minutes": 10,
    "take": 10,
    "health": "fine",
    "trouble": None,
    "failures": 0,
    "polled_at": "2026-11-24T09:30:00Z",
    "next_poll_at": "2026-11-24T10:00:00Z",
    "newest_at": "2026-11-24T09:30:00Z",
    "moved_to": None,
    "gone_at": None,
    "gap_at": None,
}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class FeedShown(BaseModel):
    """A feed that is polled, and how it is."""

    model_config = _example(**_FEED)

    id: int
    url: str
    title: str
    #: what readers are told instead of the title
    source: str | None
    kind: str | None
    section: Section
    topics: list[str]
    every_minutes: int
    settle_minutes: int
    take: int
    health: FeedHealth
    #: what went wrong last
    trouble: str | None
    failures: int
    polled_at: datetime | None
    #: null when it is gone
    next_poll_at: datetime | None
    newest_at: datetime | None
    moved_to: str | None
    gone_at: datetime | None
    #: when every entry of a poll was new, so that some may have been lost
    gap_at: datetime | None


class PollShown(BaseModel):
    """How one poll went."""

    at: datetime
    outcome: PollOutcome
    #: of HTTP; null when there was no answer
    status: int | None
    added: int
    updated: int
    unchanged: int
    refused: int
    words: str | None


class RefusalShown(BaseModel):
    """An entry that was not taken."""

    #: its place in the feed when it was refused last
    line: int
    label: str
    reason: str
    times: int
    first_at: datetime | None
    last_at: datetime | None


class FeedInFull(FeedShown):
    """A feed with its last polls, and what was refused of it."""

    model_config = _example(**_FEED, items={"settled": 12, "old": 3}, polls=[], refusals=[])

    #: entries by what became of them
    items: dict[str, int]
    polls: list[PollShown]
    refusals: list[RefusalShown]


class FeedEdit(Asked):
    """What shall be changed; a field that is not named stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"every_minutes": 15}]})

    url: Line | None = None
    source: Source | None = None
    section: Section | None = None
    topics: Topics | None = None
    every_minutes: Every | None = None
    settle_minutes: Settle | None = None


class NewFeed(Asked):
    """A feed to be polled; the first poll finds it when the address is that of a page."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://harbour.example/feed.xml", "every_minutes": 15}]},
    )

    url: Line
    source: Source = ""
    section: Section = Section.BRIEFING
    topics: Topics = []  # noqa: RUF012
    every_minutes: Every = 30
    settle_minutes: Settle = 10
    take: Take = 10


class FeedList(Asked):
    """A list of feeds in OPML, and how they shall be."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "opml": '<opml version="2.0"><body><outline text="Harbour Post" '
                    'xmlUrl="https://harbour.example/feed.xml"/></body></opml>',
                    "take": 0,
                }
            ]
        },
    )

    opml: Annotated[str, StringConstraints(max_length=3_000_000)]
    source: Annotated[Word, Field(description="What it is called in messages.")] = "list"
    section: Section = Section.BRIEFING
    topics: Topics = []  # noqa: RUF012
    every_minutes: Every = 30
    settle_minutes: Settle = 10
    take: Take = 10


class RefusedFeed(BaseModel):
    """A feed of a list that is not added."""

    line: int
    reason: str


_REFUSED: Final = {"line": 3, "reason": "url 'ftp://radio.example/' is not an absolute http or https address"}


class FeedListTaken(BaseModel):
    """What became of a list of feeds."""

    model_config = _example(added=[1], known=0, rejected=[_REFUSED])

    added: list[int]
    #: polled already, or standing twice in the list
    known: int
    rejected: list[RefusedFeed]


class ListedFeed(BaseModel):
    """A feed as it stands in a list."""

    line: int
    url: str
    title: str


class FeedListTried(BaseModel):
    """What would become of a list of feeds."""

    model_config = _example(
        added=[{"line": 1, "url": "https://harbour.example/feed.xml", "title": "Harbour Post"}],
        known=[],
        rejected=[_REFUSED],
    )

    added: list[ListedFeed]
    known: list[ListedFeed]
    rejected: list[RefusedFeed]
