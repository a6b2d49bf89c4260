"""Which features of the table a page uses: elements, attributes, properties, values, units, selectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tests.mail_lint.cascade import Rule, declarations_of, kept_block, rules_in
from tests.mail_lint.support import support

#: Longhands that the table treats with their shorthand.
_SHORTHANDS: Final = re.compile(r"(margin|padding|border|background|text-decoration|list-style|outline)-.+")
#: What the table has no page for since every program understands it, or since nothing depends on it.
UNLISTED: Final = frozenset(
    {"color", "font-family", "font-style", "content", "text-size-adjust", "mso-line-height-rule"}
)
_UNITS: Final = re.compile(r"(?<![#\w.-])-?\d*\.?\d+(%|[a-z]+)\b|(?<=\d)%", re.IGNORECASE)
_UNIT_NAMES: Final = {"%": "css-unit-percent"}
_FUNCTIONS: Final = re.compile(
    r"\b(calc|clamp|min|max|rgba?|hsla?|var|light-dark|linear-gradient|radial-gradient)\("
)
_FUNCTION_NAMES: Final = {
    "calc": "css-unit-calc",
    "var": "css-variables",
    "rgb": "css-rgb",
    "rgba": "css-rgba",
    "linear-gradient": "css-linear-gradient",
    "radial-gradient": "css-radial-gradient",
}
_VALUES: Final = {("display", "none"): "css-display-none", ("display", "flex"): "css-display-flex"}
_ELEMENTS: Final = {
    **dict.fromkeys(("table", "tr", "td", "th", "tbody", "thead"), "html-table"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(("ul", "ol", "li", "dl", "dt", "dd"), "html-lists"),
    **dict.fromkeys(
        ("article", "aside", "footer", "header", "main", "nav", "section", "figure"), "html-semantics"
    ),
}
#: Elements of which every document consists, and those that no program lacks.
_PLAIN_ELEMENTS: Final = frozenset({"html", "head", "title", "meta", "br", "a", "em", "b", "i", "time"})
_ATTRIBUTES: Final = frozenset(
    {"align", "aria-describedby", "aria-hidden", "aria-label", "aria-labelledby", "background", "cellpadding"}
    | {"cellspacing", "dir", "height", "hidden", "lang", "role", "target", "valign", "width"}
)
_SELECTORS: Final = {
    "css-selector-class": re.compile(r"\.[a-z]"),
    "css-selector-id": re.compile(r"#[a-z]"),
    "css-selector-attribute": re.compile(r"\["),
    "css-selector-child": re.compile(r">"),
    "css-selector-adjacent-sibling": re.compile(r"\+"),
    "css-selector-general-sibling": re.compile(r"~(?!=)"),
    "css-selector-descendant": re.compile(r"[^\s>+~]\s+[^\s>+~]"),
    "css-selector-universal": re.compile(r"(?:^|\s)\*"),
    "css-selector-type": re.compile(r"(?:^|[\s>+~])[a-z]"),
    "css-selector-chaining": re.compile(r"\.[\w-]+\."),
}
_PSEUDO: Final = re.compile(r"(::?)([a-z-]+)")
_MEDIA: Final = re.compile(r"\(([a-z-]+)")


class Use(NamedTuple):
    """A feature that a page uses."""

    #: its name in the table; None for what the table should know and does not
    feature: str | None
    #: what stands in the page, for people
    example: str
    #: True for what stands in the kept block, without which the mail is whole all the same
    in_block: bool


def uses_of(page: Any) -> Iterator[Use]:
    """All features of a page, each as often as it is used."""
    for node in page.iter():
        if isinstance(node.tag, str):
            yield from _uses_of_element(node)
            for name, value in declarations_of(node.get("style") or "").items():
                yield from _uses_of_declaration(name, value, in_block=False)
    yield Use("html-doctype", "<!DOCTYPE html>", in_block=False)
    for rule in rules_in(kept_block(page)):
        yield from _uses_of_rule(rule)


def _uses_of_element(node: Any) -> Iterator[Use]:
    tag = node.tag
    feature = _ELEMENTS.get(tag, f"html-{tag}")
    if feature in support().features:
        yield Use(feature, f"<{tag}>", in_block=tag == "style")
    elif tag not in _PLAIN_ELEMENTS:
        yield Use(None, f"<{tag}>", in_block=False)
    for name in _ATTRIBUTES & set(node.attrib):
        yield Use(f"html-{name}", f"<{tag} {name}>", in_block=False)
    if tag == "meta" and node.get("name") == "color-scheme":
        yield Use("html-meta-color-scheme", "<meta color-scheme>", in_block=True)
    href = node.get("href") or ""
    if href.startswith("#"):
        yield Use("html-anchor-links", "<a href=#…>", in_block=False)
    if href.startswith("mailto:"):
        yield Use("html-mailto-links", "<a href=mailto:…>", in_block=False)


def _uses_of_declaration(name: str, value: str, *, in_block: bool) -> Iterator[Use]:
    example = f"{name}:{value}"
    listed = support().features
    shorthand = _SHORTHANDS.fullmatch(name)
    by_value = _VALUES.get((name, value.split(" ")[0]))
    candidates = (by_value, f"css-{name}", f"css-{shorthand[1]}" if shorthand else None)
    feature = next((one for one in candidates if one in listed), None)
    if feature is not None or (name not in UNLISTED and not name.startswith("mso-")):
        yield Use(feature, example, in_block)
    if "!important" in value:
        yield Use("css-important", example, in_block)
    for found in _UNITS.finditer(value):
        unit = (found[1] or "%").lower()
        yield Use(_UNIT_NAMES.get(unit, f"css-unit-{unit}"), example, in_block)
    for found in _FUNCTIONS.finditer(value):
        yield Use(_FUNCTION_NAMES.get(found[1], f"css-function-{found[1]}"), example, in_block)


def _uses_of_rule(rule: Rule) -> Iterator[Use]:
    if not rule.selector:
        yield Use(None, f"an at-rule with {dict(rule.declarations)}", in_block=True)
        return
    if rule.media:
        yield Use("css-at-media", f"@media {rule.media}", in_block=True)
        for condition in _MEDIA.findall(rule.media):
            named = f"css-at-media-{condition}"
            if named in support().features:
                yield Use(named, f"@media {rule.media}", in_block=True)
    for feature, pattern in _SELECTORS.items():
        if pattern.search(rule.selector):
            yield Use(feature, rule.selector, in_block=True)
    for colons, name in _PSEUDO.findall(rule.selector):
        yield Use(
            f"css-pseudo-{'class' if colons == ':' else 'element'}-{name}", rule.selector, in_block=True
        )
    for name, value in rule.declarations.items():
        yield from _uses_of_declaration(name, value, in_block=True)
