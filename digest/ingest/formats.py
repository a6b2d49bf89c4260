"""The door for texts: bytes in whatever format become what is gathered from them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final, Protocol

from digest.errors import InputError
from digest.ingest.feed_room import read_apart
from digest.ingest.feeds import looks_like_feed
from digest.ingest.gathered import Gathered
from digest.ingest.jsonlines import read_json
from digest.ingest.page import read_page
from digest.ingest.plaintext import clean, decoded
from subscribers.model import Section


class _Reader(Protocol):
    def __call__(self, text: str, *, source: str, section: Section, topics: tuple[str, ...]) -> Gathered: ...


_READERS: Final[dict[str, _Reader]] = {"page": read_page, "json": read_json}
_FEED: Final = "feed"
_JSON: Final = re.compile(r"\s*(\{|\[\s*[\[{\]])")
_MARKUP: Final = re.compile(r"\s*<(\?xml|!doctype|html)\b", re.IGNORECASE)

#: The names that `read` takes for a format.
FORMATS: Final = (*_READERS, _FEED)


def read(
    data: bytes,
    *,
    source: str,
    format: str | None = None,
    section: Section = Section.BRIEFING,
    topics: tuple[str, ...] = (),
) -> Gathered:
    """Read what a file or answer holds; the format is recognised when none is named.

    `source` names it in messages. Raises InputError for an unknown format and for what is not text. A feed
    takes a process of its own: do not wait for it in an event loop.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"format {format!r} is not known: choose among {', '.join(FORMATS)}")
    if format == _FEED or (format is None and looks_like_feed(data)):
        return read_apart(data, source=source).gathered(
            source, today=datetime.now(UTC).date(), section=section, topics=topics
        )
    text = clean(decoded(data, source=source))
    reader = _READERS[format or _recognised(text, source)]
    return reader(text, source=source, section=section, topics=topics)


def _recognised(text: str, source: str) -> str:
    if _MARKUP.match(text):
        raise InputError(
            f"{source} looks like a web page; copy the page's text, or name one of the formats "
            f"{', '.join(FORMATS)}"
        )
    return "json" if _JSON.match(text) else "page"
