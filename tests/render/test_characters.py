"""What people wrote is made fit to print, and nothing more is done to it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.characters import (
    column_width,
    host_of,
    marked_han,
    may_be_east_asian,
    one_line,
    paragraphs,
    shortened,
    web_link,
)
from tests.render.pages import document


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("two\nlines", "two lines"),
        ("two\r\nlines", "two lines"),
        ("a\u2028b\x85c\x0bd", "a b c d"),
        ("nul\x00byte", "nul\ufffdbyte"),
        ("half\ud83d", "half\ufffd"),
        ("none\uffff\ufdd0\U0001fffe\U0010ffff", "none\ufffd\ufffd\ufffd\ufffd"),
        ("kept\xa0apart\u3000wide", "kept\xa0apart\u3000wide"),
        ("  “verbatim”  ‘quotes’ ", "“verbatim”  ‘quotes’"),
    ],
)
def test_a_text_becomes_one_printable_line(text: str, printed: str) -> None:
    assert one_line(text) == printed


@given(st.text())
def test_any_text_survives_utf_8_and_an_html_parser(text: str) -> None:
    line = one_line(text)
    assert line.encode().decode() == line
    assert len(line.splitlines()) <= 1
    assert document(f"<p>{marked_han(line, 'en')}</p>").text_content() == line


def test_paragraphs_are_divided_by_blank_lines() -> None:
    assert paragraphs("one\r\nstill one\r\n\r\n \n two\n") == ("one still one", "two")


@pytest.mark.parametrize("url", ["https://a.example/x?y=1&z=2#f", "http://a.example", "HTTPS://A.example/"])
def test_web_links_are_links(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.example/x",
        "/x",
        "https://",
        "https://[broken",
        'https://a.example/"onclick=x',
        "https://a.example/ b",
        "ftp://a.example",
    ],
)
def test_anything_else_is_no_link(url: str | None) -> None:
    assert web_link(url) == ""


def test_a_host_is_shown_as_people_know_it() -> None:
    assert host_of("https://www.courier.example:8080/x") == "courier.example"


def test_han_runs_carry_their_language_in_a_foreign_text_only() -> None:
    text = "He said “以修代换、技能培训” & left"
    assert marked_han(text, "en") == ('He said “<span lang="zh-Hans">以修代换、技能培训</span>” &amp; left')
    assert marked_han(text, "zh-Hans") == "He said “以修代换、技能培训” &amp; left"


def test_han_with_kana_is_japanese() -> None:
    text = "港の灯台・ランプ and 人民日报, ｶﾅ"
    assert marked_han(text, "en") == (
        '<span lang="ja">港の灯台・ランプ</span> and <span lang="zh-Hans">人民日报</span>, '
        '<span lang="ja">ｶﾅ</span>'
    )
    assert marked_han(text, "ja") == text


def test_no_wide_letter_of_east_asia_is_overlooked() -> None:
    scripts = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "YI ", "FULLWIDTH", "KANGXI")
    letters = [chr(point) for point in range(0x110000)]
    wide = [
        letter
        for letter in letters
        if unicodedata.east_asian_width(letter) in "WF" and unicodedata.name(letter, "").startswith(scripts)
    ]
    assert len(wide) > 80_000
    assert [letter for letter in wide if not may_be_east_asian(f"“{letter}”")] == []


@pytest.mark.parametrize("text", ["", "plain", "“Ærø” – über naïve €", "Привет, мир…", "שלום", "नमस्ते", "ไทย"])
def test_other_scripts_are_not_taken_for_east_asian(text: str) -> None:
    assert not may_be_east_asian(text)


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("汉字", 4), ("“é”", 3), ("e\u0301", 1), ("a\u200bb", 2), ("ｗ", 2)]
)
def test_columns_are_counted_as_a_terminal_does(text: str, columns: int) -> None:
    assert column_width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("short enough", 12, "short enough"),
        ("cut after a word", 12, "cut after a…"),
        ("cut after, a word", 11, "cut after…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("外滩的灯光今年早半小时熄灭", 11, "外滩的灯光…"),
        # what a cut leaves open would turn round the words behind it
        ("of \u2067נמל חיפה\u2069 here", 8, "of \u2067נמל…\u2069"),
    ],
)
def test_long_titles_are_cut_at_a_sensible_place(text: str, columns: int, short: str) -> None:
    assert shortened(text, columns) == short


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))), st.integers(2, 40))
def test_what_was_shortened_fits(text: str, columns: int) -> None:
    assert column_width(shortened(text, columns)) <= columns
