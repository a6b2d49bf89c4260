"""What is published: briefings as they come in, as they stand, and as planning looks at them; topics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from digest.core.corrections import Correction
from subscribers.model import Section

#: The topic of last resort: where a briefing lands that no rule claims.
GENERAL: Final = "general"


class BriefingStatus(StrEnum):
    """Where a briefing stands in its own life."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETRACTED = "retracted"
    #: a draft that was thrown away, and never was published
    DISCARDED = "discarded"


class TopicMark(Struct, frozen=True):
    """One topic of a briefing and why it was given: `gallium, export`, or `given with the item`."""

    slug: str
    reason: str


class DraftBriefing(Struct, frozen=True):
    """What came in from a page, a feed or a person; not yet in the store."""

    title: str
    #: paragraphs of plain text, verbatim
    paragraphs: tuple[str, ...]
    section: Section = Section.BRIEFING
    #: explicit topics in the order given; empty leaves them to the rules
    topics: tuple[str, ...] = ()
    #: the source as printed, and its date; both None only for the newsroom's own pieces
    source: str | None = None
    source_date: date | None = None
    url: str | None = None
    language: str = "en"
    #: 1-based line where the item begins in what was read, for messages
    line: int = 0
    #: where its picture lies, absolute and https; None for none
    picture: str | None = None
    #: the picture in words, on one line; may be empty
    picture_alt: str = ""


class Rejected(Struct, frozen=True):
    """An item that could not be taken: where it stood and why."""

    source: str
    line: int
    reason: str


class Beside(Struct, frozen=True):
    """Another telling of the same event, as it is named beside an item."""

    number: int
    title: str
    source: str | None
    url: str | None
    language: str
    published_at: datetime
    #: it came out in an issue before, which the item follows up
    is_earlier: bool


class Briefing(Struct, frozen=True):
    """A briefing as it stands now, in its newest revision."""

    id: int
    #: gapless, given by publication; None for a draft
    number: int | None
    revision: int
    title: str
    paragraphs: tuple[str, ...]
    section: Section
    #: most fitting first
    topics: tuple[TopicMark, ...]
    source: str | None
    source_date: date | None
    url: str | None
    language: str
    lead: bool
    weight: int
    status: BriefingStatus
    published_at: datetime | None
    #: no cap puts it off
    must_not_miss: bool = False
    #: when a draft is to be published by itself
    publish_at: datetime | None = None
    #: what is told of it under this number; None where it is told for the first time
    correction: Correction | None = None
    #: what tells of the same event; None when nothing else does
    story_id: int | None = None
    #: the other tellings of its story, as an issue or page names them beside it
    beside: tuple[Beside, ...] = ()
    #: where its picture lies, absolute and https; None for none
    picture: str | None = None
    #: the picture in words, on one line; may be empty
    picture_alt: str = ""


class Candidate(Struct, frozen=True):
    """As much of a published briefing as planning looks at."""

    number: int
    briefing_id: int
    section: Section
    #: slugs, most fitting first
    topics: tuple[str, ...]
    lead: bool
    weight: int
    retracted: bool
    #: which briefings came in together: items of one batch keep their page order
    batch: int
    #: no cap puts it off
    must_not_miss: bool = False
    #: of a correction, the number under which the briefing came out
    corrects: int | None = None
    #: of a correction, True when a later one tells more, or there is nothing to tell any more
    superseded: bool = False
    #: what tells of the same event
    story: int | None = None
    #: an editor wants it in front of its story
    is_in_front: bool = False


class TopicWords(Struct, frozen=True):
    """What readers see of a topic, in one language."""

    title: str
    #: one line for who is to choose; may be empty
    description: str = ""


class Topic(Struct, frozen=True):
    """What a briefing can be about, and the rules that find it."""

    slug: str
    title: str
    position: int
    #: weight by keyword or phrase, such as ``{"gallium": 4}``
    rules: Mapping[str, int]
    aliases: tuple[str, ...] = ()
    #: one line for who is to choose; may be empty
    description: str = ""
    #: the same for readers of other languages, by language tag (BCP 47)
    translations: Mapping[str, TopicWords] = field(default_factory=dict)

    def said_in(self, language: str) -> TopicWords:
        """What a reader of this language sees; the words it was given first where there are none.

        Of a language that is written differently elsewhere the other spelling is better than none: `zh-Hans`
        for a reader of `zh-Hant`, `pt` for one of `pt-BR`.
        """
        found = self.translations.get(language)
        if found is None:
            near = (one for tag, one in self.translations.items() if _spoken(tag) == _spoken(language))
            found = next(near, None)
        return found or TopicWords(self.title, self.description)


def _spoken(tag: str) -> str:
    """The language of a tag, without script and country."""
    return tag.partition("-")[0].lower()
