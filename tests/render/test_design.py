"""The design keeps its promises: readable in both schemes, sound for screen readers, all of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from digest.core.model import BrandLink, Newsletter
from digest.render.confirmation import Invitation, confirmation
from digest.render.environment import CLASSIC, mail_environment, style_of, templates_folder
from digest.render.printer import print_sheet, rendition
from subscribers.model import Profile
from tests.mail_lint.cascade import Scheme, applied
from tests.mail_lint.checks.contrast import contrast
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
THEMES = [CLASSIC, "quiet"]
LOGO = "https://harbour.example/logo.png"
#: A brand as bad as brands get.
BRANDED = replace(
    NEWSLETTER,
    accent="#ffff00",
    ground="#000000",
    logo_url=LOGO,
    links=(BrandLink("Mastodon", "https://social.example/@harbour"), BrandLink("码头", "https://a.example/")),
)


@cache
def page_of(mail: str, theme: str = CLASSIC, newsletter: Newsletter = NEWSLETTER) -> str:
    """A mail that shows everything the templates can show."""
    if mail == "confirm":
        look = replace(newsletter, theme=theme)
        made = confirmation(look, TOPICS.values(), Profile(), DAILY, BOUNDARY)
        return made.html_text(Invitation("Ada", "https://news.example/confirm/abc")) or ""
    if mail == "long issue":
        return long_issue(theme, newsletter)
    copy = copy_of(
        issue(intro="Dear all,\n\na word first."),
        *EIGHT_GROUPS[:3],
        deferred=(3, 6, 8),
        covers_from=date(2026, 11, 21),
    )
    sheet = print_sheet(copy.issue, newsletter, EIGHT, TOPICS, theme, "en")
    return rendition(copy, sheet, BOUNDARY, VIEW_URL).html_text(ADA) or ""


def long_issue(theme: str, newsletter: Newsletter) -> str:
    """A mail that has room for one item in full, for the headlines of some, and for the others in lines."""
    titles = {number: f"{number}: " + "words of a title " * 30 for number in range(1, 61)}
    told = {
        number: briefing(number, title=title, url=f"https://a.example/{number}" if number % 2 else None)
        for number, title in titles.items()
    }
    copy = copy_of(issue(), ("economy", tuple(range(1, 60))), deferred=(60,))
    sheet = print_sheet(copy.issue, newsletter, told, TOPICS, theme, "en")
    page = rendition(copy, sheet, BOUNDARY).html_text(ADA) or ""
    assert page.count('class="item"') == 1
    assert page.count('class="brief"') > 0
    assert page.count("<li>") > 1
    return page


def tree_of(mail: str, theme: str = CLASSIC, newsletter: Newsletter = NEWSLETTER) -> Any:
    return document(page_of(mail, theme, newsletter))


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
def test_the_logo_is_all_that_a_brand_loads(mail: str) -> None:
    (image,) = tree_of(mail, newsletter=BRANDED).xpath("//img")
    assert (image.get("src"), image.get("alt")) == (LOGO, "The Harbour Letter")
    assert image.getparent().tag == "h1"
    said = tree_of(mail, newsletter=replace(BRANDED, logo_alt="A lighthouse")).xpath("//h1/img/@alt")
    assert said == ["A lighthouse"]


@pytest.mark.parametrize("mail", MAILS)
def test_links_of_the_brand_stand_in_the_footer(mail: str) -> None:
    links = tree_of(mail, newsletter=BRANDED).xpath("//div[@class='footer']//a")
    assert [link.get("href") for link in links[-2:]] == [link.url for link in BRANDED.links]
    assert "".join(links[-1].xpath(".//@lang")) == "zh-Hans"


def test_the_colours_of_a_brand_are_those_of_the_mail() -> None:
    style = "".join(tree_of("issue", newsletter=BRANDED).xpath("//td[@class='band' or @class='desk']/@style"))
    assert "background-color:#ff0" in style
    assert "background-color:#000" in style


@pytest.mark.parametrize("theme", THEMES)
def test_the_story_that_editors_put_first_is_set_apart(theme: str) -> None:
    page = tree_of("issue", theme)
    (lead,) = page.xpath("//td[@class='lead']")
    assert lead.xpath("string(.//h3[@class='lead-headline'])") == EIGHT[1].title
    assert lead.xpath("string(.//p[@class='kicker'])") == "Lead story"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mail", MAILS)
def test_the_kept_block_is_short_enough_for_gmail(mail: str, theme: str) -> None:
    """It ignores all style elements beyond 8192 characters, and those with an at-rule within an at-rule."""
    (kept,) = re.findall(r"<style>(.*?)</style>", page_of(mail, theme, BRANDED), re.DOTALL)
    assert len(kept) < 8192
    assert not re.search(r"@[^{}]*\{[^{}]*(\{[^{}]*\}[^{}]*)*@", kept)


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


def texts_in_colour(page: Any, scheme: Scheme) -> Iterator[tuple[str, str, str]]:
    """Each visible text with its colour and background, as the cascade of ancestors gives them."""
    styles = applied(page, scheme)

    def walk(node: Any, ink: str, paper: str) -> Iterator[tuple[str, str, str]]:
        own = {name: value.replace("!important", "").strip() for name, value in styles.get(node, {}).items()}
        if not isinstance(node.tag, str) or own.get("display") == "none":
            return
        ink, paper = own.get("color", ink), own.get("background-color", paper)
        said = (node.text or "") + "".join(child.tail or "" for child in node) + (node.get("alt") or "")
        if said.strip():
            yield said.strip(), ink, paper
        for child in node:
            yield from walk(child, ink, paper)

    yield from walk(page.find("body"), "", "")


@pytest.mark.parametrize("newsletter", [NEWSLETTER, BRANDED], ids=["plain", "branded"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("mail", MAILS)
def test_every_text_can_be_read_in_every_scheme(
    mail: str, scheme: Scheme, theme: str, newsletter: Newsletter
) -> None:
    found = list(texts_in_colour(tree_of(mail, theme, newsletter), scheme))
    assert len(found) > 5
    for text, ink, paper in found:
        assert contrast(ink, paper) >= 4.5, f"{text[:40]!r}: {ink} on {paper}"


@pytest.mark.parametrize("scheme", [Scheme.DARK, Scheme.OUTLOOK_DARK])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mail", MAILS)
def test_no_text_is_forgotten_in_the_dark_scheme(mail: str, theme: str, scheme: Scheme) -> None:
    light = texts_in_colour(tree_of(mail, theme), Scheme.LIGHT)
    dark = texts_in_colour(tree_of(mail, theme), scheme)
    for (text, ink, paper), (_, dark_ink, dark_paper) in zip(light, dark, strict=True):
        assert ink != dark_ink, text
        assert paper != dark_paper, text


def test_rules_of_the_dark_scheme_survive_as_important() -> None:
    kept = DARK.search(page_of("issue"))
    assert kept is not None
    declarations = [part for _, style in RULE.findall(kept[1]) for part in style.split(";")]
    assert len(declarations) > 10
    assert all(part.endswith(" !important") for part in declarations)


@pytest.mark.parametrize("theme", THEMES)
def test_every_class_of_the_templates_has_a_rule_and_every_rule_a_class(theme: str) -> None:
    folder = templates_folder() / "email"
    css, _, _ = mail_environment(theme).loader.get_source(mail_environment(theme), "_base/style.css")  # type: ignore[union-attr]
    styled = set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,{:])", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)))
    used = {
        name
        for path in folder.rglob("*.html")
        for names in re.findall(r'class="((?:\{\{.*?\}\}|[^"{])+)"', path.read_text())
        for name in re.findall(r"[a-z-]+", re.sub(r"\{\{ | if .*? else | \}\}", " ", names))
    }
    assert styled == used


@pytest.mark.parametrize("theme", THEMES)
def test_every_rule_that_can_be_inlined_is(theme: str) -> None:
    inline, _ = style_of(mail_environment(theme))
    pages = "".join(page_of(mail, theme, BRANDED) for mail in MAILS)
    for name in re.findall(r"^\.([a-z-]+) \{", inline, re.MULTILINE):
        assert re.search(
            rf'<[a-z0-9]+[^>]* class="{name}"[^>]* style=|<[a-z0-9]+ class="{name}"[^>]*style=', pages
        ), name
