"""One entry of a feed, of whatever format, becomes an item that can be taken, or a reason why not."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from digest.core.lines import MOST_TITLE, cut_line
from digest.core.model import DraftBriefing
from digest.core.unseen import has_letter
from digest.ingest.feed_links import article_link, link_key
from digest.ingest.feed_words import WordsError, line_of, paragraphs_of, text_paragraphs
from digest.ingest.pictures import RawPicture, lead_picture
from digest.ingest.plaintext import trimmed
from subscribers.model import Section
from subscribers.wishes import WishError, parse_language

_MADE_TITLE: Final = 120
_NAME_LIMIT: Final = 200
_CATEGORIES: Final = 20
_SENTENCE: Final = re.compile(r"(.{20,}?[.!?。！？])(\s|$)|(.{8,}?[。！？])", re.DOTALL)
#: Languages by the script that most of a text is in, when a feed says none.
_SCRIPTS: Final = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
)


class EntryError(ValueError):
    """An entry that cannot be taken; the message says why."""


class RawEntry(Struct, frozen=True):
    """What a format says of one entry, as it says it."""

    guid: str = ""
    link: str = ""
    title: str = ""
    #: the texts, HTML unless `is_plain`, the fullest first
    bodies: tuple[str, ...] = ()
    is_plain: bool = False
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    language: str = ""
    #: whom the entry itself names as its source
    source: str = ""
    #: those that it names beside its texts
    pictures: tuple[RawPicture, ...] = ()
    #: why it cannot be taken, when who read it knows that already
    refused: str = ""


class FeedItem(Struct, frozen=True):
    """An entry that can be taken."""

    #: its place in the feed, from 1
    place: int
    #: 32 hexadecimal digits each: by what it is known again in its feed, and in all of them (empty: no link)
    guid_key: str
    link_key: str
    #: different as soon as the feed says something else
    said_key: str
    title: str
    paragraphs: tuple[str, ...]
    source: str
    day: date | None
    published: datetime | None
    url: str | None
    language: str
    categories: tuple[str, ...] = ()
    #: it is no part of what the feed says: addresses of pictures change with every hour in some
    picture: str | None = None
    picture_alt: str = ""

    def draft(self, today: date, *, section: Section, topics: tuple[str, ...] = ()) -> DraftBriefing:
        """The item as other ways in have it; what says no day is of `today`."""
        return DraftBriefing(
            title=self.title,
            paragraphs=self.paragraphs,
            section=section,
            topics=topics,
            source=self.source,
            source_date=self.day or today,
            url=self.url,
            language=self.language,
            line=self.place,
            picture=self.picture,
            picture_alt=self.picture_alt,
        )


def item_from(raw: RawEntry, place: int, *, base: str, source: str, language: str) -> FeedItem:
    """Read one entry; raises EntryError with the reason why it cannot be taken."""
    if raw.refused:
        raise EntryError(raw.refused)
    try:
        paragraphs = _paragraphs(raw)
        title = line_of(raw.title)
        named = cut_line(line_of(raw.source), _NAME_LIMIT) or source
    except WordsError as error:
        raise EntryError(str(error)) from None
    title = cut_line(title, MOST_TITLE) or cut_line(_title_from(paragraphs), MOST_TITLE)
    if not has_letter(title):
        raise EntryError("it has neither a title nor a text")
    if not paragraphs:
        raise EntryError("it has no text")
    url = article_link(raw.link, base) or (article_link(raw.guid) if raw.guid else None)
    day = raw.published.date() if raw.published else None
    categories = _categories(raw.categories)
    tongue = _language(raw.language or language, title, paragraphs)
    picture = lead_picture(raw.pictures, () if raw.is_plain else raw.bodies, url or base)
    said = (title, list(paragraphs), named, day and day.isoformat(), url, tongue, list(categories))
    return FeedItem(
        place=place,
        guid_key=_key(raw.guid.strip() or url or f"{title}\n{day}"),
        link_key=_key(link_key(url)) if url else "",
        said_key=_key(json.dumps(said)),
        title=title,
        paragraphs=paragraphs,
        source=named,
        day=day,
        published=raw.published,
        url=url,
        language=tongue,
        categories=categories,
        picture=picture.link if picture else None,
        picture_alt=picture.alt if picture else "",
    )


def label_of(raw: RawEntry) -> str:
    """By what a person finds an entry that was refused."""
    return " ".join((raw.title or raw.link or raw.guid).split())[:120]


def key_of(raw: RawEntry) -> str:
    """By what a refused entry is known again."""
    return _key(raw.guid.strip() or raw.link.strip() or label_of(raw))


def _paragraphs(raw: RawEntry) -> tuple[str, ...]:
    """Of a text and its summary the one that says more."""
    read = text_paragraphs if raw.is_plain else paragraphs_of
    found: tuple[str, ...] = ()
    for body in raw.bodies:
        read_now = read(body) if body else ()
        if sum(map(len, read_now)) > sum(map(len, found)):
            found = read_now
    return found


def _title_from(paragraphs: Sequence[str]) -> str:
    """Short posts have no title: their first sentence is one, cut between words when it is long."""
    if not paragraphs:
        return ""
    text = " ".join(paragraphs[0].split())
    first = _SENTENCE.match(text)
    sentence = trimmed(first[0]) if first else text
    if len(sentence) <= _MADE_TITLE:
        return sentence
    return f"{sentence[:_MADE_TITLE].rpartition(' ')[0] or sentence[:_MADE_TITLE]} …"


def _categories(found: Sequence[str]) -> tuple[str, ...]:
    names = (line_of(one)[:60] for one in found[: _CATEGORIES * 2] if len(one) < 300)
    return tuple(dict.fromkeys(filter(None, names)))[:_CATEGORIES]


def _language(tag: str, title: str, paragraphs: Sequence[str]) -> str:
    try:
        if tag.strip():
            return parse_language(tag[:20])
    except WishError:
        pass
    text = f"{title} {' '.join(paragraphs)}"[:2_000]
    letters = sum(map(str.isalpha, text)) or 1
    # a fifth will do: Japanese is half Chinese signs
    return next((code for code, script in _SCRIPTS if len(script.findall(text)) * 5 > letters), "en")


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
