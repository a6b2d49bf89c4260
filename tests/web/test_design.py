"""The pages keep their promises: readable in both schemes, sound for screen readers, all of their own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import pytest

from digest.flows import moving
from digest.render.environment import templates_folder
from digest.store.database import Database
from digest.web.looks import style
from digest.web.pages import page
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, add_newsletter, change_newsletter, join
from tests.web.visiting import TOKENS, choices, headline, leaving, tree, visitor

FOLDER: Final = templates_folder() / "web" / "reader"
VOID: Final = {"meta", "br", "input"}
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


#: The most that a page weighs, as it is sent: half of it are the names of all time zones.
HEAVIEST: Final = 45_000


@pytest.mark.anyio
async def test_every_page_is_sound_and_all_of_its_own(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, postal_address="The Harbour Letter\n12 Quay Street")
    await add_newsletter(sqlite_store, "weekly", title="The Weekend Reader")
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    await join(sqlite_store, "ana@example.org", TUESDAY, newsletter="weekly")
    await moving.ask_to_move(
        ana.id, "new@example.org", seen_from="192.0.2.7", store=sqlite_store, now=TUESDAY
    )
    yes, no = [f"/address/{TOKENS.make(Purpose.ADDRESS, number)}" for number in (1, 2)]
    async with visitor(sqlite_store, TUESDAY) as client:
        answers = [await client.get(path) for path in (leaving(ana), choices(ana), "/nowhere", yes, no)]
        answers += [await client.post(leaving(ana)), await client.get(choices(ana))]
        answers += [await client.post(f"{leaving(ana)}/undo"), await client.put(leaving(ana))]
        await client.post(f"{choices(ana)}/pause")
        answers += [await client.get(choices(ana)), await client.post(choices(ana), data={"at": "noon"})]
        answers += [await client.get(f"{choices(ana)}/erase"), await client.post(yes)]
        answers += [await client.post(f"{choices(ana)}/erase"), await client.get(yes)]
    assert len({headline(answer) for answer in answers}) == 12
    for answer in answers:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
        assert len(answer.content) < HEAVIEST
        balance = Balance()
        balance.feed(answer.text)
        assert (balance.open, balance.wrong) == ([], [])
        root = tree(answer)
        assert root.xpath("string(//title)").strip()
        assert len(root.xpath("//main//h1")) == 1
        assert not root.xpath("//h3 | //img | //link | //iframe | //object | //*[@style]")
        assert {src.split("/")[-2] for src in root.xpath("//@src")} <= {"static"}
        assert not root.xpath("//script/text()")
        assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]
        ids = root.xpath("//@id")
        assert len(ids) == len(set(ids))
        named = " ".join(root.xpath("//@aria-describedby | //@aria-labelledby | //label/@for")).split()
        assert set(named) <= set(ids)
        assert all(button.text_content().strip() for button in root.xpath("//button"))
        assert all(link.text_content().strip() for link in root.xpath("//a"))
        # whatever is entered has a label of its own or stands in one
        for field in root.xpath("//input[not(@type='hidden')] | //select | //textarea"):
            assert root.xpath(f"//label[@for='{field.get('id')}']") or list(field.iterancestors("label"))


def test_a_reader_of_another_language_gets_words_that_say_what_language_they_are_in() -> None:
    for asked, spoken in (("ar-EG", 'lang="ar" dir="rtl"'), ("zh-TW", 'lang="zh-Hans" dir="ltr"')):
        assert f"<html {spoken}>" in bytes(page("missing", language=asked, home="./").body).decode()
    # there are no words in it, so they are in English, and must be read aloud as such
    assert '<html lang="en" dir="ltr">' in bytes(page("missing", language="he", home="./").body).decode()


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
