"""One decoded JSON object becomes a draft, or a refusal that names the key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypeVar
from urllib.parse import urlsplit

from digest.core.model import DraftBriefing
from digest.core.unseen import has_letter
from digest.errors import InputError
from digest.ingest.pictures import parse_picture, parse_picture_alt
from digest.ingest.plaintext import clean, paragraphs, trimmed
from subscribers.model import Section
from subscribers.wishes import WishError, parse_language, parse_section

KEYS: Final = frozenset(
    {
        *("title", "body", "paragraphs", "section", "topics", "source", "source_date", "url", "language"),
        *("picture", "picture_alt"),
    }
)
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


_T = TypeVar("_T")


class ItemError(ValueError):
    """An item that cannot be taken; the message names the key and says why."""


def draft_from(value: object, *, line: int, section: Section, topics: tuple[str, ...]) -> DraftBriefing:
    """The draft that the object describes; `section` and `topics` hold where it says nothing."""
    if not isinstance(value, dict):
        raise ItemError("the item is not an object; write it as {...}")
    fields = {key: part for key, part in value.items() if part is not None}
    for key in fields:
        if key not in KEYS:
            raise ItemError(f"the key {key!r} is not known; choose among {', '.join(sorted(KEYS))}")
    source, day = _credit(fields)
    picture, alt = _picture(fields)
    return DraftBriefing(
        title=_title(fields),
        paragraphs=_body(fields),
        section=_parsed(fields, "section", parse_section) or section,
        topics=_topics(fields) or topics,
        source=source,
        source_date=day,
        url=_parsed(fields, "url", _web_address),
        language=_parsed(fields, "language", parse_language) or "en",
        line=line,
        picture=picture,
        picture_alt=alt,
    )


def _title(fields: Mapping[str, object]) -> str:
    title = _one_line(_text(fields, "title"))
    if not has_letter(title):
        raise ItemError("title is missing or holds no letter")
    return title


def _body(fields: Mapping[str, object]) -> tuple[str, ...]:
    if ("body" in fields) == ("paragraphs" in fields):
        raise ItemError("an item has either body or paragraphs")
    if "body" in fields:
        found = paragraphs(_text(fields, "body"))
    else:
        found = tuple(one for text in _texts(fields, "paragraphs") for one in paragraphs(text))
    if not found:
        raise ItemError("the item has no text")
    return found


def _credit(fields: Mapping[str, object]) -> tuple[str | None, date | None]:
    """Source and date: both or neither."""
    source, day = trimmed(_text(fields, "source")), _parsed(fields, "source_date", _iso_date)
    if not source and day is None:
        return None, None
    if not source:
        raise ItemError("source_date stands without source; give both or neither")
    if day is None:
        raise ItemError("source stands without source_date; give both or neither")
    return _one_line(source), day


def _picture(fields: Mapping[str, object]) -> tuple[str | None, str]:
    """The picture and its words; words alone are of nothing."""
    try:
        picture = parse_picture(trimmed(_text(fields, "picture")))
        alt = parse_picture_alt(_text(fields, "picture_alt"))
    except InputError as error:
        raise ItemError(str(error)) from None
    if alt and picture is None:
        raise ItemError("picture_alt stands without picture; give both, or picture alone")
    return picture, alt


def _topics(fields: Mapping[str, object]) -> tuple[str, ...]:
    slugs = (trimmed(text).lower() for text in _texts(fields, "topics"))
    return tuple(dict.fromkeys(slug for slug in slugs if slug))


def _parsed(fields: Mapping[str, object], key: str, parse: Callable[[str], _T]) -> _T | None:
    """The value of a key that may be missing; empty text counts as missing."""
    text = trimmed(_text(fields, key))
    try:
        return parse(text) if text else None
    except WishError as error:
        raise ItemError(str(error)) from None


def _iso_date(text: str) -> date:
    try:
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ItemError(f"source_date {text!r} is not a date; write it as YYYY-MM-DD")


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        if parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"\s", text):
            return text
    except ValueError:
        pass
    raise ItemError(f"url {text!r} is not an absolute http or https address")


def _text(fields: Mapping[str, object], key: str) -> str:
    """The clean text of a key, empty when it is missing."""
    return _clean(fields.get(key, ""), key)


def _texts(fields: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = fields.get(key, [])
    if not isinstance(values, list):
        raise ItemError(f"{key} is not a list; write it as [...]")
    return tuple(_clean(value, key) for value in values)


def _clean(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise ItemError(f"{key} is not text")
    try:
        return clean(value)
    except ValueError as error:
        raise ItemError(f"{key}: {error}") from None


def _one_line(text: str) -> str:
    return " ".join(filter(None, map(trimmed, text.split("\n"))))
