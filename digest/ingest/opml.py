"""Lists of feeds as readers of feeds hand them over (OPML 2.0): read with their places, and written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from xml.parsers import expat

from msgspec import Struct

from digest.errors import InputError
from digest.ingest.feed_guard import require_harmless_xml
from digest.ingest.feed_words import line_of

_MOST_BYTES: Final = 5_000_000
_MOST_FEEDS: Final = 5_000


class Outline(Struct, frozen=True):
    """A feed of a list: its address and title, and the line on which it stands."""

    url: str
    title: str
    line: int = 0


def read_opml(data: bytes, *, source: str) -> tuple[Outline, ...]:
    """Every feed of a list, whatever folder it lies in; raises InputError for what is none."""
    if len(data) > _MOST_BYTES:
        raise InputError(f"{source} has more than {_MOST_BYTES // 1_000_000} MB")
    require_harmless_xml(data, source)
    reading = _Reading(source)
    try:
        reading.parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InputError(f"{source} is not a list of feeds in OPML: {error}") from None
    return tuple(reading.found)


def write_opml(outlines: Iterable[Outline], *, title: str) -> str:
    """The list as other programs read it."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    body = SubElement(root, "body")
    for one in outlines:
        SubElement(body, "outline", type="rss", text=one.title, title=one.title, xmlUrl=one.url)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


class _Reading:
    """Goes over the list once; no tree is built."""

    def __init__(self, source: str) -> None:
        self._source: Final = source
        self._root = ""
        self.found: Final[list[Outline]] = []
        self.parser: Final = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._root = self._root or name.lower()
        if self._root != "opml":
            raise InputError(f"{self._source} is not a list of feeds in OPML: it begins with <{name[:40]}>")
        said = {key.lower(): value for key, value in attributes.items()}
        if name.lower() != "outline" or not said.get("xmlurl", "").strip():
            return
        if len(self.found) == _MOST_FEEDS:
            raise InputError(f"{self._source} names more than {_MOST_FEEDS:,} feeds: part it")
        title = line_of((said.get("title") or said.get("text") or "")[:1000])
        self.found.append(Outline(said["xmlurl"].strip(), title, self.parser.CurrentLineNumber))
