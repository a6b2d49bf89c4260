"""Plain text in lines that fit a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.characters import column_width
from digest.render.wrapping import COLUMNS, underlined, wrapped

WORDS = st.lists(
    st.sampled_from(["a", "seven", "“quoted”", "汉字", "（全角）", "他说：“好。”", "x" * 30, "-"]),
    max_size=60,
)


@given(WORDS)
def test_no_line_is_too_wide_and_nothing_is_lost(words: list[str]) -> None:
    text = " ".join(words)
    lines = wrapped(text).split("\n")
    assert all(column_width(line) <= COLUMNS for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


@given(WORDS)
def test_wrapping_wrapped_text_changes_nothing(words: list[str]) -> None:
    line = wrapped(" ".join(words)).split("\n")[0]
    assert wrapped(line) == line


def test_chinese_breaks_between_letters_but_not_before_a_full_stop() -> None:
    assert wrapped("一二三四五六七八九。十", columns=18) == "一二三四五六七八\n九。十"


def test_no_japanese_line_begins_with_a_small_kana_or_a_sign_that_lengthens() -> None:
    for width in range(4, 30):
        lines = wrapped(
            "お手元にメールがすぐに届かないときは、ちょっとお待ちください。", columns=width
        ).splitlines()
        assert not [line for line in lines if line[0] in "ーゃゅょっ、。"], lines


def test_an_opening_quote_stays_with_what_it_opens() -> None:
    assert wrapped("Mending (“以修代换”)", columns=11) == "Mending\n(“以修代\n换”)"


def test_a_link_is_never_broken() -> None:
    link = "https://news.example/" + "x" * 90
    assert wrapped(f"See {link} there") == f"See\n{link}\nthere"


def test_further_lines_hang_below_the_first() -> None:
    assert wrapped("one two three", "  - ", columns=11) == "  - one two\n    three"


@pytest.mark.parametrize("text", ["", "  - "])
def test_nothing_stays_nothing(text: str) -> None:
    assert wrapped("", text) == text


def test_a_heading_is_underlined_as_wide_as_it_is() -> None:
    assert underlined("汉字 ab", "=") == "汉字 ab\n======="


def test_a_line_of_a_text_from_right_to_left_begins_on_the_right() -> None:
    # "we follow Energy and Society", broken before the second Latin word
    text = "نتابع Energy وSociety و Media"
    assert wrapped(text, columns=16) == "نتابع Energy\nوSociety و Media"
    assert wrapped(text, columns=14) == "نتابع Energy\nوSociety و\n\u200fMedia"
    # a name first, isolated, does not make the text Latin; but it may look so to a program
    assert wrapped("\u2068Energy\u2069 · نوفمبر") == "\u200f\u2068Energy\u2069 · نوفمبر"


def test_a_line_of_a_text_from_left_to_right_carries_no_mark() -> None:
    assert wrapped("the paper نوفمبر of May", columns=10) == "the paper\nنوفمبر of\nMay"


def test_the_line_below_a_heading_stands_on_its_side() -> None:
    assert underlined("نوفمبر", "-") == "نوفمبر\n\u200f------"
