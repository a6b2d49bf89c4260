"""Items as programs give them: a JSON array, `{"items": [...]}`, or one object a line.

An item is an object of these keys; others are refused::

    title        text, required
    body         text, paragraphs parted by blank lines; or
    paragraphs   list of texts; one of the two is required
    section      briefing, hot-topic, analysis, report or perspective
    topics       list of slugs
    source       name of the source, as it is to be printed
    source_date  YYYY-MM-DD; given exactly when there is a source
    url          absolute http or https address
    language     BCP 47 tag, en when not given

Without a source an item is taken for the newsroom's own. What an item says of its section and topics goes
before what was said for all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from typing import Final

from msgspec import Struct

from digest.core.model import DraftBriefing, Rejected
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.jsonitem import ItemError, draft_from
from digest.ingest.plaintext import lines
from subscribers.model import Section

_DECODER: Final = json.JSONDecoder()
_ITEMS: Final = "items"
_WHITE: Final = " \t\r\n"


class _Broken(Struct, frozen=True):
    """A line that is not JSON, with what is wrong about it."""

    reason: str


def read_json(
    text: str, *, source: str, section: Section = Section.BRIEFING, topics: tuple[str, ...] = ()
) -> Gathered:
    """Read every item; a wrong one is refused by line and reason, and the rest is taken.

    Raises InputError when the document as a whole cannot be read.
    """
    drafts: list[DraftBriefing] = []
    rejected: list[Rejected] = []
    for line, value in _values(text, source):
        try:
            if isinstance(value, _Broken):
                raise ItemError(value.reason)
            drafts.append(draft_from(value, line=line, section=section, topics=topics))
        except ItemError as error:
            rejected.append(Rejected(source, line, str(error)))
    return Gathered(tuple(drafts), tuple(rejected), source)


def _values(text: str, source: str) -> Iterator[tuple[int, object]]:
    """Every item with the 1-based line where it begins."""
    start = _after_white(text, 0)
    if start < len(text) and text[start] not in "[{":
        raise InputError(f"{source} is not a list of items in JSON: it must begin with [ or {{")
    try:
        document = _loaded(text) if start < len(text) else []
    except (ValueError, RecursionError) as error:
        return _by_line(text, source, error)
    if isinstance(document, list):
        return zip(_element_lines(text, start), document, strict=True)
    assert isinstance(document, dict)
    if _ITEMS not in document:
        return iter([(text.count("\n", 0, start) + 1, document)])
    items = _listed(document, source)
    return zip(_element_lines(text, _after_white(text, text.index(":", start) + 1)), items, strict=True)


def _listed(document: dict[str, object], source: str) -> list[object]:
    """What stands under `items`, which must be the only key and hold a list."""
    for key in document:
        if key != _ITEMS:
            raise InputError(f'{source}: the key {key!r} beside "items" is not known; leave it out')
    found = document[_ITEMS]
    if not isinstance(found, list):
        raise InputError(f'{source}: "items" is not a list; write it as {{"items": [...]}}')
    return found


def _element_lines(text: str, start: int) -> Iterator[int]:
    """The line of each element of the array, known to be valid JSON, whose bracket stands at `start`."""
    line, counted = 1, 0
    at = _after_white(text, start + 1)
    while at < len(text) and text[at] not in "]}":
        line, counted = line + text.count("\n", counted, at), at
        yield line
        _value, end = _DECODER.raw_decode(text, at)
        # over the comma to the next element, or onto the closing bracket
        at = _after_white(text, end)
        at = _after_white(text, at + 1) if text[at] == "," else at


def _by_line(text: str, source: str, error: Exception) -> Iterator[tuple[int, object]]:
    """One object a line; `error` says why the text as a whole is no JSON, should no line hold an object."""
    values = [(number, _parsed(line)) for number, line in enumerate(lines(text), start=1) if line.strip()]
    if text.lstrip().startswith("[") or not any(isinstance(value, dict) for _number, value in values):
        raise InputError(f"{source} is not valid JSON: {_complaint(error)}")
    return iter(values)


def _parsed(line: str) -> object:
    try:
        return _loaded(line)
    except (ValueError, RecursionError) as error:
        return _Broken(f"the line is not valid JSON: {_complaint(error)}")


def _loaded(text: str) -> object:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys differ; of two equal ones JSON would silently drop the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        ((key, _times),) = Counter(key for key, _value in pairs).most_common(1)
        raise ValueError(f"the key {key!r} is given twice")
    return found


def _complaint(error: Exception) -> str:
    if isinstance(error, JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _after_white(text: str, at: int) -> int:
    """The first place at or after `at` that is not JSON's white space."""
    while at < len(text) and text[at] in _WHITE:
        at += 1
    return at
