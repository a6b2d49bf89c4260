"""A publication's page as copied from a browser becomes drafts, and drafts become such a page again.

The grammar: navigation, then items that blank lines part into a title, paragraphs and a source line::

    Skip to content

    Latest Briefings Latest Reports

    A Title

    A paragraph of any length.

    Source: Name of a Source, April 12, 2024

    The Next Title
    ...

An indented block is always a paragraph; `print_page` indents where a paragraph would be taken for a title.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from digest.core.model import DraftBriefing, Rejected
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.layout import Block, Segment, item_starts, segments, title_index, usual_labels
from digest.ingest.plaintext import trimmed
from digest.ingest.sourceline import SourceLine, SourceLineError, parse_source_line
from subscribers.model import Section

_INDENT: Final = "    "
#: How much of a title a message quotes: enough to find it by.
_QUOTED: Final = 60
_EXAMPLE: Final = "“Source: Harbour Post, May 4, 2026”"


class _Item(Struct, frozen=True):
    """The blocks of one item, title first, and what ended it: its source line, or another title's line."""

    blocks: tuple[Block, ...]
    source_line: Block | None
    ended_at: int | None = None


def read_page(
    text: str, *, source: str, section: Section = Section.BRIEFING, topics: tuple[str, ...] = ()
) -> Gathered:
    """Read every item of a page; `source` names the text in refusals, `section` and `topics` hold for all."""
    outcomes = [_outcome(item, source) for item in _items(text)]
    return Gathered(
        drafts=tuple(
            replace(one, section=section, topics=topics) for one in outcomes if isinstance(one, DraftBriefing)
        ),
        rejected=tuple(one for one in outcomes if isinstance(one, Rejected)),
        source=source,
    )


def print_page(drafts: Iterable[DraftBriefing]) -> str:
    """The page that reads back as these items: title, paragraphs, source and date of each.

    Section, topics, address and language have no place on a page. Raises InputError for an item that a page
    cannot hold: one without a source, say, or with a blank line in a paragraph.
    """
    return "\n".join(_printed(draft) for draft in drafts)


def _items(text: str) -> Iterator[_Item]:
    found = list(segments(text))
    labels = usual_labels(found[1:])
    for index, segment in enumerate(found):
        start = title_index(segment.blocks, usual_labels=None if index else labels)
        yield from _items_of(Segment(segment.blocks[start:], segment.source_line))


def _items_of(segment: Segment) -> Iterator[_Item]:
    """One item as a rule; more when source lines are missing between them; none when nothing is left."""
    starts = item_starts(segment.blocks)
    for start, end in pairwise(starts):
        yield _Item(segment.blocks[start:end], None, segment.blocks[end].line)
    rest = segment.blocks[starts[-1] :]
    if rest or segment.source_line:
        yield _Item(rest, segment.source_line)


def _outcome(item: _Item, source: str) -> DraftBriefing | Rejected:
    if not item.blocks:
        assert item.source_line is not None
        return Rejected(source, item.source_line.line, "no title stands before this source line")
    title, body = item.blocks[0], item.blocks[1:]
    if item.source_line is None:
        lacks = f"{_quoted(title)} has no source line {_before(item.ended_at)}"
        return Rejected(source, title.line, f"{lacks}, such as {_EXAMPLE}")
    try:
        credit = parse_source_line(item.source_line.text)
    except SourceLineError as error:
        return Rejected(source, item.source_line.line, f"{error} ({_quoted(title)}, line {title.line})")
    if not body:
        return Rejected(
            source, title.line, f"{_quoted(title)} has no text: part title and text by a blank line"
        )
    return _draft(title, body, credit)


def _draft(title: Block, body: tuple[Block, ...], credit: SourceLine) -> DraftBriefing:
    return DraftBriefing(
        # a title is one line; one that was wrapped is joined again
        title=" ".join(map(trimmed, title.text.split("\n"))),
        paragraphs=tuple(block.text for block in body),
        source=credit.name,
        source_date=credit.day,
        line=title.line,
    )


def _printed(draft: DraftBriefing) -> str:
    """The item as plainly as it reads back; read alone it stands where most can be mistaken."""
    for indent in ("", _INDENT):
        text = _typeset(draft, indent)
        if [_core(one) for one in read_page(text, source="").drafts] == [_core(draft)]:
            return text
    raise InputError(
        f"{draft.title[:_QUOTED]!r} cannot be printed as a page: it needs a title in one line, paragraphs "
        "without blank lines, and a source with its date"
    )


def _typeset(draft: DraftBriefing, indent: str) -> str:
    blocks = [draft.title, *(indent + paragraph for paragraph in draft.paragraphs)]
    if draft.source is not None and draft.source_date is not None:
        blocks.append(str(SourceLine(draft.source, draft.source_date)))
    return "\n\n".join(blocks) + "\n"


def _core(draft: DraftBriefing) -> tuple[object, ...]:
    return draft.title, draft.paragraphs, draft.source, draft.source_date


def _quoted(title: Block) -> str:
    text = " ".join(title.text[: 2 * _QUOTED].split())
    return f"“{text}”" if len(text) <= _QUOTED else f"“{text[: _QUOTED - 1].rstrip()}…”"


def _before(line: int | None) -> str:
    return "before the end" if line is None else f"before the next title in line {line}"
