"""What people type to stand on a line is taken as they see it, or refused with the reason."""

from __future__ import annotations

import pytest

from digest.core.lines import parse_line, parse_slug, parse_text
from digest.core.weblinks import is_web_link
from digest.errors import InputError


def test_spaces_of_any_kind_are_one() -> None:
    assert parse_line("  Harbour\t\u00a0fees \n rise ", "the title") == "Harbour fees rise"
    # a joiner between letters cannot be seen, and means something
    assert parse_line("می\u200cخواهم", "the title") == "می\u200cخواهم"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \n", "the title is empty: write something"),
        ("a\x00b", r"the title 'a\\x00b' holds control characters: take them out"),
        ("a\x1bb", "the title .* holds control characters"),
        ("a\ud800", "the title .* holds control characters"),
        ("\u200b \u3164", "the title holds nothing that can be seen: write something"),
        ("x" * 201, "the title has 201 characters: use at most 200"),
    ],
)
def test_what_is_no_line_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(InputError, match=f"^{words}"):
        parse_line(text, "the title")


def test_a_line_may_be_as_long_as_is_said() -> None:
    assert parse_line("x" * 200, "the title") == "x" * 200
    assert parse_line("x" * 80, "the title", 80) == "x" * 80
    with pytest.raises(InputError, match="81 characters: use at most 80"):
        parse_line("x" * 81, "the title", 80)


def test_text_keeps_its_lines_and_nothing_around_them() -> None:
    assert parse_text("\n Dear  readers,\n \n\n we move. \n\n", "the intro") == "Dear readers,\n\n\nwe move."
    assert parse_text(" \n ", "the intro") == ""
    # as browsers copy blank lines
    assert (
        parse_text("Dear\u202e readers,\n\u200b\n\u2067we move.", "the intro") == "Dear readers,\n\nwe move."
    )
    assert parse_text("x" * 2000, "the intro") == "x" * 2000


@pytest.mark.parametrize(
    ("line", "words"),
    [("x" * 2001, "the intro has 2001 characters: use at most 2000"), ("a\x07", "the intro .* control")],
)
def test_each_line_of_a_text_is_looked_at(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_text(f"Dear readers,\n{line}", "the intro")


@pytest.mark.parametrize("slug", ["a", "daily", "2nd-look", "x" * 60])
def test_a_slug_is_short_and_plain(slug: str) -> None:
    assert parse_slug(slug) == slug


@pytest.mark.parametrize("text", ["", "Daily", "a b", "-a", "a-", "a--b", "ä", "a_b", "x" * 61, "a\n"])
def test_what_is_no_slug_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(InputError, match=r"^slug .* is not one: use at most 60 lower-case letters"):
        parse_slug(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://news.example/a?b=c#d", True),
        ("HTTP://news.example", True),
        ("http://[2001:db8::1]/", True),
        ("https://", False),
        ("https:///path", False),
        ("https://[news.example/", False),
        ("news.example", False),
        ("javascript:alert(1)", False),
        ("ftp://news.example/", False),
        ("https://news.example/a b", False),
        ('https://news.example/"', False),
        ("https://news.example/<b>", False),
        (" https://news.example/", False),
    ],
)
def test_a_link_is_a_whole_address_of_the_web(text: str, is_one: bool) -> None:
    assert is_web_link(text) is is_one
