"""What the API is asked and tells of revisions, orders, imports and the order of topics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from digest.core.importing import ImportStatus
from digest.flows.holidays import FIRST_YEAR, LAST_YEAR
from digest.store.one_off_tables import OrderStatus
from digest.web.api.asked import Asked, ByHand, Line, NewSlug, Word
from digest.web.api.times import Instant, WallTime


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class RevisionShown(BaseModel):
    """A briefing as it once was."""

    model_config = _example(
        revision=1,
        title="Ports agree on a queue",
        paragraphs=["Eight ports will share one list of waiting ships from January on."],
        source="Harbour Post",
        source_date="2026-11-23",
        url="https://harbour.example/queue",
        language="en",
        at="2026-11-24T06:00:00Z",
        actor="Ada (import)",
    )

    revision: int
    title: str
    paragraphs: list[str]
    source: str | None
    source_date: date | None
    url: str | None
    language: str
    #: since when, and by whom
    at: datetime
    actor: str


class OrderShown(BaseModel):
    """A one-off issue that waits for its time, and what became of it."""

    model_config = _example(
        id=2,
        newsletter="daily",
        status="waiting",
        due_at="2026-11-25T08:00:00Z",
        local_at=None,
        copies=1,
        subject="One more thing",
        intro="Read this.",
        briefings=[1],
        ordered_by="Ada (import)",
        ordered_at="2026-11-24T09:30:00Z",
        issue=None,
        words="",
    )

    id: int
    newsletter: str
    status: OrderStatus
    #: by readers' own clocks, of the next part
    due_at: datetime
    #: what those clocks show then; null for all at one time
    local_at: WallTime | None
    #: how many mails were agreed to
    copies: int
    subject: str | None
    intro: str | None
    briefings: list[int]
    ordered_by: str
    ordered_at: datetime
    #: once it is planned
    issue: int | None
    #: why nothing could be planned
    words: str


class NewOrder(ByHand):
    """A one-off issue for a time to come: what `/send` takes, and when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "newsletter": "daily",
                    "to": ["ada@example.org"],
                    "briefings": [1],
                    "subject": "One more thing",
                    "at": "2026-11-25T08:00:00Z",
                    "copies": 1,
                }
            ]
        },
    )

    at: Annotated[
        Instant | None,
        Field(description="When it is planned; UTC without offset. Either this or `local_at`."),
    ] = None
    local_at: Annotated[
        WallTime | None,
        Field(
            description="When it is planned by each reader's own clocks, such as `2026-11-25T08:00`; at once "
            "where that is past."
        ),
    ] = None
    copies: Annotated[
        StrictInt,
        Field(
            ge=1,
            le=2**31 - 1,
            description="How many mails are agreed to; it is refused when it would be another number. "
            "`/send/rehearsal` tells it.",
        ),
    ]


class TopicOrder(Asked):
    """Topics in the order in which mails show them; one that is not named comes behind the others."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"slugs": ["energy", "economy"]}]}
    )

    slugs: Annotated[list[NewSlug], Field(min_length=1, max_length=1000)]


class PlaceAndYear(Asked):
    """Which public holidays are meant."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"country": "DE-BY", "year": 2027}]}
    )

    country: Annotated[Word, Field(description="Its code: FR, or DE-BY for a part.")]
    year: Annotated[StrictInt, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class ImportShown(BaseModel):
    """A roster that was handed over, and how far it has come."""

    model_config = _example(
        id=3,
        status="rehearsed",
        at="2026-11-24T09:30:00Z",
        by="Ada (import)",
        headings=["E-mail", "Name"],
        columns=["email", "name"],
        newsletter="daily",
        basis="They signed a list at the fair in March.",
        lines=120,
        done=1.0,
        added=118,
        updated=0,
        refused=2,
        removed=0,
        restored=0,
        kept=0,
    )

    id: int
    status: ImportStatus
    at: datetime
    by: str
    #: the cells of the first line
    headings: list[str]
    #: what each of them is; empty for what is left out
    columns: list[str]
    newsletter: str
    #: on what grounds its readers are written to
    basis: str
    lines: int
    #: how much is done of what is under way, from 0 to 1
    done: float
    added: int
    updated: int
    refused: int
    #: of an undoing
    removed: int
    restored: int
    kept: int


class RefusedCells(BaseModel):
    """A line that was not taken, why, and what stood in it."""

    model_config = _example(line=7, reason="address 'ada' is not valid", cells=["ada", "Ada"])

    line: int
    reason: str
    cells: list[str]


#: As `subscribers.roster.READ_COLUMNS`; empty leaves a column out.
# fmt: off
ColumnName = Literal[
    "", "email", "newsletter", "name", "topics", "days", "at", "timezone", "at_once", "sections", "format",
    "max_items", "language", "status", "unconfirmed",
]
# fmt: on


class ImportColumns(Asked):
    """What the columns of a roster are, and on what grounds its readers are written to."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "columns": ["email", "name"],
                    "newsletter": "daily",
                    "basis": "They signed a list at the fair in March.",
                }
            ]
        },
    )

    columns: Annotated[
        list[ColumnName] | None,
        Field(max_length=200, description="One for each heading; found from the headings when left out."),
    ] = None
    newsletter: Annotated[Word, Field(description="Of lines that do not say which.")] = "daily"
    basis: Annotated[Line, Field(description="Kept with each new reader.")]
