"""How a page of text is laid out: blocks between blank lines, and which of them stand in a title's place.

Words and lengths do not tell a title from navigation or from a paragraph. What does is how a block ends, how
its words are capitalised, and where it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from digest.ingest.plaintext import lines, trimmed
from digest.ingest.sourceline import is_source_line
from subscribers.model import Section
from subscribers.wishes import WishError, parse_section

_CLOSERS: Final = "\"'”’»)]）】》」』*"
_SENTENCE_ENDS: Final = (".", "!", "?", "…", "。", "！", "？", ":", "：", ";", "；")
_INDENT: Final = re.compile(r" {4}|\t|\u3000")
_SKIP_LINK: Final = re.compile(r"skip to\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_SINGULAR: Final = frozenset(Section)
#: Fewer words than this are as often a heading inside a text as a title.
_HEADLINE_WORDS: Final = range(4, 61)
_HEADLINE_CAPITALS: Final = 0.75
#: Shorter words ("to", "with") are small in titles too.
_HEADLINE_WORD_LENGTH: Final = 4


class Block(Struct, frozen=True):
    """Some lines without a blank one between them."""

    #: 1-based number of its first line
    line: int
    text: str
    indented: bool = False


class Segment(Struct, frozen=True):
    """All blocks up to a source line; the last one of a page may lack it."""

    blocks: tuple[Block, ...]
    source_line: Block | None


def segments(text: str) -> Iterator[Segment]:
    """Cut a page at its source lines, wherever in a block they stand."""
    blocks: list[Block] = []
    pending: list[str] = []
    for number, line in enumerate([*lines(text), ""], start=1):
        seen = trimmed(line)
        if seen and not is_source_line(seen):
            pending.append(line)
            continue
        if pending:
            blocks.append(_block(number - len(pending), pending))
            pending = []
        if seen:
            yield Segment(tuple(blocks), Block(number, seen))
            blocks = []
    if blocks:
        yield Segment(tuple(blocks), None)


def title_index(blocks: Sequence[Block], *, usual_labels: int | None = None) -> int:
    """Where the title stands in a segment; `len(blocks)` when nothing but navigation is there.

    It is the first block that is not known to be navigation. Before the first source line of a page
    (`usual_labels` given) other things may stand above it: there the title is as far above the first sentence
    as titles are in the rest of the page.
    """
    run = _labels_before_text(blocks)
    labels = [index for index in range(run) if not _is_ornament(blocks[index])]
    menus = [index for index in labels if _is_navigation(blocks[index].text)]
    labels = [index for index in labels if not menus or index > menus[-1]]
    if not labels:
        return run
    if usual_labels is None or run == len(blocks):
        return labels[0]
    return labels[max(0, len(labels) - usual_labels)]


def usual_labels(later: Iterable[Segment]) -> int:
    """How many labels, its title among them, an item of this page has before its first sentence."""
    counts: Counter[int] = Counter()
    for segment in later:
        run = _labels_before_text(segment.blocks)
        if 0 < run < len(segment.blocks):
            counts[run] += 1
    return counts.most_common(1)[0][0] if counts else 1


def item_starts(blocks: Sequence[Block]) -> list[int]:
    """Where items begin in what should be one item: at 0, and at each headline between sentences.

    Such a headline is the next item's title when the source line before it is missing. It can be told from
    a paragraph only where titles are set in title case, so elsewhere nothing is cut.
    """
    starts = [0]
    if not blocks or not _is_headline(blocks[0]):
        return starts
    for index in range(2, len(blocks) - 1):
        if index >= starts[-1] + 2 and _parts_items(*blocks[index - 1 : index + 2]):
            starts.append(index)
    return starts


def _parts_items(before: Block, block: Block, after: Block) -> bool:
    return _is_headline(block) and _is_sentence(before) and _is_sentence(after)


def _block(line: int, block_lines: list[str]) -> Block:
    return Block(line, trimmed("\n".join(block_lines)), _INDENT.match(block_lines[0]) is not None)


def _labels_before_text(blocks: Sequence[Block]) -> int:
    titled = False
    for index, block in enumerate(blocks):
        # what is indented below something that may be a title is a paragraph, not a label
        if _is_sentence(block) or (block.indented and titled):
            return index
        titled = titled or not (block.indented or _is_ornament(block) or _is_navigation(block.text))
    return len(blocks)


def _is_sentence(block: Block) -> bool:
    return block.text.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS) and not _is_title_case(block.text)


def _is_headline(block: Block) -> bool:
    plain = block.text[:1].isalnum() or block.text[:1] in "“‘\"'"
    return plain and not block.indented and "\n" not in block.text and _is_title_case(block.text)


def _is_title_case(text: str) -> bool:
    words = text.split(maxsplit=_HEADLINE_WORDS.stop)
    if len(words) not in _HEADLINE_WORDS:
        return False
    long_words = [word for word in _WORD.findall(text) if len(word) >= _HEADLINE_WORD_LENGTH]
    capitals = sum(word[0].isupper() for word in long_words)
    return len(long_words) > 1 and capitals >= _HEADLINE_CAPITALS * len(long_words)


def _is_ornament(block: Block) -> bool:
    return not any(character.isalnum() for character in block.text)


def _is_navigation(text: str) -> bool:
    """A skip link, or nothing but names of sections, each with at most one word before it."""
    if _SKIP_LINK.match(text):
        return True
    words = text.split()
    at = 0
    while at < len(words):
        end = next((end for end in range(at + 1, at + 4) if _is_entry(words[at:end])), None)
        if end is None:
            return False
        at = end
    return True


def _is_entry(words: list[str]) -> bool:
    return any(_is_section(" ".join(name)) for name in (words, words[1:]) if name)


def _is_section(name: str) -> bool:
    # singular names are words of titles too: only the plural is an entry of a menu
    if not name.endswith("s") or name.casefold() in _SINGULAR:
        return False
    try:
        parse_section(name)
    except WishError:
        return False
    return True
