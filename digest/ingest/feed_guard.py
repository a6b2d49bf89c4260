"""What is looked at before anything parses a feed: entities, and how deep it is nested. One walk, no tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from digest.errors import InputError

#: Feeds are some ten deep, articles some thirty; parsers take the square of the depth, or the stack.
XML_DEPTH: Final = 200
HTML_DEPTH: Final = 250
_ENTITY: Final = re.compile(rb"<!\s*(ENTITY|ATTLIST|ELEMENT|NOTATION)\b", re.IGNORECASE)
#: Elements that have no end, or that the next one of their kind ends.
_ENDLESS: Final = frozenset(
    {
        *(b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source"),
        *(b"track", b"wbr", b"p", b"li", b"dt", b"dd", b"tr", b"td", b"th", b"option", b"thead", b"tbody"),
    }
)
_NAME: Final = re.compile(rb"[A-Za-z_][^\s/>]*")


def require_harmless_xml(data: bytes, source: str) -> None:
    """Raise InputError for a feed that declares entities or is nested too deep, in whatever encoding."""
    # in UTF-16 and UTF-32 the signs of markup stand between zeros
    plain = data.replace(b"\0", b"") if b"\0" in data[:400] else data
    if _ENTITY.search(plain):
        raise InputError(f"{source} declares entities of its own, as feeds never need to: it is not read")
    if _is_deeper(plain, XML_DEPTH, frozenset()):
        raise InputError(f"{source} is nested more than {XML_DEPTH} deep: it is not read")


def is_harmless_html(text: str) -> bool:
    """False for markup that is nested deeper than any article."""
    return not _is_deeper(text.encode("utf-8", "replace"), HTML_DEPTH, _ENDLESS)


def _is_deeper(data: bytes, most: int, endless: frozenset[bytes]) -> bool:
    depth = 0
    for tag in _tags(data):
        name = _NAME.match(tag, 1 if tag[:1] == b"/" else 0)
        if name is None or name[0].lower() in endless or tag.endswith(b"/"):
            continue
        # what is closed and was never opened takes nothing off
        depth = max(depth - 1, 0) if tag.startswith(b"/") else depth + 1
        if depth > most:
            return True
    return False


def _tags(data: bytes) -> Iterator[bytes]:
    """The insides of all tags; a comment, a piece of CDATA or a tag without end is the last."""
    place = data.find(b"<")
    while place != -1:
        if data.startswith(b"<!--", place):
            end, skipped = data.find(b"-->", place + 4), 3
        elif data.startswith(b"<![CDATA[", place):
            end, skipped = data.find(b"]]>", place + 9), 3
        else:
            end, skipped = data.find(b">", place + 1), 1
            if end != -1:
                # only its beginning and its end matter, and an attribute may hold a megabyte
                yield (
                    data[place + 1 : min(end, place + 60)]
                    if end - place < 60
                    else (data[place + 1 : place + 60] + data[end - 1 : end])
                )
        if end == -1:
            return
        place = data.find(b"<", end + skipped)
