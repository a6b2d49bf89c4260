"""What the API takes as a text or file of news, and what it tells of it: models with an example each."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from digest.web.api.answered import RejectedItem
from digest.web.api.asked import Asked, Line, Word
from subscribers.model import Section

#: As `digest.ingest.formats.FORMATS` and `digest.ingest.headings.HEADINGS` have them.
FormatName = Literal["page", "json", "markdown", "csv", "feed", "mail"]
KeyName = Literal[
    "",
    "body",
    "language",
    "picture",
    "picture_alt",
    "section",
    "source",
    "source_date",
    "title",
    "topics",
    "url",
]
#: Of a text, and of a file in base64.
_MOST: Final = 3_000_000


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Readable(Asked):
    """A text or a file of news, as `digest ingest` reads them."""

    text: Annotated[str | None, StringConstraints(max_length=_MOST), Field(description="Or `data`.")] = None
    data: Annotated[
        str | None,
        StringConstraints(max_length=_MOST),
        Field(
            description="A file in base64 (RFC 4648, 4): a ZIP archive, a mail, a text in UTF-16.",
            json_schema_extra={"contentEncoding": "base64"},
        ),
    ] = None
    source: Annotated[Word, Field(description="What it is called in messages; a file's name.")] = "text"
    format: Annotated[FormatName | None, Field(description="Recognised when not given.")] = None
    columns: Annotated[
        dict[Line, KeyName],
        Field(max_length=200, description="What columns of a table are, by heading; empty leaves one out."),
    ] = {}  # noqa: RUF012
    section: Section = Section.BRIEFING
    topics: Annotated[list[Word], Field(max_length=50)] = []  # noqa: RUF012


class NewText(Readable):
    """A text or a file of news that is taken in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": '[{"title": "Steel exports rise", "body": "They rose for the third month."}]',
                    "format": "json",
                    "section": "briefing",
                    "topics": ["economy"],
                    "publish": False,
                }
            ]
        },
    )

    publish: Annotated[StrictBool, Field(description="False keeps new items as drafts.")] = True


class TriedText(Readable):
    """A text or a file of news that is only looked at."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Headline;Text\nSteel exports rise;They rose for the third month.\n",
                    "columns": {"Headline": "title", "Text": "body"},
                }
            ]
        },
    )


class TriedItem(BaseModel):
    """An item as it would be."""

    id: Annotated[int | None, Field(description="Null for one that would be new.")] = None
    title: str
    section: Section
    topics: list[str]
    source: str | None
    source_date: date | None
    language: str
    revision: int


_ITEM: Final = {
    "title": "Steel exports rise",
    "section": "briefing",
    "topics": ["economy"],
    "source": "Harbour Post",
    "source_date": "2026-11-23",
    "language": "en",
    "revision": 1,
}


class TextTried(BaseModel):
    """What would become of the items of a text or file."""

    model_config = _example(added=[_ITEM], updated=[], unchanged=0, rejected=[])

    added: list[TriedItem]
    updated: list[TriedItem]
    unchanged: int
    rejected: list[RejectedItem]
