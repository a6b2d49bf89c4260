"""What the templates of an issue may say: plain printable values, made of briefings, topics and wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from digest.core.model import GENERAL, Briefing, Issue, Newsletter, Topic
from digest.render.characters import host_of, one_line, paragraphs, web_link
from digest.render.marks import Marking
from digest.render.reading import reading_seconds, whole_minutes
from digest.render.words import Words


@dataclass(frozen=True, slots=True)
class Item:
    """One briefing, in the contents, in full or as one of the deferred."""

    #: its number as text: what it is known by in a sheet, and its anchor
    key: str
    title: str
    #: what kind of item it is; empty for a plain briefing
    kicker: str
    paragraphs: tuple[str, ...]
    source: str
    source_date: str
    #: 2 min read
    reading: str
    #: empty when there is nothing to read on
    url: str
    host: str
    tags: tuple[str, ...]
    #: BCP 47 tag of its text
    language: str
    lead: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Group:
    """The items of a mail that stand under one topic."""

    #: slug of the topic
    key: str
    title: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Masthead:
    """What is the same in every copy of an issue, for one language."""

    title: str
    #: the newsletter's own words about itself
    description: str
    #: the day in full, empty when there is none
    date: str
    #: the day within a subject
    short_date: str
    date_language: str
    language: str
    direction: str
    intro: tuple[str, ...]
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CohortWords:
    """What is the same in every copy of a cohort; an empty value leaves out what stands around it."""

    subject: str
    #: what an inbox shows after the subject
    preheader: str
    #: 8 items, 14 min read
    summary: str
    #: Covers Nov 21 – 24; empty when the issue covers its own day only
    covers: str
    #: not empty when there are enough items for a list of contents
    contents: str
    #: 3 more in your next issue; empty when nothing waits
    later: str
    #: why the reader gets this mail
    why: str

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {name: getattr(self, name) for name in names_of(CohortWords)}


@dataclass(frozen=True, slots=True)
class Personal:
    """What only one reader's copy of an issue holds."""

    #: empty when the reader gave none
    name: str
    preferences_url: str
    unsubscribe_url: str

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {
            "name": one_line(self.name),
            "preferences_url": one_line(self.preferences_url),
            "unsubscribe_url": one_line(self.unsubscribe_url),
        }


def item_for(briefing: Briefing, number: int, titles: Mapping[str, str], words: Words) -> Item:
    """The briefing as its mails show it; topics are named by these titles, unknown ones left unnamed."""
    url = web_link(briefing.url)
    texts = tuple(filter(None, map(one_line, briefing.paragraphs)))
    seconds = reading_seconds((briefing.title, *texts))
    return Item(
        key=str(number),
        title=one_line(briefing.title),
        kicker=words.section(briefing.section),
        paragraphs=texts,
        source=one_line(briefing.source or ""),
        source_date=words.plain_day(briefing.source_date) if briefing.source_date else "",
        reading=words.minutes(whole_minutes(seconds)),
        url=url,
        host=host_of(url),
        tags=tuple(titles[mark.slug] for mark in briefing.topics if mark.slug in titles),
        language=one_line(briefing.language),
        lead=briefing.lead,
        seconds=seconds,
    )


def topic_titles(topics: Iterable[Topic]) -> dict[str, str]:
    """Printable titles in the order of the topics; the one of last resort is always there."""
    titles = {topic.slug: one_line(topic.title) for topic in sorted(topics, key=lambda topic: topic.position)}
    return titles if GENERAL in titles else {**titles, GENERAL: "General"}


def masthead_for(newsletter: Newsletter, issue: Issue | None, words: Words) -> Masthead:
    """The frame of an issue's mails, or of a mail that belongs to none."""
    return Masthead(
        title=one_line(newsletter.title),
        description=one_line(newsletter.description),
        date=words.long_day(issue.day) if issue else "",
        short_date=words.short_day(issue.day) if issue else "",
        date_language=words.date_language,
        language=words.language,
        direction=words.direction,
        intro=paragraphs(issue.intro or "") if issue else (),
        address=tuple(filter(None, map(one_line, newsletter.postal_address.splitlines()))),
    )


@cache
def names_of(values: type[CohortWords] | type[Personal]) -> tuple[str, ...]:
    """The names of slots, in the order in which the type takes their values."""
    return tuple(field.name for field in fields(values))


def issue_page(
    masthead: Masthead,
    groups: Sequence[Group],
    deferred: Sequence[Item],
    copy: CohortWords,
    reader: Personal,
    marks: Marking,
) -> dict[str, Any]:
    """All that the templates in `issue/` may name."""
    return {
        "masthead": masthead,
        "groups": groups,
        "deferred": deferred,
        "copy": copy,
        "reader": reader,
        "marks": marks,
    }
