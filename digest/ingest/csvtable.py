"""Items as a spreadsheet gives them: a line of headings, and one item a line.

The headings are the keys of an item in JSON but for `paragraphs`: title, body, section, topics, source,
source_date, url, language, picture, picture_alt. Capitals do not count, and a space or hyphen stands for the
underscore. `topics` are parted by commas, semicolons or spaces, paragraphs of `body` by blank lines. Commas,
semicolons and tabs between cells are understood (RFC 4180).

A table with other headings is taken with a mapping from heading to key; a heading that is mapped to nothing
is left out. Of headings that stand there twice, the second is called `Text (2)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from digest.core.model import DraftBriefing, Rejected
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.headings import HEADINGS, NEEDED, ForeignTable, HeadingsError, plain_heading, told_apart
from digest.ingest.jsonitem import ItemError, draft_from
from subscribers.model import Section
from subscribers.roster import RefusedLine, split_roster
from subscribers.wishes import WishError

_BETWEEN_TOPICS: Final = re.compile(r"[,;\s]+")
#: Lines from which cells are shown where somebody has to say what the columns are, and of each so many signs.
_SAMPLES: Final = 3
_SAMPLE_SIGNS: Final = 80

_Records = Iterator[tuple[int, list[str] | RefusedLine]]


def looks_like_table(text: str) -> bool:
    """True when the first line that holds something has two of our headings as cells, title among them."""
    first = next((line for line in text.split("\n", 20)[:20] if line.strip()), "")
    if len(first) > 1000:
        return False
    cells = {plain_heading(cell.strip().strip('"')) for cell in re.split(r"[,;\t]", first)}
    return "title" in cells and len(cells & set(HEADINGS)) > 1


def read_csv(
    text: str,
    *,
    source: str,
    section: Section = Section.BRIEFING,
    topics: tuple[str, ...] = (),
    columns: Mapping[str, str] | None = None,
) -> Gathered:
    """Read every line; a wrong one is refused by line and reason, and the rest is taken.

    `columns` maps headings to keys. Raises HeadingsError when the headings make the table useless.
    """
    headings, lines = _opened(text, source)
    keys = _keys(headings, columns or {}, source, lines)
    drafts: list[DraftBriefing] = []
    rejected: list[Rejected] = []
    for line, record in lines:
        try:
            if isinstance(record, RefusedLine):
                raise ItemError(record.reason)
            drafts.append(draft_from(_fields(keys, record), line=line, section=section, topics=topics))
        except ItemError as error:
            rejected.append(Rejected(source, line, str(error)))
    return Gathered(tuple(drafts), tuple(rejected), source)


def columns_among(text: str, columns: Mapping[str, str]) -> dict[str, str]:
    """The part of `columns` that speaks of headings of this table; nothing when it is none of them."""
    try:
        headings, _lines = _opened(text, "")
    except InputError:
        return {}
    plain = set(map(plain_heading, told_apart(headings)))
    return {heading: key for heading, key in columns.items() if plain_heading(heading) in plain}


def _opened(text: str, source: str) -> tuple[list[str], _Records]:
    """The headings and the lines below them."""
    try:
        headings, lines = split_roster(text) if text.strip() else ([], iter(()))
    except WishError as error:
        raise InputError(f"{source}: {error}") from None
    return headings, lines


def _keys(said: Sequence[str], columns: Mapping[str, str], source: str, lines: _Records) -> list[str]:
    """The key of each column, empty for one that is left out, as one without a heading is."""
    headings = told_apart(said)
    named = {plain_heading(heading): key for heading, key in columns.items()}
    plain = [plain_heading(heading) for heading in headings]
    for heading in columns:
        if headings and plain_heading(heading) not in plain:
            raise InputError(f"{source} has no column {heading!r}: it has {', '.join(headings)}")
    keys = [
        named.get(heading, heading if one.strip() else "") for heading, one in zip(plain, said, strict=True)
    ]
    if headings and not any(keys):
        words = f"{source}: all of its columns are left out"
        raise HeadingsError(words, _foreign(headings, lines), is_meant=True)
    if wrong := _wrong_with(headings, keys):
        raise HeadingsError(f"{source}: {wrong}", _foreign(headings, lines))
    return keys


def _wrong_with(headings: Sequence[str], keys: Sequence[str]) -> str:
    """Why these columns give no items; empty when they do."""
    for heading, key in zip(headings, keys, strict=True):
        if key and key not in HEADINGS:
            choice = ", ".join(HEADINGS)
            return f"the column {heading!r} is not known: say which of {choice} it is, or leave it out"
        if key and keys.count(key) > 1:
            return f"two columns hold {key}: leave one of them out"
    lacking = [key for key in NEEDED if headings and key not in keys]
    return f"no column holds {lacking[0]}: say which one does" if lacking else ""


def _foreign(headings: Sequence[str], lines: _Records) -> ForeignTable:
    whole = (record for _line, record in islice(lines, _SAMPLES) if not isinstance(record, RefusedLine))
    rows = list(whole)
    cells = [
        tuple(" ".join(row[at].split())[:_SAMPLE_SIGNS] for row in rows if at < len(row) and row[at].strip())
        for at in range(len(headings))
    ]
    return ForeignTable(tuple(headings), tuple(cells))


def _fields(keys: Sequence[str], record: Sequence[str]) -> dict[str, object]:
    """The cells that hold something, as an item of JSON."""
    found: dict[str, object] = {}
    for place, cell in enumerate(record):
        if not cell.strip():
            continue
        if place >= len(keys):
            raise ItemError(
                f"cell {cell.strip()[:60]!r} stands under no column: quote cells with a separator"
            )
        if keys[place] == "topics":
            found["topics"] = list(filter(None, _BETWEEN_TOPICS.split(cell)))
        elif keys[place]:
            found[keys[place]] = cell
    return found
