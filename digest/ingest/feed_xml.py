"""RSS 0.9 to 2.0 and Atom, read by feedparser: always bytes, after the guard has looked at them."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from digest.errors import InputError
from digest.ingest.feed_entry import RawEntry
from digest.ingest.feed_guard import require_harmless_xml
from digest.ingest.pictures import RawPicture, size_of

#: References to characters that there are not: halves of a character, and what lies beyond the last one.
_NO_CHARACTER: Final = re.compile(
    rb"(?:&#(?:x0*(?:d[89a-f][0-9a-f]{2}|1[1-9a-f][0-9a-f]{4}|[2-9a-f][0-9a-f]{5}|[1-9a-f][0-9a-f]{6,})"
    rb"|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]"
    rb"|111411[2-9]|11141[2-9]\d|1114[2-9]\d\d|111[5-9]\d{3}|11[2-9]\d{4}|1[2-9]\d{5}|[2-9]\d{6}|[1-9]\d{7,})"
    rb")(?![0-9a-f]);?)+",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(rb"&#(?:x0*([0-9a-f]+)|0*(\d+))", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"\s*<\?xml[^>]{0,500}>|<!DOCTYPE[^>]{0,500}>", re.IGNORECASE)
#: What stands for a character that is none.
_UNKNOWN: Final = 0xFFFD
#: How feedparser fails on markup that it did not expect.
_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError)
#: Some feeds hold their whole archive; what is more than this is not news.
ENTRY_LIMIT: Final = 5_000


class RawFeed(Struct, frozen=True):
    """What a format says of a feed, as it says it."""

    kind: str
    title: str
    link: str
    language: str
    entries: tuple[RawEntry, ...]
    #: entries beyond the limit, which are not looked at
    beyond: int = 0


def read_xml(data: bytes, *, content_type: str, url: str, source: str) -> RawFeed:
    """Read a feed of XML; raises InputError for what is none."""
    require_harmless_xml(data, source)
    found = _parsed(_NO_CHARACTER.sub(_whole, data), content_type, url, source)
    feed, entries = found.get("feed", {}), list(found.get("entries", ()))
    if not found.get("version") and not entries:
        raise InputError(f"{source} is no feed: neither RSS nor Atom, JSON Feed nor posts of WordPress")
    return RawFeed(
        kind=str(found.get("version") or "unknown"),
        title=_text(feed, "title"),
        link=_text(feed, "link"),
        language=_text(feed, "language"),
        entries=tuple(_entry(one) for one in entries[:ENTRY_LIMIT]),
        beyond=max(len(entries) - ENTRY_LIMIT, 0),
    )


def _parsed(data: bytes, content_type: str, url: str, source: str) -> Mapping[str, Any]:
    """What feedparser finds; on some markup that is broken it breaks itself."""
    with suppress(*_FAULTS):
        return _parse(data, content_type, url)
    # what says the encoding may be what is broken
    plain = _DECLARED.sub(b"", data.decode("utf-8", "replace").replace("\0", "").encode())
    require_harmless_xml(plain, source)
    try:
        return _parse(plain, "application/xml; charset=utf-8", url)
    except _FAULTS:
        raise InputError(f"{source} is a feed whose markup is broken: it cannot be read") from None


def _parse(data: bytes, content_type: str, url: str) -> Mapping[str, Any]:
    # imported here: whoever asks feeds leaves it to a process apart to read them
    import feedparser

    headers = {"content-location": url, "content-type": _as_xml(content_type)}
    # a stream, never the bytes themselves: those it would take for the name of a file first
    found: Mapping[str, Any] = feedparser.parse(
        io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    return found


def _whole(references: re.Match[bytes]) -> bytes:
    """Halves of a character become the one that they are of, as some systems write what is beyond 65,535."""
    found = [int(hexa, 16) if hexa else int(digits[:9]) for hexa, digits in _NUMBER.findall(references[0])]
    halves = "".join(chr(one if one < 0x10000 else _UNKNOWN) for one in found)
    text = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(f"&#{ord(one)};" for one in text).encode()


def _as_xml(content_type: str) -> str:
    """The type with its charset, if it names one; the rest makes feedparser guess (RFC 7303 does not)."""
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    return f"application/xml; charset={charset[1]}" if charset else "application/xml"


def _entry(entry: Mapping[str, Any]) -> RawEntry:
    contents = [one for one in _maps(entry.get("content")) if _is_text(one)]
    detail = entry.get("summary_detail")
    summary = [detail] if isinstance(detail, Mapping) else []
    bodies = tuple(str(one.get("value") or "") for one in (*contents, *summary))
    kinds = {str(one.get("type") or "") for one in (*contents, *summary) if one.get("value")}
    origin = entry.get("source")
    return RawEntry(
        guid=_text(entry, "id"),
        link=_text(entry, "feedburner_origlink") or _text(entry, "link"),
        title=_text(entry, "title"),
        bodies=bodies,
        is_plain=kinds == {"text/plain"},
        published=_instant(entry),
        categories=tuple(str(tag.get("label") or tag.get("term") or "") for tag in _maps(entry.get("tags"))),
        language=next((str(one.get("language") or "") for one in contents if one.get("language")), ""),
        source=_text(origin, "title") if isinstance(origin, Mapping) else "",
        pictures=tuple(_pictures(entry)),
    )


def _pictures(entry: Mapping[str, Any]) -> Iterable[RawPicture]:
    """Those of Media RSS, the whole ones first, then what is enclosed."""
    for name in ("media_content", "media_thumbnail"):
        for one in _maps(entry.get(name)):
            kind, medium = _text(one, "type"), _text(one, "medium")
            if medium == "image" or kind.startswith("image/") or not (medium or kind):
                sizes = (size_of(one.get("width")), size_of(one.get("height")))
                yield RawPicture(_text(one, "url"), "", *sizes)
    # not its `enclosures`: those break where an element of the feed's own is called `links`
    for one in _maps(entry.get("links")):
        if _text(one, "rel") == "enclosure" and _text(one, "type").startswith("image/"):
            yield RawPicture(_text(one, "href") or _text(one, "url"))


def _is_text(content: Mapping[str, Any]) -> bool:
    kind = str(content.get("type") or "text/html")
    return kind.startswith("text/") or "html" in kind or "xml" in kind


def _instant(entry: Mapping[str, Any]) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        # asking for one that is not there gives another, with a warning
        found = entry.get(name) if name in entry else None
        try:
            if found:
                instant = datetime.fromtimestamp(calendar.timegm(found), UTC)
                return instant if 1970 < instant.year < 9000 else None
        except (OverflowError, ValueError, TypeError, OSError):
            continue
    return None


def _maps(value: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
