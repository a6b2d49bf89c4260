"""The document arrives whole: doctype first, every tag closed, languages and directions told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

from digest.render.words import words_for
from tests.mail_lint.mail import Mail

_DOCTYPE: Final = "<!DOCTYPE html>\n<html "
_VOID: Final = frozenset({"br", "img", "meta", "hr", "link", "input", "wbr"})
_METAS: Final = ("viewport", "color-scheme", "supported-color-schemes", "format-detection")
#: What a cut or an inliner could leave behind; hostile news may hold all of it themselves.
_LEFT_BEHIND: Final = re.compile(r"mark[0-9a-f]{16}|data-premailer|\{\{|\{%|%7B%7B", re.IGNORECASE)


def look(mail: Mail) -> Iterator[str]:
    """What of the frame got lost on the way through the inliner and the cutting."""
    if mail.html is None:
        return
    if not mail.html.startswith(_DOCTYPE):
        yield f"does not begin with the doctype but with {mail.html[:30]!r}"
    if not mail.html.endswith("</html>\n"):
        yield f"does not end with the document but with {mail.html[-30:]!r}"
    yield from _balance(mail.html)
    yield from _head(mail.page)
    yield from _languages(mail)
    if not mail.hostile and (found := _LEFT_BEHIND.search(mail.html)):
        yield f"something unfinished is left: {found[0]!r}"


def _head(page: Any) -> Iterator[str]:
    if not page.xpath("string(//title)").strip():
        yield "has no title"
    if not page.xpath("//meta[@charset='utf-8']"):
        yield "does not declare its charset"
    for name in _METAS:
        if not page.xpath(f"//meta[@name='{name}']"):
            yield f"meta {name} is lost"


def _languages(mail: Mail) -> Iterator[str]:
    """On the document, and on the article in it: webmails cut off all that stands around the body."""
    words = words_for(mail.language)
    articles = mail.page.xpath("//*[@role='article']")
    if not articles:
        yield "no article inside the body repeats language and direction"
    for node in (mail.page, *articles):
        if (node.get("lang"), node.get("dir")) != (words.language, words.direction):
            yield f"{node.tag} says lang={node.get('lang')} dir={node.get('dir')} and not {words.language}"


def _balance(page: str) -> Iterator[str]:
    reader = _Balance()
    reader.feed(page)
    reader.close()
    yield from (f"line {line}: </{tag}> closes nothing that is open" for tag, line in reader.wrong)
    yield from (f"<{tag}> is never closed" for tag in reader.open)


class _Balance(HTMLParser):
    """Notes every tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()[0]))
