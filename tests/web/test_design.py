"""The pages keep their promises: readable in both schemes, sound for screen readers, all of their own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import pytest

from digest.render.environment import templates_folder
from digest.store.database import Database
from digest.web.looks import style
from digest.web.pages import page
from tests.flows.newsroom import TUESDAY, change_newsletter, join
from tests.web.visiting import choices, headline, leaving, tree, visitor

FOLDER: Final = templates_folder() / "web" / "reader"
VOID: Final = {"meta", "br"}
PARTS: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


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


@pytest.mark.anyio
async def test_every_page_is_sound_and_all_of_its_own(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, postal_address="The Harbour Letter\n12 Quay Street")
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        answers = [await client.get(path) for path in (leaving(ana), choices(ana), "/nowhere")]
        answers += [await client.post(leaving(ana)), await client.post(f"{leaving(ana)}/undo")]
        answers += [await client.put(leaving(ana))]
    assert len({headline(answer) for answer in answers}) == 6
    for answer in answers:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
        # what a server sends before it hears back: ten packets (RFC 6928)
        assert len(answer.content) < 14_000
        balance = Balance()
        balance.feed(answer.text)
        assert (balance.open, balance.wrong) == ([], [])
        root = tree(answer)
        assert root.xpath("string(//title)").strip()
        assert len(root.xpath("//main//h1")) == 1
        assert not root.xpath("//h2 | //h3")
        assert not root.xpath("//script | //img | //link | //iframe | //object | //*[@style]")
        assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]
        assert not root.xpath("//@src")
        assert all(button.text_content().strip() for button in root.xpath("//button"))
        assert all(link.text_content().strip() for link in root.xpath("//a"))


def test_a_reader_of_another_language_gets_words_that_say_what_language_they_are_in() -> None:
    for asked, spoken in (("ar-EG", 'lang="ar" dir="rtl"'), ("zh-TW", 'lang="zh-Hans" dir="ltr"')):
        assert f"<html {spoken}>" in bytes(page("missing", language=asked).body).decode()
    # there are no words in it, so they are in English, and must be read aloud as such
    assert '<html lang="en" dir="ltr">' in bytes(page("missing", language="he").body).decode()


def test_every_class_of_the_templates_has_a_rule_and_every_rule_a_class() -> None:
    styled = set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,{:])", PARTS.sub("", style())))
    used = {
        name
        for path in FOLDER.glob("*.html")
        for names in re.findall(r'class="([^"]+)"', path.read_text())
        for name in names.split()
    }
    assert styled == used


def test_the_style_loads_nothing_and_cannot_end_its_element() -> None:
    assert not re.search(r"url\(|@import|@font-face|</", style())
    assert "\r" not in style()


# --- colours ------------------------------------------------------------------------------------------------


#: The colours that pages and mails have in common.
SHARED = ("paper", "sheet", "ink", "soft", "accent", "line")
NAMED = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")


def scheme(which: str) -> dict[str, str]:
    """The colours of a scheme by name."""
    light, dark = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    found = dict(NAMED.findall(light))
    changed = dict(NAMED.findall(dark))
    assert found.keys() == changed.keys()
    return found if which == "light" else changed


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2.2, 1.4.3."""
    lights = sorted((luminance(first), luminance(second)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("which", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "papers"),
    [
        ("ink", ["sheet", "paper"]),
        ("soft", ["sheet", "paper"]),
        ("accent", ["sheet", "paper"]),
        ("on-accent", ["accent"]),
    ],
)
def test_every_text_can_be_read_in_both_schemes(which: str, ink: str, papers: list[str]) -> None:
    colours = scheme(which)
    for paper in papers:
        assert contrast(colours[ink], colours[paper]) >= 4.5


def test_colours_have_names_so_that_no_scheme_forgets_one() -> None:
    rules = PARTS.sub("", style()).split("\n.page", 1)[1]
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rules)


def test_pages_and_mails_have_the_same_colours() -> None:
    mails = (templates_folder() / "email" / "_base" / "style.css").read_text()
    tables = [dict(NAMED.findall(table)) for table in re.findall(r":root \{(.*?)\}", mails, re.DOTALL)]
    for which, table in zip(("light", "dark"), tables, strict=True):
        ours = scheme(which)
        assert {name: ours[name] for name in SHARED} == {name: table[name] for name in SHARED}
