"""The design keeps its promises: readable in both schemes, sound for screen readers, all of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from digest.render.confirmation import Invitation, confirmation
from digest.render.environment import mail_environment, style_of, templates_folder
from digest.render.printer import print_sheet, rendition
from subscribers.model import Profile
from tests.render.pages import document
from tests.render.samples import (
    ADA,
    BOUNDARY,
    DAILY,
    EIGHT,
    EIGHT_GROUPS,
    NEWSLETTER,
    TOPICS,
    VIEW_URL,
    briefing,
    copy_of,
    issue,
)

VOID = {"br", "img", "meta", "hr", "link", "input"}
DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{(.*\})\}")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
MAILS = ["issue", "long issue", "confirm"]


@cache
def page_of(mail: str) -> str:
    """A mail that shows everything the templates can show."""
    if mail == "confirm":
        made = confirmation(NEWSLETTER, TOPICS.values(), Profile(), DAILY, BOUNDARY)
        return made.html_text(Invitation("Ada", "https://news.example/confirm/abc")) or ""
    if mail == "long issue":
        return long_issue()
    copy = copy_of(
        issue(intro="Dear all,\n\na word first."),
        *EIGHT_GROUPS[:3],
        deferred=(3, 6, 8),
        covers_from=date(2026, 11, 21),
    )
    sheet = print_sheet(copy.issue, NEWSLETTER, EIGHT, TOPICS, "classic", "en")
    return rendition(copy, sheet, BOUNDARY, VIEW_URL).html_text(ADA) or ""


def long_issue() -> str:
    """A mail that has room for one item in full, for the headlines of some, and for the others in lines."""
    titles = {number: f"{number}: " + "words of a title " * 30 for number in range(1, 61)}
    told = {
        number: briefing(number, title=title, url=f"https://a.example/{number}" if number % 2 else None)
        for number, title in titles.items()
    }
    copy = copy_of(issue(), ("economy", tuple(range(1, 60))), deferred=(60,))
    sheet = print_sheet(copy.issue, NEWSLETTER, told, TOPICS, "classic", "en")
    page = rendition(copy, sheet, BOUNDARY).html_text(ADA) or ""
    assert page.count('class="item"') == 1
    assert page.count('class="brief"') > 0
    assert page.count("<li>") > 1
    return page


def tree_of(mail: str) -> Any:
    return document(page_of(mail))


class Balance(HTMLParser):
    """Notes every tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.mark.parametrize("mail", MAILS)
def test_the_document_is_whole(mail: str) -> None:
    balance = Balance()
    balance.feed(page_of(mail))
    assert (balance.open, balance.wrong) == ([], [])
    assert page_of(mail).startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
    assert page_of(mail).endswith("</html>\n")
    assert "mark" not in re.sub(r"<style>.*?</style>", "", page_of(mail), flags=re.DOTALL)


