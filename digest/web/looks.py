"""How pages look: one style sheet for all, and over it the colours of a newsletter, every text readable."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from digest.core.model import Newsletter
from digest.render.css import declarations_of, rules_of
from digest.render.environment import templates_folder
from digest.render.palette import UNBRANDED, Brand, Colours, palettes

_COMMENT: Final = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
#: What pages call colours, and what the palette does.
_NAMES: Final = {
    **{name: name for name in ("paper", "paper-ink", "sheet", "ink", "soft", "accent", "line", "alarm")},
    "on-accent": "button-ink",
}


@cache
def style() -> str:
    """The style sheet of all pages, as it stands in them: without its comments."""
    sheet = (templates_folder() / "web" / "reader" / "style.css").read_text(encoding="utf-8")
    return _COMMENT.sub("", sheet).strip()


def brand_of(newsletter: Newsletter) -> Brand:
    """What a newsletter says about colours."""
    return Brand(newsletter.accent, newsletter.ground)


@lru_cache(maxsize=256)
def coloured(brand: Brand) -> str:
    """The rules that give pages the colours of a brand; empty for who has none."""
    if brand == UNBRANDED:
        return ""
    by_day, by_night = palettes(*_tables(), brand)
    return f":root{{{_said(by_day)}}}@media (prefers-color-scheme:dark){{:root{{{_said(by_night)}}}}}"


def _said(colours: Colours) -> str:
    return ";".join(f"--{ours}:{colours[theirs]}" for ours, theirs in _NAMES.items())


@cache
def _tables() -> tuple[Colours, Colours]:
    """The colours of the style sheet by day and by night."""
    rules = list(rules_of(style()))
    day = next(rule for rule in rules if rule.prelude == ":root")
    night = next(rule for rule in rules if rule.prelude.startswith("@media (prefers-color-scheme"))
    return _table(day.body), _table(next(rules_of(night.body)).body)


def _table(body: str) -> Colours:
    named = {name[2:]: value for name, value in declarations_of(body) if _COLOUR.fullmatch(value)}
    return {_NAMES.get(name, name): colour for name, colour in named.items()}
