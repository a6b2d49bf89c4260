"""A style sheet with named colours becomes plain CSS for every mail program, by day and by night.

A designer names the colours in `:root { --ink: #24211c; }`, those of the night in a second such table within
`@media (prefers-color-scheme: dark)`, and writes `color: var(--ink)` in the rules. No mail program needs to
know variables: they are replaced here. The rules of the dark scheme follow from the two tables: every colour
that is named by day is said again for the night, once for programs that ask by `@media`, and once for
Outlook's apps and webmail, which put `data-ogsc` on what they recoloured and `data-ogsb` on whose background
they did. What a designer writes into the `@media` block besides is copied for Outlook as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from digest.errors import SettingsError
from digest.render.css import Rule, declarations_of, rules_of
from digest.render.palette import UNBRANDED, Brand, palettes

_DARK: Final = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_VARIABLE: Final = re.compile(r"var\(\s*--([a-z][a-z0-9-]*)\s*\)")
_COLOUR: Final = re.compile(r"#(?:[0-9a-f]{3}){1,2}", re.IGNORECASE)
#: Shorthands of which only the colour changes at night.
_OF_A_LINE: Final = re.compile(r"border(?:-(?:top|right|bottom|left))?|outline")


@lru_cache(maxsize=64)
def coloured(css: str, brand: Brand = UNBRANDED) -> str:
    """The sheet without names and comments, the rules of its dark scheme at the end.

    Raises SettingsError for a colour that is in no table, or is none.
    """
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    rules: list[Rule] = []
    nightly: list[Rule] = []
    for rule in rules_of(css):
        if rule.prelude == ":root":
            light |= _table(rule)
        elif _DARK.fullmatch(rule.prelude):
            for inner in rules_of(rule.body):
                if inner.prelude == ":root":
                    dark |= _table(inner)
                else:
                    nightly.append(inner)
        else:
            rules.append(rule)
    by_day, by_night = palettes(light, dark, brand)
    night = [Rule(*each) for each in _grouped(rules, by_night)] if dark else []
    night += [Rule(rule.prelude, _said(rule.body, by_night)) for rule in nightly]
    plain = [str(Rule(rule.prelude, _said(rule.body, by_day))) for rule in rules]
    return "\n".join([*plain, *_for_everybody(night), *_for_outlook(night)])


def _table(rule: Rule) -> dict[str, str]:
    found = {}
    for name, value in declarations_of(rule.body):
        if not name.startswith("--") or not _COLOUR.fullmatch(value):
            raise SettingsError(f"{name}: {value} in :root is no colour: say it as --name: #rrggbb")
        digits = value[1:].lower()
        found[name[2:]] = "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
    return found


def _said(body: str, colours: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in colours:
            raise SettingsError(f"the style sheet uses the colour --{found[1]}, which is in no :root table")
        return colours[found[1]]

    return _VARIABLE.sub(value, body)


def _grouped(rules: Iterable[Rule], by_night: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Selectors and body of what changes its colour at night, those of one colour together."""
    selectors: dict[str, list[str]] = {}
    for rule in rules:
        if rule.prelude.startswith("@"):
            continue
        for name, value in declarations_of(rule.body):
            used = _VARIABLE.search(value)
            if used is not None:
                property_ = f"{name}-color" if _OF_A_LINE.fullmatch(name) else name
                body = _said(f"{property_}: {used[0]} !important;", by_night)
                selectors.setdefault(body, []).extend(re.split(r"\s*,\s*", rule.prelude))
    for body, chosen in selectors.items():
        yield ", ".join(dict.fromkeys(chosen)), body


def _for_everybody(night: Iterable[Rule]) -> Iterator[str]:
    inside = "\n".join(map(str, night))
    if inside:
        yield f"@media (prefers-color-scheme: dark) {{\n{inside}\n}}"


def _for_outlook(night: Iterable[Rule]) -> Iterator[str]:
    """The same rules behind its attributes; states are left out, which no phone has."""
    for rule in night:
        chosen = [one for one in re.split(r"\s*,\s*", rule.prelude) if ":" not in one]
        for attribute, of_background in (("ogsc", False), ("ogsb", True)):
            body = "; ".join(
                f"{name}: {value}"
                for name, value in declarations_of(rule.body)
                if name.startswith("background") is of_background
            )
            if chosen and body:
                yield str(Rule(", ".join(f"[data-{attribute}] {one}" for one in chosen), f"{body};"))
