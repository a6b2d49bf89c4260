"""A screen reader finds its way: headings in order, tables that are layout, links with names of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from tests.mail_lint.mail import Mail, is_hidden

_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS: Final = frozenset(
    {
        *_HEADINGS,
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "figure",
        "footer",
        "form",
        "hr",
        "li",
        "ol",
    }
    | {"p", "pre", "section", "table", "ul"}
)
_HOLD_WORDS_ALONE: Final = ("a", "span", "p", *_HEADINGS, "strong", "em", "b", "i", "small")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
_HAN_LANGUAGES: Final = frozenset({"zh", "ja", "ko"})


def look(mail: Mail) -> Iterator[str]:
    """What would lead somebody astray who does not see the page."""
    if mail.html is None:
        return
    page = mail.page
    yield from _headings(page)
    yield from _tables(page)
    yield from _nesting(page)
    yield from _links(page)
    yield from _languages(page.find("body"), page.get("lang") or "")
    for name, times in Counter(page.xpath("//@id")).items():
        if times > 1:
            yield f"id {name} is given {times} times"
    for image in page.iter("img"):
        if image.get("alt") is None:
            yield f"image {image.get('src')} has no alt text"


def _headings(page: Any) -> Iterator[str]:
    levels = [int(node.tag[1]) for node in page.iter(*_HEADINGS)]
    if levels.count(1) != 1:
        yield f"there are {levels.count(1)} headings of the first level"
    if levels[:1] != [1]:
        yield "the first heading is not of the first level"
    for before, level in pairwise(levels):
        if level > before + 1:
            yield f"a heading of level {level} follows one of level {before}"
    for node in page.iter(*_HEADINGS):
        if not node.text_content().strip() and not "".join(node.xpath(".//img/@alt")).strip():
            yield f"{node.tag} is empty"


def _tables(page: Any) -> Iterator[str]:
    for table in page.iter("table"):
        if table.get("role") != "presentation":
            yield f"table {table.get('class')} is layout and does not say so"


def _nesting(page: Any) -> Iterator[str]:
    for outer in page.find("body").iter(*_HOLD_WORDS_ALONE):
        for inner in outer.iterdescendants():
            if inner.tag in _BLOCKS:
                yield f"{inner.tag} stands inside {outer.tag}: {inner.text_content().strip()[:40]!r}"


def _links(page: Any) -> Iterator[str]:
    """Links that lead to different places are called differently (WCAG 2.4.4), and none is called nothing."""
    leads: dict[str, str] = {}
    for link in page.iter("a"):
        called = " ".join((link.get("aria-label") or link.text_content()).split())
        if not called:
            yield f"the link to {link.get('href')} has no name"
        elif leads.setdefault(called, link.get("href")) != link.get("href"):
            yield f"two links are called {called[:60]!r} and lead to different places"


def _languages(node: Any, language: str) -> Iterator[str]:
    """Chinese letters are told to be Chinese, or a voice spells them and a font draws them wrong."""
    if not isinstance(node.tag, str) or is_hidden(node):
        return
    language = node.get("lang") or language
    if language.split("-")[0] not in _HAN_LANGUAGES:
        said = (node.text or "") + "".join(child.tail or "" for child in node)
        if _HAN.search(said):
            yield f"Chinese letters are called {language}: {' '.join(said.split())[:40]!r}"
    for child in node:
        # the words behind a child are its parent's
        yield from _languages(child, language)
