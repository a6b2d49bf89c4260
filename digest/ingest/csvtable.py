"""Items as a spreadsheet gives them: a line of headings, and one item a line.

The headings are the keys of an item in JSON but for `paragraphs`: title, body, section, topics, source,
source_date, url, language. Capitals do not count, and a space or hyphen stands for the underscore. `topics`
are parted by commas, semicolons or spaces, paragraphs of `body` by blank lines. Commas, semicolons and tabs
between cells are understood (RFC 4180).

A table with other headings is taken with a mapping from heading to key; a heading that is mapped to nothing
is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from digest.core.model import DraftBriefing, Rejected
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.jsonitem import KEYS, ItemError, draft_from
from subscribers.model import Section
from subscribers.roster import RefusedLine, split_roster
from subscribers.wishes import WishError

#: What a heading may be, or be mapped to.
HEADINGS: Final = tuple(sorted(KEYS - {"paragraphs"}))
_SIGNS: Final = re.compile(r"[\s_-]+")
_BETWEEN_TOPICS: Final = re.compile(r"[,;\s]+")


def looks_like_table(text: str) -> bool:
    """True when the first line that holds something has two of our headings as cells, title among them."""
    first = next((line for line in text.split("\n", 20)[:20] if line.strip()), "")
    if len(first) > 1000:
        return False
    cells = {_plain(cell.strip().strip('"')) for cell in re.split(r"[,;\t]", first)}
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

    `columns` maps headings to keys. Raises InputError when the headings make the table useless.
    """
    try:
        headings, lines = split_roster(text) if text.strip() else ([], iter(()))
    except WishError as error:
        raise InputError(f"{source}: {error}") from None
    keys = _keys(headings, columns or {}, source)
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


def _keys(headings: Sequence[str], columns: Mapping[str, str], source: str) -> list[str]:
    """The key of each column, empty for one that is left out."""
    named = {_plain(heading): key for heading, key in columns.items()}
    plain = [_plain(heading) for heading in headings]
    for heading in columns:
        if headings and _plain(heading) not in plain:
            raise InputError(f"{source} has no column {heading!r}: it has {', '.join(headings)}")
    keys = [named.get(heading, heading) for heading in plain]
    for heading, key in zip(headings, keys, strict=True):
        if key and key not in HEADINGS:
            raise InputError(
                f"{source}: the column {heading!r} is not known: say which of {', '.join(HEADINGS)} it is, "
                f"as in --column {heading!r}=title, or leave it out by --column {heading!r}="
            )
        if key and keys.count(key) > 1:
            raise InputError(f"{source}: two columns hold {key}: leave one of them out")
    return keys


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


def _plain(heading: str) -> str:
    return _SIGNS.sub("_", heading.strip().removeprefix("\ufeff").lower())
