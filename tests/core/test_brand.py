"""What people type about a brand: which spellings are understood, and what the refusal says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.core.brand import (
    MOST_ADDRESS,
    parse_archive,
    parse_colour,
    parse_item_text,
    parse_links,
    parse_logo,
    parse_logo_alt,
    parse_pictures,
)
from digest.core.model import Archive, BrandLink, ItemText, Pictures
from digest.errors import InputError

LONG = "x" * 1000


def accent(text: str) -> str | None:
    return parse_colour(text, "accent")


def link(text: str) -> tuple[BrandLink, ...]:
    return parse_links([text])


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_item_text, " Excerpt", ItemText.EXCERPT),
        (parse_item_text, "full", ItemText.FULL),
        (accent, "#1A5276", "#1a5276"),
        (accent, " #FeC ", "#ffeecc"),
        (accent, "", None),
        (accent, "  ", None),
        (parse_logo, " https://news.example/logo.png?v=2 ", "https://news.example/logo.png?v=2"),
        (parse_logo, "HTTP://News.example", "HTTP://News.example"),
        (parse_logo, "https://例子.example/标", "https://例子.example/标"),
        (parse_logo, "", None),
        (parse_logo_alt, " A \t lighthouse\n", "A lighthouse"),
        (parse_logo_alt, " ", ""),
        (
            link,
            " The  Zeal = https://zeal.example/?a=b ",
            (BrandLink("The Zeal", "https://zeal.example/?a=b"),),
        ),
        (link, f"{'x' * 60}=https://a.example", (BrandLink("x" * 60, "https://a.example"),)),
        (link, "", ()),
    ],
)
def test_what_is_typed_is_understood(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "words"),
    [
        (parse_item_text, "", "texts '' are not known: say full or excerpt"),
        (accent, "1a5276", "accent '1a5276' is not a colour: say it as #rgb or #rrggbb"),
        (accent, "#12345", "not a colour"),
        (accent, "#1a5276ff", "not a colour"),
        (accent, "#１２３", "not a colour"),
        (accent, "#fff;color:red", "not a colour"),
        (accent, "rgb(0 0 0)", "not a colour"),
        (parse_logo, "logo.png", "logo 'logo.png' is not an absolute http or https address"),
        (parse_logo, "//news.example/logo.png", "is not an absolute"),
        (parse_logo, "javascript:alert(1)", "is not an absolute"),
        (parse_logo, "https://", "is not an absolute"),
        (parse_logo, "https://[broken", "is not an absolute"),
        (parse_logo, "https://news.example/a b", "is not an absolute"),
        (parse_logo, 'https://news.example/"onload=x', "is not an absolute"),
        (parse_logo, "https://news.example/\x01", "is not an absolute"),
        (parse_logo, "https://news.example/\u202eexe.gnp", "is not an absolute"),
        (
            parse_logo,
            f"https://news.example/{LONG}",
            "the address of logo has 1021 characters: use at most 1000",
        ),
        (parse_logo_alt, "a\x07", "logo-alt .* holds control characters"),
        (link, "Zeal", "link 'Zeal' has no address: say it as Name=https://HOST/PATH"),
        (link, "=https://zeal.example", "has no name"),
        (link, "https://zeal.example/?a=https://b.example", "has no name"),
        (link, "Zeal=", "link '' is not an absolute"),
        (link, "Zeal=mailto:desk@zeal.example", "is not an absolute"),
        (link, "Ze\x1bal=https://zeal.example", "link name .* holds control characters"),
        (link, f"{'x' * 61}=https://a.example", "link name has 61 characters: use at most 60"),
    ],
)
def test_what_cannot_be_taken_is_named_on_one_line(
    parse: Callable[[str], object], text: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as refused:
        parse(text)
    assert str(refused.value).isprintable()


def test_links_keep_their_order() -> None:
    names = [link.name for link in parse_links([f"{name}=https://a.example" for name in "zmakbycxdwev"])]
    assert names == list("zmakbycxdwev")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([f"{n}=https://a.example" for n in range(13)], "13 links are too many: use at most 12"),
        (["Straße=https://a.example", "STRASSE=https://b.example"], "link name 'STRASSE' is given twice"),
        (["", "Zeal=https://a.example"], "link '' has no name"),
        (["", ""], "link '' has no name"),
    ],
)
def test_links_that_do_not_go_together_are_refused(texts: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_links(texts)


@given(st.from_regex(r"#?[0-9a-fA-F]{0,8}", fullmatch=True) | st.text(max_size=8))
@example("#abc\n")
def test_a_colour_that_is_taken_can_stand_in_a_style_sheet(text: str) -> None:
    try:
        colour = accent(text)
    except InputError:
        return
    assert (colour is None and not text.strip()) or re.fullmatch("#[0-9a-f]{6}", colour or "")
    assert colour is None or accent(colour) == colour


def test_archive_and_pictures_are_one_of_few_words() -> None:
    assert [parse_archive(text) for text in ("none", " Titles ", "FULL")] == list(Archive)
    assert [parse_pictures(text) for text in ("none", " Linked ", "EMBEDDED")] == list(Pictures)
    with pytest.raises(InputError, match=r"^archive 'some' is not known: say none, titles or full$"):
        parse_archive("some")
    with pytest.raises(InputError, match=r"^pictures 'some' are not known: say none, linked or embedded$"):
        parse_pictures("some")


def test_an_address_may_be_as_long_as_is_said() -> None:
    longest = "https://news.example/".ljust(MOST_ADDRESS, "a")
    assert parse_logo(longest) == longest
    with pytest.raises(InputError, match=f"has {MOST_ADDRESS + 1} characters: use at most {MOST_ADDRESS}"):
        parse_logo(longest + "a")
