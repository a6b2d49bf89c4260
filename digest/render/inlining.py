"""The one door to premailer: style rules become style attributes, those that cannot stay in a block."""

from __future__ import annotations

import logging
import os
import re
from functools import cache
from typing import Any

from digest.render.css import rules_of
from digest.unasked import unloaded

#: Parsed rules that premailer keeps; its own 128 make it three times slower. Read once, at its import.
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "10000")

#: A prelude that no style attribute can stand for: an at-rule, a state such as `:hover`, `[data-ogsc]`.
_NOT_INLINE = re.compile(r"[@:\[]")


def split_style(css: str) -> tuple[str, str]:
    """The rules of a style sheet that can be inlined, and those that must stay in a block, made compact."""
    inline: list[str] = []
    kept: list[str] = []
    for rule in rules_of(css):
        (kept if _NOT_INLINE.search(rule.prelude) else inline).append(str(rule))
    return "\n".join(inline), "\n".join(map(_compact, kept))


def inlined(html: str, css: str) -> str:
    """The document with the rules in its elements; blocks marked `data-premailer="ignore"` stay untouched.

    Comments stay where they are, and so does the doctype, which must be written in capitals.
    """
    document = _premailer()(
        css_text=css,
        allow_network=False,
        strip_important=False,
        keep_style_tags=True,
        disable_leftover_css=True,
        disable_validation=True,
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],
        cssutils_logging_level=logging.CRITICAL,
    ).transform(html, pretty_print=False)
    return f"{document.rstrip()}\n"


@cache
def _premailer() -> Any:
    """Loaded when it is needed: text-only issues are printed without it.

    It would load requests, half of the time, to fetch what it is not allowed to fetch.
    """
    with unloaded("requests"):
        from premailer import Premailer

    return Premailer


def _compact(rule: str) -> str:
    return re.sub(r"\s*([{};,])\s*|(?<=:)\s+", r"\1", re.sub(r"\s+", " ", rule)).replace(";}", "}")
