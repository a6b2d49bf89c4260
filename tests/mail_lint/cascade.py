"""A mail's style as a program applies it: what stands in the elements, and over it the kept block.

As much of CSS as the mails use: every rule of the block is `!important`, so the last that matches wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lxml.cssselect import CSSSelector  # type: ignore[import-untyped]

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_STATE: Final = re.compile(r":(?:hover|focus|active|visited)\b")
_OUTLOOK: Final = re.compile(r"\[data-ogs[cb]\]\s*")


class Scheme(StrEnum):
    """The colours that a reader's program asks for, and the way in which it does."""

    LIGHT = "light"
    DARK = "dark"
    #: Outlook's apps and webmail, which set an attribute instead of answering the media query
    OUTLOOK_DARK = "dark in Outlook"


class Rule(NamedTuple):
    """A rule of the kept block."""

    #: what stands between @media and its brace; empty outside of any
    media: str
    selector: str
    declarations: Mapping[str, str]


def declarations_of(style: str) -> dict[str, str]:
    """Values by property, `!important` with them."""
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return {name.strip().lower(): " ".join(value.split()) for name, value in pairs}


def kept_block(page: Any) -> str:
    """All that stands in style elements."""
    return "\n".join(node.text or "" for node in page.iter("style"))


@lru_cache(maxsize=64)
def rules_in(css: str) -> tuple[Rule, ...]:
    """The rules of a block, a selector each, in their order; at-rules other than @media have no selector."""
    return tuple(_rules("", _COMMENT.sub("", css)))


def applied(page: Any, scheme: Scheme) -> dict[Any, dict[str, str]]:
    """The declarations of every element that has some, in this scheme and in a wide window."""
    styles = {node: declarations_of(node.get("style")) for node in page.xpath("//*[@style]")}
    for rule in rules_in(kept_block(page)):
        selector = _selector_for(rule, scheme)
        if selector is None:
            continue
        for node in _compiled(selector)(page):
            styles[node] = {**styles.get(node, {}), **rule.declarations}
    return styles


def _selector_for(rule: Rule, scheme: Scheme) -> str | None:
    """What the rule matches in the scheme; None when it has no say there."""
    if _STATE.search(rule.selector):
        return None
    if "data-ogs" in rule.selector:
        return _OUTLOOK.sub("", rule.selector) if scheme is Scheme.OUTLOOK_DARK else None
    if "prefers-color-scheme" in rule.media:
        dark = "dark" in rule.media
        return rule.selector if dark == (scheme is Scheme.DARK) else None
    # a window wide enough for every "max-width" to be too narrow
    return None if "max-width" in rule.media else rule.selector


@lru_cache(maxsize=512)
def _compiled(selector: str) -> Any:
    return CSSSelector(selector)


def _rules(media: str, css: str) -> Iterator[Rule]:
    for prelude, body in _blocks(css):
        if prelude.startswith("@media"):
            yield from _rules(prelude.removeprefix("@media").strip(), body)
        elif prelude.startswith("@"):
            yield Rule(media, "", declarations_of(body))
        else:
            for selector in prelude.split(","):
                yield Rule(media, selector.strip(), declarations_of(body))


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """What stands before each brace, and between it and the one that closes it."""
    start = depth = opened = 0
    for brace in re.finditer(r"[{}]", css):
        if brace[0] == "{":
            opened = opened if depth else brace.start()
            depth += 1
            continue
        depth -= 1
        if depth == 0:
            yield css[start:opened].strip(), css[opened + 1 : brace.start()].strip()
            start = brace.end()
