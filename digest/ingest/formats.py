"""The door for texts: bytes in whatever format become what is gathered from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

from digest.errors import InputError
from digest.ingest.csvtable import columns_among, looks_like_table, read_csv
from digest.ingest.feed_room import read_apart
from digest.ingest.feeds import is_feed_of_ours, read_feed
from digest.ingest.frontmatter import looks_like_front_matter, read_markdown
from digest.ingest.gathered import Gathered
from digest.ingest.jsonlines import read_json
from digest.ingest.kinds import kind_of
from digest.ingest.mails import looks_like_mail, read_mails
from digest.ingest.page import read_page
from digest.ingest.plaintext import clean, decoded
from digest.ingest.plugged import claimed_by, formats
from subscribers.model import Section


class _Reader(Protocol):
    def __call__(self, text: str, *, source: str, section: Section, topics: tuple[str, ...]) -> Gathered: ...


_CSV: Final = "csv"
_READERS: Final[dict[str, _Reader]] = {"page": read_page, "json": read_json, "markdown": read_markdown}
_FEED: Final = "feed"
_MAIL: Final = "mail"
#: A file's name decides where its first lines say nothing.
_MARKDOWN: Final = re.compile(r"\.(md|markdown)$", re.IGNORECASE)
_TABLE: Final = re.compile(r"\.(csv|tsv)$", re.IGNORECASE)
_JSON_FILE: Final = re.compile(r"\.(json|jsonl|ndjson)$", re.IGNORECASE)
_JSON: Final = re.compile(r"\s*(\{|\[\s*[\[{\]])")
_MARKUP: Final = re.compile(r"\s*<(\?xml|!doctype|html)\b", re.IGNORECASE)

#: The names of our own formats.
FORMATS: Final = (*_READERS, _CSV, _FEED, _MAIL)


def known_formats() -> tuple[str, ...]:
    """The names that `read` takes for a format: our own, and those of plugins."""
    return (*FORMATS, *formats())


def read(
    data: bytes,
    *,
    source: str,
    format: str | None = None,
    section: Section = Section.BRIEFING,
    topics: tuple[str, ...] = (),
    columns: Mapping[str, str] | None = None,
) -> Gathered:
    """Read what a file or answer holds; the format is recognised when none is named.

    `source` names it in messages; `columns` says by which headings a table names what. Raises InputError for
    an unknown format, for what is not text, with what it is where that is known, and when a plugin fails. A
    feed takes a process of its own: do not wait for it in an event loop.
    """
    if format is not None and format not in FORMATS and format not in formats():
        raise InputError(f"format {format!r} is not known: choose among {', '.join(known_formats())}")
    if columns and format not in {None, _CSV}:
        raise InputError(f"columns are for tables: {source} is to be read as {format}")
    if columns:
        format = _CSV
    kind = kind_of(data)
    if kind is not None and not of_a_plugin(data, format):
        raise InputError(kind.told_of(source))
    today = datetime.now(UTC).date()
    if format == _FEED or (format is None and is_feed_of_ours(data)):
        return read_apart(data, source=source).gathered(source, today=today, section=section, topics=topics)
    if format == _MAIL or (format is None and looks_like_mail(data)):
        return read_mails(data, source=source, section=section, topics=topics)
    plugged = of_a_plugin(data, format)
    if plugged:
        harvest = read_feed(data, source=source, format=plugged)
        return harvest.gathered(source, today=today, section=section, topics=topics)
    text = clean(decoded(data, source=source))
    found = format or _recognised(text, source)
    reader = partial(read_csv, columns=columns) if found == _CSV else _READERS[found]
    return reader(text, source=source, section=section, topics=topics)


def columns_in(data: bytes, columns: Mapping[str, str]) -> dict[str, str]:
    """The part of `columns` that speaks of headings of this text; nothing when it is no table with them."""
    try:
        return columns_among(clean(decoded(data, source="")), columns) if columns else {}
    except (InputError, ValueError):
        return {}


def of_a_plugin(data: bytes, format: str | None) -> str:
    """The format of a plugin that is meant, or that recognises the bytes; empty for one of our own."""
    if format is not None:
        return "" if format in FORMATS else format
    return claimed_by(data)


def _recognised(text: str, source: str) -> str:
    if _MARKUP.match(text):
        raise InputError(
            f"{source} looks like a web page; copy the page's text, or name one of the formats "
            f"{', '.join(FORMATS)}"
        )
    if _JSON.match(text) or _JSON_FILE.search(source):
        return "json"
    if looks_like_front_matter(text) or _MARKDOWN.search(source):
        return "markdown"
    return _CSV if looks_like_table(text) or _TABLE.search(source) else "page"
