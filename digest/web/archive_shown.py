"""What the templates of the archive may say: items, editions and places to go, as plain printable values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from digest.core.budget import Form
from digest.core.editions import Month, local_day
from digest.core.model import Archive, ItemText, Newsletter
from digest.core.seeking import Piece, Wanted, pieces, snippet
from digest.flows.archive import Desk, Edition, Line
from digest.render.characters import one_line, shortened
from digest.render.page import Item, in_form, item_for, topic_titles
from digest.render.reading import whole_minutes
from digest.render.words import Words
from digest.store.archive import Shown
from digest.store.searching import source_name

#: What previews of a link and results of a search engine show of a text, in columns.
_DESCRIPTION: Final = 200


class Tag(Struct, frozen=True):
    """A topic of an item, and where it has a page."""

    slug: str
    title: str


class Piecemeal(Struct, frozen=True):
    """An item as a page of the archive shows it."""

    number: int
    item: Item
    #: true when the item's own page has more of it
    goes_on: bool
    tags: tuple[Tag, ...]
    #: the part of a path that names its source; empty when it has none
    source: str
    #: the day of a correction; empty when there was none
    corrected: str
    #: the title, and some of the text when something was looked for, in pieces that are marked or not
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]


class Row(Struct, frozen=True):
    """An edition in a list."""

    day: str
    said: str
    title: str
    language: str
    about: tuple[str, ...]
    count: str


class Chapter(Struct, frozen=True):
    """The items of an edition under one topic."""

    tag: Tag
    #: false for the topic of last resort and for one that was removed
    has_page: bool
    items: tuple[Piecemeal, ...]


class Showing:
    """Makes the values of one page: for a newsletter, in a language, with days as they are at home."""

    def __init__(self, desk: Desk, words: Words, zone: str) -> None:
        """Take what all of them need."""
        self._newsletter: Final = desk.newsletter
        self._titles: Final = topic_titles(desk.topics, words)
        self._known: Final = frozenset(topic.slug for topic in desk.topics)
        self._words: Final = words
        self._zone: Final = zone

    def whole(self, shown: Shown) -> Piecemeal:
        """An item for its own page."""
        return self._piecemeal(shown, self._item(shown))

    def brief(self, shown: Shown) -> Piecemeal:
        """An item for a page with others: its first sentences."""
        item = self._item(shown)
        short = in_form(item, Form.SHORT)
        return self._piecemeal(shown, short, goes_on=short.paragraphs != item.paragraphs)

    def found(self, shown: Shown, wanted: Wanted) -> Piecemeal:
        """An item for a page of search, with what was looked for marked where it may be shown."""
        item = self._item(shown)
        title = pieces(item.title, item.language, wanted)
        text = snippet(item.paragraphs, item.language, wanted)
        return replace(self._piecemeal(shown, item, goes_on=True), title=title, text=text)

    def row(self, line: Line) -> Row:
        """An edition in a list."""
        lead = line.lead.briefing
        return Row(
            day=line.day.isoformat(),
            said=self._words.long_day(line.day),
            title=one_line(lead.title),
            language=one_line(lead.language),
            about=tuple(self._titles[slug] for slug in line.topics if slug in self._titles),
            count=self.how_many(line.count),
        )

    def chapters(self, edition: Edition) -> tuple[Chapter, ...]:
        """The items of an edition in reading order."""
        return tuple(
            Chapter(
                self.tag(group.topic),
                group.topic in self._known,
                tuple(self.brief(edition.items[number]) for number in group.numbers),
            )
            for group in edition.groups
        )

    def tag(self, slug: str) -> Tag:
        """A topic by its title, or by its slug when it is known no more."""
        return Tag(slug, self._titles.get(slug, slug))

    def how_many(self, count: int) -> str:
        """8 items."""
        return self._words.counted("%(count)d item", "%(count)d items", count)

    def reading(self, shown: Iterable[Shown]) -> str:
        """How long the texts take to read that the archive has of these items; empty when it has none."""
        if self._newsletter.archive is Archive.TITLES:
            return ""
        seconds = sum(self._item(one).seconds for one in shown)
        return self._words.minutes(whole_minutes(seconds))

    def month(self, month: Month) -> str:
        """November 2026."""
        return self._words.month(month.first_day)

    def day(self, day: date | None) -> str:
        """A day in full; empty for none."""
        return "" if day is None else self._words.long_day(day)

    def _item(self, shown: Shown) -> Item:
        """The item as far as it is public: what is said nowhere on a page stands in none of its values."""
        briefing = shown.briefing
        excerpts = self._newsletter.item_text is ItemText.EXCERPT
        number = briefing.number or 0
        item = item_for(briefing, number, self._titles, self._words, zone=self._zone, excerpts=excerpts)
        if self._newsletter.archive is Archive.TITLES:
            return replace(item, paragraphs=(), reading="", seconds=0.0)
        return item

    def _piecemeal(self, shown: Shown, item: Item, *, goes_on: bool = False) -> Piecemeal:
        briefing = shown.briefing
        slugs = [mark.slug for mark in briefing.topics if mark.slug in self._known]
        return Piecemeal(
            number=briefing.number or 0,
            item=item,
            goes_on=goes_on,
            tags=tuple(map(self.tag, slugs)),
            source=quote(source_name(briefing.source or ""), safe=""),
            corrected=self._corrected(shown),
            title=(Piece(item.title, marked=False),),
            text=(),
        )

    def _corrected(self, shown: Shown) -> str:
        if shown.corrected_at is None:
            return ""
        return self._words.plain_day(local_day(shown.corrected_at, self._zone))


def description(shown: Piecemeal) -> str:
    """What a preview of a link says under the title."""
    item = shown.item
    return shortened(
        " ".join(item.paragraphs) or " · ".join(filter(None, (item.source, item.source_date))), _DESCRIPTION
    )


def frame(newsletter: Newsletter) -> dict[str, Any]:
    """What stands around every page of a newsletter's archive."""
    return {
        "masthead": one_line(newsletter.title),
        "sender": one_line(newsletter.sender_name),
        "postal_address": tuple(filter(None, map(one_line, newsletter.postal_address.splitlines()))),
    }


def latest(shown: Iterable[Shown]) -> datetime | None:
    """When the newest of these items was published or corrected."""
    return max(
        (max(one.revised_at, one.briefing.published_at or one.revised_at) for one in shown), default=None
    )