@pytest.mark.parametrize("mail", MAILS)
def test_a_screen_reader_finds_its_way(mail: str) -> None:
    page = tree_of(mail)
    levels = [int(node.tag[1]) for node in page.iter("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))
    assert all(table.get("role") == "presentation" for table in page.iter("table"))
    assert page.xpath("string(//title)")
    assert not page.xpath("//a//p | //a//table | //a//h3 | //p//p | //p//ul")
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_every_link_of_the_contents_has_its_anchor() -> None:
    page = tree_of("issue")
    targets = [str(link)[1:] for link in page.xpath("//a/@href") if str(link).startswith("#")]
    assert len(targets) == 5
    assert set(targets) == {str(anchor) for anchor in page.xpath("//@id")}


def test_links_that_lead_elsewhere_are_called_differently() -> None:
    called: dict[str, str] = {}
    for link in tree_of("issue").xpath("//a"):
        name = link.get("aria-label") or link.text_content()
        assert called.setdefault(name, link.get("href")) == link.get("href")


@pytest.mark.parametrize("mail", MAILS)
def test_nothing_is_loaded_from_elsewhere(mail: str) -> None:
    page = tree_of(mail)
    assert not page.xpath("//img | //link | //script | //iframe | //form | //@src | //@background")
    assert not re.search(r"url\(|@import|@font-face", page_of(mail))


@pytest.mark.parametrize("mail", MAILS)
def test_no_chinese_face_sets_english_apostrophes(mail: str) -> None:
    """It would give them the width of a Chinese letter, on machines that have no face named before it."""
    fonts = re.findall(r"font(?:-family)?:([^;\"}]*serif[^;\"}]*)", page_of(mail))
    named = [re.split(r"\s*,\s*", font) for font in fonts if "SC" in font]
    assert named
    for faces in named:
        assert faces.index("serif") < min(place for place, face in enumerate(faces) if face.endswith("SC"))


def test_the_way_out_stands_near_the_top_and_at_the_end() -> None:
    ways = [found.start() for found in re.finditer(re.escape(ADA.unsubscribe_url), page_of("issue"))]
    assert ways[0] < page_of("issue").index("<h1")
    assert ways[-1] > page_of("issue").index("You get The Harbour Letter")


def colours_of(style: str) -> dict[str, str]:
    declared = dict(part.split(":", 1) for part in re.sub(r"\s|!important", "", style).split(";") if part)
    return {name: value for name, value in declared.items() if name in {"color", "background-color"}}


def dark_rules(kept: str) -> dict[str, dict[str, str]]:
    """Colours by class in the dark scheme."""
    found = DARK.search(kept)
    assert found is not None
    rules: dict[str, dict[str, str]] = {}
    for selectors, style in RULE.findall(found[1]):
        for selector in selectors.split(","):
            if ":" not in selector:
                rules.setdefault(selector.strip().removeprefix("."), {}).update(colours_of(style))
    return rules


def texts_in_colour(page: Any, overrides: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Each visible text with its colour and background, as the cascade of ancestors gives them."""

    def walk(node: Any, inherited: dict[str, str]) -> Iterator[tuple[str, str, str]]:
        if not isinstance(node.tag, str) or "display:none" in (node.get("style") or "").replace(" ", ""):
            return
        own = {
            **inherited,
            **colours_of(node.get("style") or ""),
            **overrides.get(node.get("class") or "", {}),
        }
        said = (node.text or "") + "".join(child.tail or "" for child in node)
        if said.strip():
            yield said.strip(), own["color"], own["background-color"]
        for child in node:
            yield from walk(child, own)

    yield from walk(page.find("body"), {})


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2.2, 1.4.3."""
    lights = sorted((luminance(first), luminance(second)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(mail: str, scheme: str) -> None:
    _, kept = style_of(mail_environment("classic"))
    found = list(texts_in_colour(tree_of(mail), dark_rules(kept) if scheme == "dark" else {}))
    assert len(found) > 5
    for text, ink, paper in found:
        assert contrast(ink, paper) >= 4.5, f"{text[:40]!r}: {ink} on {paper}"


@pytest.mark.parametrize("mail", MAILS)
def test_no_text_is_forgotten_in_the_dark_scheme(mail: str) -> None:
    _, kept = style_of(mail_environment("classic"))
    light = texts_in_colour(tree_of(mail), {})
    dark = texts_in_colour(tree_of(mail), dark_rules(kept))
    for (text, ink, paper), (_, dark_ink, dark_paper) in zip(light, dark, strict=True):
        assert ink != dark_ink, text
        assert paper != dark_paper, text


def test_outlooks_dark_scheme_is_the_same_as_everybodys() -> None:
    _, kept = style_of(mail_environment("classic"))
    outlook: dict[str, dict[str, str]] = {}
    for selectors, style in RULE.findall(
        "\n".join(line for line in kept.split("\n") if line.startswith("[data-"))
    ):
        for selector in selectors.strip().split(","):
            outlook.setdefault(selector.split(".")[-1], {}).update(colours_of(style))
    expected = {
        name: colours for name, colours in dark_rules(kept).items() if colours and name != "preheader"
    }
    assert outlook == expected


def test_rules_of_the_dark_scheme_survive_as_important() -> None:
    kept = DARK.search(page_of("issue"))
    assert kept is not None
    declarations = [part for _, style in RULE.findall(kept[1]) for part in style.split(";")]
    assert len(declarations) > 10
    assert all(part.endswith(" !important") for part in declarations)


def test_every_class_of_the_templates_has_a_rule_and_every_rule_a_class() -> None:
    folder = templates_folder() / "email"
    css = (folder / "_base" / "style.css").read_text()
    styled = set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,{:])", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)))
    used = {
        name
        for path in folder.rglob("*.html")
        for names in re.findall(r'class="([^"]+)"', path.read_text())
        for name in names.split()
    }
    assert styled == used


def test_every_rule_that_can_be_inlined_is() -> None:
    inline, _ = style_of(mail_environment("classic"))
    pages = "".join(map(page_of, MAILS))
    for name in re.findall(r"^\.([a-z-]+) \{", inline, re.MULTILINE):
        assert re.search(
            rf'<[a-z0-9]+[^>]* class="{name}"[^>]* style=|<[a-z0-9]+ class="{name}"[^>]*style=', pages
        ), name
