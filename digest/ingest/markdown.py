"""Markdown becomes paragraphs of plain text, which is what a briefing is made of; what is lost is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

from digest.core.weblinks import is_web_link
from digest.ingest.pictures import Picture, alt_of, picture_link
from digest.ingest.plaintext import clean, trimmed

#: What a briefing has no room for, by the kind of token, in the words of the editor who wrote it.
_LOST: Final = {
    "heading_open": "headings (they are paragraphs)",
    "strong_open": "bold type",
    "em_open": "italics",
    "s_open": "struck-out type",
    "code_inline": "type for code",
    "fence": "blocks of code (they are paragraphs)",
    "code_block": "blocks of code (they are paragraphs)",
    "blockquote_open": "the indent of quotations",
    "image": "pictures (their descriptions stay)",
    "html_block": "HTML",
    "html_inline": "HTML",
    "table_open": "tables (each row is a paragraph)",
    "link_open": "links (their addresses stand behind the words)",
    "hr": "rules",
}


class Flattened(Struct, frozen=True):
    """The paragraphs of a text, and what of its markup they do not keep."""

    paragraphs: tuple[str, ...]
    lost: tuple[str, ...]
    #: the first picture of the web in it
    picture: Picture | None = None


def flattened(text: str) -> Flattened:
    """Read CommonMark with tables; HTML in it is left out, and no markup is ever an error."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(clean(text))
    paragraphs = tuple(filter(None, map(trimmed, _paragraphs(tokens))))
    picture = next(_pictures(tokens), None)
    return Flattened(paragraphs, tuple(dict.fromkeys(_lost(tokens))), picture)


def _pictures(tokens: Iterable[Token]) -> Iterator[Picture]:
    for token in tokens:
        if token.type == "image" and (link := picture_link(str(token.attrGet("src") or ""))):
            yield Picture(link, alt_of(token.content))
        yield from _pictures(token.children or ())


def _paragraphs(tokens: Sequence[Token]) -> Iterator[str]:
    #: of the lists around: None for bullets, else the number of the next item
    lists: list[int | None] = []
    sign = ""
    cells: list[str] | None = None
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbered = token.type == "ordered_list_open"
            lists.append(int(token.attrGet("start") or 1) if numbered else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open":
            number = lists[-1]
            sign = "• " if number is None else f"{number}. "
            lists[-1] = None if number is None else number + 1
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield " | ".join(cells or ())
            cells = None
        elif token.type == "inline":
            said = _line(token.children or ())
            if cells is not None:
                cells.append(said)
                continue
            yield sign + said
            sign = ""
        elif token.type in {"fence", "code_block"}:
            yield token.content.rstrip("\n")


def _line(children: Iterable[Token]) -> str:
    """The words of a paragraph."""
    said: list[str] = []
    links: list[tuple[int, str]] = []
    for token in children:
        if token.type in {"text", "code_inline", "image"}:
            said.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            # a single line end parts words, two spaces before it a line
            said.append("\n" if token.type == "hardbreak" else " ")
        elif token.type == "link_open":
            links.append((len(said), str(token.attrGet("href") or "")))
        elif token.type == "link_close":
            start, address = links.pop()
            if is_web_link(address) and "".join(said[start:]) != address:
                said.append(f" ({address})")
    return "".join(said)


def _lost(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in _LOST:
            yield _LOST[token.type]
        yield from _lost(token.children or ())
