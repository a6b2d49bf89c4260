"""A source: ninjs, the JSON in which news agencies deliver (IPTC), as one document or a list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from digest.plugins import Item, Unreadable

#: The version of the contract that this was written for; the module itself is the plugin.
api = 1


def recognises(data: bytes) -> bool:
    """Whether these are documents of ninjs: they have an address of their own and a time of this version."""
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return begins in (b"{", b"[") and all(word in data for word in (b'"uri"', b'"versioncreated"'))


def read(data: bytes, *, name: str) -> Iterator[Item | Unreadable]:
    """The items of a file or answer; ValueError says to people why there are none."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise ValueError(f"no JSON ({error})") from None
    for one in document if isinstance(document, list) else [document]:
        if not isinstance(one, dict):
            raise ValueError("a document of ninjs is an object")
        yield _item(one)


def _item(one: dict[str, Any]) -> Item | Unreadable:
    headline = str(one.get("headline") or one.get("title") or "")
    if one.get("pubstatus", "usable") != "usable":
        return Unreadable(f"its agency says that it is {one['pubstatus']}", headline)
    html = str(one.get("body_xhtml") or "")
    return Item(
        id=str(one.get("uri", "")),
        title=headline,
        text=html or str(one.get("body_text") or one.get("description_text") or ""),
        is_html=bool(html),
        published=_moment(str(one.get("versioncreated", ""))),
        source=str(one.get("infosource") or one.get("copyrightholder") or ""),
        language=str(one.get("language", "")),
        categories=tuple(str(subject.get("name", "")) for subject in one.get("subject", ())),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
