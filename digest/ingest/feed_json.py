"""Feeds in JSON: JSON Feed 1 and 1.1 (jsonfeed.org), and posts as WordPress gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from digest.errors import InputError
from digest.ingest.feed_entry import RawEntry
from digest.ingest.feed_xml import ENTRY_LIMIT, RawFeed
from digest.ingest.pictures import RawPicture, size_of


def is_json_feed(document: object) -> bool:
    """True for a document that says it is a JSON Feed, or is a list of posts as WordPress gives them."""
    if isinstance(document, Mapping):
        return "jsonfeed.org/version/" in str(document.get("version", ""))
    return isinstance(document, list) and bool(document) and all(map(_is_post, document))


def read_json_feed(data: bytes, *, url: str, source: str) -> RawFeed:
    """Read it; raises InputError for what is none."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError(f"{source} is not JSON that can be read") from None
    if document == [] and "/wp-json/" in url:
        return RawFeed("wordpress", "", url, "", ())
    if not is_json_feed(document):
        raise InputError(f"{source} is JSON, but neither a JSON Feed nor posts of WordPress")
    return _json_feed(document) if isinstance(document, Mapping) else _posts(document, url)


def _json_feed(document: Mapping[str, Any]) -> RawFeed:
    items = document.get("items")
    if not isinstance(items, list):
        items = []
    version = "json11" if str(document.get("version", "")).endswith("/1.1") else "json1"
    return RawFeed(
        kind=version,
        title=_text(document, "title"),
        link=_text(document, "home_page_url"),
        language=_text(document, "language"),
        entries=tuple(_item(one if isinstance(one, Mapping) else {}) for one in items[:ENTRY_LIMIT]),
        beyond=max(len(items) - ENTRY_LIMIT, 0),
    )


def _item(item: Mapping[str, Any]) -> RawEntry:
    markup, text = _text(item, "content_html"), _text(item, "content_text")
    guid = item.get("id")
    tags = item.get("tags")
    return RawEntry(
        guid=str(guid) if isinstance(guid, str | int | float) else "",
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        bodies=(markup,) if markup else (text, _text(item, "summary")),
        is_plain=not markup,
        published=_instant(item.get("date_published")) or _instant(item.get("date_modified")),
        categories=tuple(map(str, tags)) if isinstance(tags, list) else (),
        language=_text(item, "language"),
        pictures=tuple(_pictures(item)),
    )


def _pictures(item: Mapping[str, Any]) -> Iterable[RawPicture]:
    for name in ("image", "banner_image"):
        yield RawPicture(_text(item, name))
    attached = item.get("attachments")
    for one in attached if isinstance(attached, list) else ():
        if isinstance(one, Mapping) and _text(one, "mime_type").startswith("image/"):
            yield RawPicture(_text(one, "url"), _text(one, "title"))


def _is_post(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("title"), Mapping)
        and "rendered" in value["title"]
        and isinstance(value.get("link"), str)
    )


def _posts(posts: Sequence[Mapping[str, Any]], url: str) -> RawFeed:
    link = str(posts[0]["link"]) if posts else url
    try:
        parts = urlsplit(link)
        home, name = f"{parts.scheme}://{parts.netloc}/", parts.netloc.lower().removeprefix("www.")
    except ValueError:
        home, name = "", ""
    return RawFeed(
        kind="wordpress",
        title=name,
        link=home,
        language="",
        entries=tuple(map(_post, posts[:ENTRY_LIMIT])),
        beyond=max(len(posts) - ENTRY_LIMIT, 0),
    )


def _post(post: Mapping[str, Any]) -> RawEntry:
    terms = [one for group in _lists(post.get("_embedded"), "wp:term") for one in group]
    return RawEntry(
        guid=_rendered(post, "guid") or str(post.get("id") or ""),
        link=_text(post, "link"),
        title=_rendered(post, "title"),
        bodies=(_rendered(post, "content"), _rendered(post, "excerpt")),
        published=_instant(post.get("date_gmt")) or _instant(post.get("date")),
        categories=tuple(str(one.get("name") or "") for one in terms if isinstance(one, Mapping)),
        pictures=tuple(_featured(post)),
    )


def _featured(post: Mapping[str, Any]) -> Iterable[RawPicture]:
    """The picture that a post has beside its text, when the answer holds it."""
    embedded = post.get("_embedded")
    found = embedded.get("wp:featuredmedia") if isinstance(embedded, Mapping) else None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping) and _text(one, "media_type") in {"", "image"}:
            details = one.get("media_details")
            sizes = details if isinstance(details, Mapping) else {}
            width, height = size_of(sizes.get("width")), size_of(sizes.get("height"))
            yield RawPicture(_text(one, "source_url"), _text(one, "alt_text"), width, height)
    yield RawPicture(_text(post, "jetpack_featured_media_url"))


def _lists(value: object, name: str) -> list[list[Any]]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return [one for one in found if isinstance(one, list)] if isinstance(found, list) else []


def _rendered(post: Mapping[str, Any], name: str) -> str:
    found = post.get(name)
    return _text(found, "rendered") if isinstance(found, Mapping) else ""


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _instant(value: object) -> datetime | None:
    """A time of RFC 3339; without zone it is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip()[:40])
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC) if 1970 < found.year < 9000 else None
    except (ValueError, OverflowError):
        return None
