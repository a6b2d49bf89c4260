"""Pictures of items: shown by rule alone, the first thing that goes, and all that a mail may load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from digest.core.budget import LIMIT, Form
from digest.core.corrections import Correction, CorrectionKind
from digest.core.model import Briefing, Copy, Newsletter, Pictures
from digest.render.environment import mail_environment
from digest.render.page import in_form
from digest.render.printer import print_sheet, rendition
from digest.render.rendition import Rendition
from subscribers.model import Format, Profile
from tests.render.pages import document
from tests.render.samples import ADA, BOUNDARY, EIGHT, NEWSLETTER, TOPICS, briefing, copy_of, issue
from tests.render.test_fitting import copy_with, counted, news, sheet_of, sizes_of
from tests.tiers import wide_rows

LINKED = replace(NEWSLETTER, pictures=Pictures.LINKED)
CRANE = "https://pictures.example/crane.jpg?a=1&b=%22"
TIN = "https://pictures.example/tin.png"
COPY = copy_of(issue(), ("economy", (2,)), ("energy", (1,)), ("society", (3,)))
PICTURED = EIGHT | {
    1: replace(EIGHT[1], picture=CRANE, picture_alt="A “crane” & <more>"),
    2: replace(EIGHT[2], picture=TIN),
}
#: All that mail programs load: addresses behind these, in comments for one of them too.
REMOTE = re.compile(r"""(?:src|srcset|background|poster|data)\s*=\s*["']([^"']*)|url\(([^)]*)|(@import)""")


def made(newsletter: Newsletter, told: Mapping[int, Briefing], copy: Copy = COPY) -> Rendition:
    sheet = print_sheet(copy.issue, newsletter, told, TOPICS, newsletter.theme, copy.profile.language)
    return rendition(copy, sheet, BOUNDARY)


def loaded(printed: Rendition) -> set[str]:
    """All that a mail program would load for a mail."""
    page = printed.html_text(ADA) or ""
    return {"".join(found).replace("&amp;", "&") for found in REMOTE.findall(page)}


@pytest.mark.parametrize("theme", ["classic", "quiet"])
def test_without_the_rule_a_mail_is_what_it_always_was(theme: str) -> None:
    before = made(replace(NEWSLETTER, theme=theme), EIGHT).body(ADA)
    assert made(replace(NEWSLETTER, theme=theme), PICTURED).body(ADA) == before
    assert made(replace(LINKED, theme=theme), EIGHT).body(ADA) == before


@pytest.mark.parametrize("theme", ["classic", "quiet"])
def test_a_mail_loads_the_pictures_of_its_items_and_nothing_else(theme: str) -> None:
    assert loaded(made(replace(NEWSLETTER, theme=theme), PICTURED)) == set()
    assert loaded(made(replace(LINKED, theme=theme), PICTURED)) == {CRANE, TIN}
    logo = replace(LINKED, theme=theme, logo_url="https://news.example/logo.png")
    assert loaded(made(logo, PICTURED)) == {CRANE, TIN, "https://news.example/logo.png"}


@pytest.mark.parametrize(
    "address", ["http://pictures.example/a.jpg", "data:image/png;base64,AA", "javascript:alert(1)", "a.jpg"]
)
def test_what_is_no_address_of_https_is_never_printed(address: str) -> None:
    told = PICTURED | {1: replace(EIGHT[1], picture=address, picture_alt="A crane")}
    assert loaded(made(LINKED, told)) == {TIN}


def test_a_picture_stands_below_its_title_with_its_words_or_with_none() -> None:
    page = document(made(LINKED, PICTURED).html_text(ADA) or "")
    shown = {image.get("src"): image.get("alt") for image in page.iter("img")}
    assert shown == {CRANE: "A “crane” & <more>", TIN: ""}
    (cell,) = page.xpath("//td[.//img[@src=$crane]][not(.//td)]", crane=CRANE)
    order = [
        node.tag for node in cell.iter("h3", "img", "p") if node.get("class") in {None, "picture", "text"}
    ]
    assert order.index("img") < order.index("p")
    assert cell.xpath("string(.//h3)") == EIGHT[1].title


def test_a_picture_is_no_wider_than_its_column_in_outlook_either() -> None:
    page = made(LINKED, PICTURED).html_text(ADA) or ""
    assert len(re.findall(r'<!--\[if mso\]><img [^>]*width="560"', page)) == 2
    (style, *_) = (image.get("style") for image in document(page).iter("img"))
    assert "max-width: 100%" in style or "max-width:100%" in style


def test_plain_text_says_nothing_of_pictures() -> None:
    for format_ in Format:
        copy = replace(COPY, profile=Profile(format=format_))
        assert made(LINKED, PICTURED, copy).plain_text(ADA) == made(NEWSLETTER, EIGHT, copy).plain_text(ADA)


def test_what_was_withdrawn_shows_no_picture() -> None:
    withdrawn = Correction(
        number=1,
        kind=CorrectionKind.WITHDRAWN,
        corrects=1,
        note="",
        at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        former_title="What it was",
    )
    assert loaded(made(LINKED, {**PICTURED, 1: replace(PICTURED[1], correction=withdrawn)})) == {TIN}


def test_every_smaller_form_is_without_its_picture() -> None:
    whole = print_sheet(issue(), LINKED, PICTURED, TOPICS, "classic", "en").items[1]
    forms = [in_form(whole, form) for form in Form]
    assert [form.picture for form in forms] == [""] * 6 + [CRANE]
    plain = in_form(whole, Form.PLAIN)
    assert (plain.paragraphs, plain.form, plain.shortened) == (whole.paragraphs, "full", False)
    brief = print_sheet(issue(), LINKED, {1: briefing(1, picture=CRANE)}, TOPICS, "classic", "en").items[1]
    assert in_form(brief, Form.SHORT) == in_form(brief, Form.PLAIN)
    assert not in_form(brief, Form.SHORT).shortened


@pytest.mark.parametrize(("count", "shown"), [(8, 8), (20, 2), (26, 3), (60, 0), *wide_rows((150, 0))])
def test_pictures_go_before_any_word_and_the_limit_is_kept(count: int, shown: int) -> None:
    bare = news(count)
    pictured = {
        number: replace(
            one, picture=f"https://pictures.example/{number}.jpg?{'x' * 300}", picture_alt="A boat"
        )
        for number, one in bare.items()
    }
    copy = copy_with(count)
    with_pictures = rendition(copy, sheet_of(copy, pictured, pictures=Pictures.LINKED), BOUNDARY)
    without = rendition(copy, sheet_of(copy, bare), BOUNDARY)
    assert sizes_of(with_pictures).within(LIMIT)
    assert with_pictures.too_large is None
    assert len(loaded(with_pictures)) == shown
    if shown:
        assert with_pictures.plain_text(ADA) == without.plain_text(ADA)
    else:
        # what the looks of pictures take may cost one item its step
        fuller, barer = counted(without), counted(with_pictures)
        assert all(abs(fuller[form] - barer[form]) <= 1 for form in fuller)


def test_a_theme_of_ones_own_need_not_know_of_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "harbour" / "_base"
    folder.mkdir(parents=True)
    (folder / "style.css").write_text(".item { color: var(--ink); } :root { --ink: #000000; }")
    sheet = print_sheet(
        *(COPY.issue, LINKED, PICTURED, TOPICS, "harbour", "en"),
        own_themes=tmp_path,
    )
    page = rendition(COPY, sheet, BOUNDARY).html_text(ADA) or ""
    assert all("max-width" in image.get("style") for image in document(page).iter("img"))
    assert mail_environment("harbour", own_themes=tmp_path).get_template("issue/_picture.html")
