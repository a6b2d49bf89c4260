"""The HTML of an entry becomes paragraphs of plain text, which is what a briefing is made of."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import nh3

from digest.ingest.feed_guard import is_harmless_html
from digest.ingest.plaintext import clean, trimmed
from subscribers.composed import composed

#: A long read has a hundred thousand signs; markup may triple that.
HTML_LIMIT: Final = 1_000_000
_BLOCKS: Final = frozenset(
    {
        *("p", "div", "section", "article", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "ul"),
        *("ol", "li", "dl", "dt", "dd", "table", "tr", "figure", "figcaption", "hr", "header", "footer"),
        *("main", "aside", "address", "details", "summary", "caption", "center"),
    }
)
_KEPT: Final = _BLOCKS | {"br", "td", "th", "thead", "tbody", "tfoot", "q", "pre"}
#: What is dropped with all it holds.
_DROPPED: Final = frozenset(
    {
        *("script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "form"),
        *("button", "select", "textarea", "audio", "video", "canvas", "head", "title", "nav"),
    }
)
_LOOKS_LIKE_HTML: Final = re.compile(r"</?[a-zA-Z][^<>]*>|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w+);")
#: What WordPress puts under each entry of its feeds.
_BOILERPLATE: Final = re.compile(
    r"The post .{1,300} (first appeared|appeared first) on .{1,200}\.?", re.DOTALL
)
_READ_ON: Final = re.compile(
    r"(\[?(…|\.\.\.|&hellip;)\]?\s*)?(continue reading|read more|read on)\W*", re.IGNORECASE
)


class WordsError(ValueError):
    """Markup that is not read; the message says why."""


def paragraphs_of(markup: str) -> tuple[str, ...]:
    """The paragraphs of HTML, with signs before the items of lists and bars between the cells of tables."""
    if len(markup) > HTML_LIMIT:
        raise WordsError(f"its text has more than {HTML_LIMIT:,} signs")
    if not is_harmless_html(markup):
        raise WordsError("its markup is nested too deep")
    safe = nh3.clean(
        _whole(markup),
        tags=set(_KEPT),
        clean_content_tags=set(_DROPPED),
        attributes={},
        link_rel=None,
        strip_comments=True,
    )
    walk = _Walk()
    walk.feed(safe)
    walk.close()
    walk.end()
    found = [trimmed(plain(one)) for one in walk.blocks]
    return tuple(one for one in found if one and not _is_noise(one))


def text_paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of plain text: blank lines part them."""
    if len(text) > HTML_LIMIT:
        raise WordsError(f"its text has more than {HTML_LIMIT:,} signs")
    blocks = re.split(r"\n[ \t]*\n", plain(text))
    return tuple(filter(None, (trimmed("\n".join(map(trimmed, one.split("\n")))) for one in blocks)))


def line_of(text: str) -> str:
    """A title or name on one line: its words stay, markup goes, white space is made single."""
    said = " ".join(paragraphs_of(text)) if _LOOKS_LIKE_HTML.search(text) else plain(text)
    return " ".join(said.split())


def plain(text: str) -> str:
    """Composed as Unicode has it (NFC), without control characters and halves of characters."""
    return composed("NFC", clean(_whole(text)).replace("\u00ad", ""))


def _whole(text: str) -> str:
    """Halves of characters, which JSON can hold, are put together or marked as unknown."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_noise(paragraph: str) -> bool:
    return bool(_BOILERPLATE.fullmatch(paragraph) or _READ_ON.fullmatch(paragraph))


class _Walk(HTMLParser):
    """Goes over clean HTML once, and cuts it where blocks begin and end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: Final[list[str]] = []
        self._line: list[str] = []
        self._lists: list[int | None] = []
        self._sign = ""
        self._verbatim = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "br":
            self._line.append("\n")
        elif tag in {"td", "th"}:
            self._line.append(" | " if self._cells else "")
            self._cells += 1
        elif tag == "q":
            self._line.append("“")
        elif tag in _BLOCKS and not self._cells:
            self.end()
        if tag in {"ul", "ol"}:
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._sign = "• " if number is None else f"{number}. "
            self._lists[-1] = None if number is None else number + 1
        elif tag == "tr":
            self.end()
            self._cells = 0
        elif tag == "pre":
            self._verbatim += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in {"tr", "table"}:
            self._cells = 0
        if tag == "q":
            self._line.append("”")
        elif tag in _BLOCKS and not self._cells:
            self.end()
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "pre" and self._verbatim:
            self._verbatim -= 1

    def handle_data(self, data: str) -> None:
        self._line.append(data if self._verbatim else re.sub(r"[ \t\r\n\f]+", " ", data))

    def end(self) -> None:
        """What was said so far is a block, if anything was."""
        said = "".join(self._line)
        if self._verbatim:
            said = said.strip("\n")
        else:
            said = "\n".join(trimmed(re.sub(r" +", " ", line)) for line in said.split("\n"))
            said = re.sub(r"\n{2,}", "\n\n", said).strip()
        self._line = []
        if not trimmed(said):
            return
        # two breaks are how many editors write a paragraph
        first, *others = [said] if self._verbatim else said.split("\n\n")
        self.blocks.extend([self._sign + first, *others])
        self._sign = ""
