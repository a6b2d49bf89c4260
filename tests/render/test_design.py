"""What the looks of a mail promise to editors; what they promise to readers is asked in `tests/mail_lint`."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from digest.core.model import BrandLink, Newsletter
from digest.render.confirmation import Invitation, confirmation
from digest.render.environment import CLASSIC
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
    copy_of,
    issue,
)

MAILS = ["issue", "confirm"]
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
    copy = copy_of(
        issue(intro="Dear all,\n\na word first."),
        *EIGHT_GROUPS[:3],
        deferred=(3, 6, 8),
        covers_from=date(2026, 11, 21),
    )
    sheet = print_sheet(copy.issue, newsletter, EIGHT, TOPICS, theme, "en")
    return rendition(copy, sheet, BOUNDARY, VIEW_URL).html_text(ADA) or ""


def tree_of(mail: str, theme: str = CLASSIC, newsletter: Newsletter = NEWSLETTER) -> Any:
    return document(page_of(mail, theme, newsletter))


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


@pytest.mark.parametrize("mail", MAILS)
def test_no_chinese_face_sets_english_apostrophes(mail: str) -> None:
    """It would give them the width of a Chinese letter, on machines that have no face named before it."""
    fonts = re.findall(r"font(?:-family)?:([^;\"}]*serif[^;\"}]*)", page_of(mail))
    named = [re.split(r"\s*,\s*", font) for font in fonts if "SC" in font]
    assert named
    for faces in named:
        assert faces.index("serif") < min(place for place, face in enumerate(faces) if face.endswith("SC"))
