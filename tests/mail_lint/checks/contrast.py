"""Every text can be read in every scheme: 4.5 to 1 (WCAG 2.2, 1.4.3), and none is forgotten in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tests.mail_lint.cascade import Scheme, applied
from tests.mail_lint.mail import Mail

LEAST: Final = 4.5
_COLOUR: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_INHERITED: Final = "inherit", "transparent", "currentcolor", "none"


class Shown(NamedTuple):
    """A text, its colour and what is behind it."""

    said: str
    ink: str
    paper: str


def look(mail: Mail) -> Iterator[str]:
    """Texts that are hard to read, colours that are none, texts that stay light in a dark scheme."""
    if mail.html is None:
        return
    seen = {scheme: list(_texts(mail.page, scheme)) for scheme in Scheme}
    told: set[tuple[Scheme, str, str]] = set()
    for scheme, texts in seen.items():
        for one in texts:
            for wrong in _wrong_with(one):
                if (scheme, one.ink, one.paper) not in told:
                    told.add((scheme, one.ink, one.paper))
                    yield f"{scheme}: {one.said[:40]!r} {wrong}"
    yield from _forgotten(seen)


def contrast(first: str, second: str) -> float:
    """The ratio between two colours written as #rgb or #rrggbb, from 1 to 21."""
    lights = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _wrong_with(one: Shown) -> Iterator[str]:
    for colour in (one.ink, one.paper):
        if not _COLOUR.fullmatch(colour):
            yield f"is shown with {colour or 'no colour at all'}, and not with #rrggbb"
            return
    ratio = contrast(one.ink, one.paper)
    if ratio < LEAST:
        yield f"is {one.ink} on {one.paper}: {ratio:.2f} to 1"


def _forgotten(seen: Mapping[Scheme, list[Shown]]) -> Iterator[str]:
    """A text whose ink or paper is the same by day and by night was left out of the dark rules."""
    told: set[tuple[str, str]] = set()
    for scheme in (Scheme.DARK, Scheme.OUTLOOK_DARK):
        for light, dark in zip(seen[Scheme.LIGHT], seen[scheme], strict=True):
            for what, before, after in (("ink", light.ink, dark.ink), ("paper", light.paper, dark.paper)):
                if before == after and (scheme, before) not in told:
                    told.add((scheme, before))
                    yield f"{scheme}: {light.said[:40]!r} keeps the {what} {before} of the light scheme"


def _texts(page: Any, scheme: Scheme) -> Iterator[Shown]:
    """Each visible text as the cascade of its ancestors colours it."""
    styles = applied(page, scheme)

    def walk(node: Any, ink: str, paper: str) -> Iterator[Shown]:
        own = styles.get(node, {})
        if not isinstance(node.tag, str) or own.get("display", "").startswith("none"):
            return
        ink = _named(own.get("color"), ink)
        paper = _named(own.get("background-color") or own.get("background"), paper)
        # the words of an image stand in its place where images are blocked
        own_words = (node.text, *(child.tail for child in node), node.get("alt"))
        said = " ".join("".join(filter(None, own_words)).split())
        if said:
            yield Shown(said, ink, paper)
        for child in node:
            yield from walk(child, ink, paper)

    yield from walk(page.find("body"), "", "")


def _named(colour: str | None, inherited: str) -> str:
    value = (colour or "").replace("!important", "").strip().lower()
    return inherited if not value or value in _INHERITED else value


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
