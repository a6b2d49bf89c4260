"""Feeds: bytes in whatever format become items that can be taken, and refusals with their reasons."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from digest.core.lines import cut_line
from digest.core.model import Rejected
from digest.errors import InputError
from digest.ingest.feed_entry import EntryError, FeedItem, item_from, key_of, label_of
from digest.ingest.feed_json import is_json_feed, read_json_feed
from digest.ingest.feed_words import WordsError, line_of
from digest.ingest.feed_xml import ENTRY_LIMIT, RawFeed, read_xml
from digest.ingest.gathered import Gathered
from digest.ingest.plugged import claimed_by, read_plugged
from subscribers.model import Section

#: Larger ones are refused before anybody parses them.
SIZE_LIMIT: Final = 10_000_000
_XML: Final = re.compile(
    # a comment ends at its first end (?>): asked for every other one, a page of comments would take years
    rb"\s*(<\?xml\b[^>]*>\s*)?(((?><!--.{0,2000}?-->)|<\?[^>]{0,500}\?>|<!DOCTYPE\s+(?!html)[^\[>]{0,500}(\[[^\]]{0,6000}\]\s*)?>)\s*){0,9}"
    rb"<([a-z0-9]+:)?(rss|feed|rdf|channel)\b",
    re.IGNORECASE | re.DOTALL,
)


class RefusedEntry(Struct, frozen=True):
    """An entry that cannot be taken."""

    #: its place in the feed, from 1; 0 for what concerns the whole feed
    place: int
    #: by what it is known again
    key: str
    #: by what a person finds it
    label: str
    reason: str


class FeedRead(Struct, frozen=True):
    """One feed as it stands; every entry of it is in one of the two lists."""

    kind: str
    title: str
    #: the page that it belongs to; None when it names none
    link: str | None
    items: tuple[FeedItem, ...]
    refused: tuple[RefusedEntry, ...] = ()

    @property
    def is_whole(self) -> bool:
        """False when the feed holds more than was looked at."""
        return all(one.place for one in self.refused)

    def gathered(
        self, source: str, *, today: date, section: Section, topics: tuple[str, ...] = ()
    ) -> Gathered:
        """The harvest as other ways in give it; what says no day is of `today`."""
        return Gathered(
            drafts=tuple(one.draft(today, section=section, topics=topics) for one in self.items),
            rejected=tuple(
                Rejected(
                    source, one.place, " ".join(filter(None, (one.label and f"{one.label!r}:", one.reason)))
                )
                for one in self.refused
            ),
            source=source,
            categories={one.place: one.categories for one in self.items if one.categories},
        )


def read_feed(
    data: bytes, *, content_type: str = "", url: str = "", source: str, format: str = ""
) -> FeedRead:
    """Read a feed of any format; `url` is where it came from, `source` names it in messages.

    `format` names the one of a plugin, which is asked of what is none of ours. Raises InputError for what is
    no feed, too large, or made to do harm, and when a plugin fails.
    """
    if len(data) > SIZE_LIMIT:
        raise InputError(f"{source} has more than {SIZE_LIMIT:,} bytes: it is not read")
    plugged = format or ("" if is_feed_of_ours(data) else claimed_by(data))
    if plugged:
        raw = read_plugged(data, format=plugged, source=source)
    elif data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        raw = read_json_feed(data, url=url, source=source)
    else:
        raw = read_xml(data, content_type=content_type, url=url, source=source)
    return _read(raw, url)


def looks_like_feed(data: bytes) -> bool:
    """True for bytes that begin as feeds do, or that a plugin recognises."""
    return is_feed_of_ours(data) or bool(claimed_by(data))


def is_feed_of_ours(data: bytes) -> bool:
    """True for bytes that begin as RSS, Atom, RDF and the feeds of JSON do."""
    plain = data[:8_000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if _XML.match(plain):
        return True
    if plain.lstrip()[:1] not in (b"{", b"[") or len(data) > SIZE_LIMIT:
        return False
    if b"jsonfeed.org/version/" not in data and b'"rendered"' not in data:
        return False
    try:
        return is_json_feed(json.loads(data))
    except (ValueError, RecursionError):
        return False


def _read(raw: RawFeed, url: str) -> FeedRead:
    title = _title(raw.title) or _host(raw.link) or _host(url)
    base = raw.link if _host(raw.link) else url
    items: list[FeedItem] = []
    refused: list[RefusedEntry] = []
    seen: dict[str, FeedItem] = {}
    for place, entry in enumerate(raw.entries, start=1):
        try:
            item = item_from(entry, place, base=base, source=title, language=raw.language)
            # printed twice an entry is the same; two that share a name are not told apart later
            before = seen.setdefault(item.guid_key, item)
            if before is not item and before.said_key != item.said_key:
                raise EntryError(f"entry {before.place} has the same id")
            items.append(item)
        except EntryError as error:
            refused.append(RefusedEntry(place, key_of(entry), label_of(entry), str(error)))
    if raw.beyond:
        words = f"the feed has more than {ENTRY_LIMIT:,} entries: {raw.beyond:,} more are not looked at"
        refused.append(RefusedEntry(0, "", "", words))
    return FeedRead(raw.kind, title, base or None, tuple(items), tuple(refused))


def _title(text: str) -> str:
    try:
        return cut_line(line_of(text), 200)
    except WordsError:
        return ""


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
