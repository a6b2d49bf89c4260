"""A mail speaks the language of its reader in all its parts, and says which way each of them runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from digest.render.environment import templates_folder
from digest.render.inlining import split_style
from tests.languages.english import SPOKEN, english_in
from tests.languages.news import ASKED, CADENCES, ELENI, PROFILES, mail, question
from tests.render.pages import document

LINK: Final = re.compile(r"https://\S+|λιμάνι\.example|xn--\S+")
#: By the language of an element: what its letters are.
SCRIPTS: Final = {
    "en": "LATIN", "zh": "CJK", "ar": "ARABIC", "el": "GREEK", "he": "HEBREW", "": "GREEK",
}  # fmt: skip
#: What an inbox shows after the subject is a row of titles in whatever languages, and nobody reads it here.
STRETCHES: Final = "//body//*[not(self::style) and not(@class='preheader')]"
ISOLATES: Final = re.compile("\u2068[^\u2068\u2069]*\u2069")

every_language = pytest.mark.parametrize("language", SPOKEN)


@cache
def page_of(language: str, *, foreign: bool = False) -> str:
    made = mail(language, foreign=foreign).html_text(ELENI)
    assert made is not None
    return made


@cache
def text_of(language: str, *, foreign: bool = False) -> str:
    return mail(language, foreign=foreign).plain_text(ELENI)


def said_by(page: str | None) -> Iterator[str]:
    """All that a page says to eyes and ears, links left out."""
    tree = document(page)
    for found in (
        *tree.xpath("//text()[not(parent::style)]"),
        *tree.xpath("//@aria-label | //@title | //@alt"),
    ):
        yield LINK.sub("", str(found))


def inherited(node: Any, name: str) -> str:
    """The value that an attribute has here or in the nearest element around."""
    found = node.xpath(f"ancestor-or-self::*[@{name}][1]/@{name}")
    return str(found[0]) if found else ""


# --- words --------------------------------------------------------------------------------------------------


@every_language
def test_no_english_is_left_in_an_issue(language: str) -> None:
    for cadence in CADENCES:
        for profile in PROFILES:
            made = mail(language, cadence=cadence, profile=profile)
            assert not english_in(LINK.sub("", made.plain_text(ELENI)), language), made.plain_text(ELENI)
            assert not [text for text in said_by(made.html_text(ELENI)) if english_in(text, language)]
            assert not english_in(made.subject, language)


@every_language
def test_no_english_is_left_in_the_question(language: str) -> None:
    for cadence in filter(None, CADENCES):
        for profile in PROFILES:
            made = question(language, cadence=cadence, profile=profile)
            assert not english_in(LINK.sub("", made.plain_text(ASKED)), language), made.plain_text(ASKED)
            assert not [text for text in said_by(made.html_text(ASKED)) if english_in(text, language)]
            assert not english_in(made.subject, language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh-Hans",
            [
                "2026年11月24日星期二",
                "共5条 · 阅读约1分钟",
                "涵盖11月21日至24日的内容",
                "Ελένη，您好！",
                "[热点]",
                "Η Ακτή · 2026年11月20日，11月23日收录 · 阅读约1分钟",
                "另有1条将在下一期刊出",
                "您收到《Το Λιμάνι!》，是因为您关注了以下主题：Οικονομία和Ενέργεια。"
                "您选择接收其中的分析、简讯、热点、观点和报告。"
                "发送时间：每逢星期一和星期四 07:30（巴黎时间）。",
            ],
        ),
        (
            "ar",
            [
                "الثلاثاء، 24 نوفمبر 2026",
                "5 مواد · قراءة في دقيقة واحدة",
                "يغطي الفترة 21–24 نوفمبر",
                "مرحبًا Ελένη،",
                "[قضية الساعة]",
                "Η Ακτή · 20 نوفمبر 2026، أُضيفت في 23 نوفمبر · قراءة في دقيقة واحدة",
                "مادة أخرى في عددك المقبل",
                "تصلك نشرة «Το Λιμάνι!» لأنك تتابع Οικονομία وΕνέργεια. وقد اخترت من موادها "
                "التحليلات والموجزات وقضايا الساعة ووجهات النظر والتقارير. وهي تصلك يومي الاثنين والخميس "
                "من كل أسبوع عند الساعة 07:30 (بتوقيت باريس).",
            ],
        ),
        (
            "ar-EG",
            ["الثلاثاء، ٢٤ نوفمبر ٢٠٢٦", "٥ مواد · قراءة في دقيقة واحدة", "٢١–٢٤ نوفمبر", "الساعة ٠٧:٣٠"],
        ),
    ],
)
def test_dates_numbers_and_sentences_are_those_of_the_language(language: str, said: list[str]) -> None:
    # lines break anywhere between Chinese letters
    text = re.sub("[\u200f\u2068\u2069\\s]", "", text_of(language))
    for words in said:
        assert re.sub(r"\s", "", words) in text


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Τίτλος α · Το Λιμάνι!, Nov 24"),
        ("zh-Hans", "Τίτλος α · Το Λιμάνι!，11月24日"),
        ("ar", "Τίτλος α · Το Λιμάνι!، 24 نوفمبر"),
    ],
)
def test_the_subject_is_in_the_readers_language(language: str, subject: str) -> None:
    assert mail(language).subject == subject


# --- languages and directions -------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("zh-Hans", "ltr"), ("ar", "rtl")])
def test_a_mail_says_its_language_and_direction(language: str, direction: str) -> None:
    for made in (page_of(language), question(language).html_text(ASKED)):
        tree = document(made)
        # some programs take the outermost elements away
        (article,) = tree.xpath("//*[@role='article']")
        for node in (tree, article):
            assert (node.get("lang"), node.get("dir")) == (language, direction)


@pytest.mark.parametrize("language", ["en", "zh-Hans", "ar", "ar-EG", "zh-TW", "de", "he", "fa"])
def test_every_stretch_of_text_says_the_language_that_it_is_in(language: str) -> None:
    tree = document(page_of(language, foreign=True))
    seen = set()
    for node in tree.xpath(STRETCHES):
        tag = inherited(node, "lang")
        for text in node.xpath("text()"):
            # months and weekdays of languages without words of ours are the only text that is in them
            expected = SCRIPTS.get(tag.split("-")[0])
            letters = {
                unicodedata.name(letter).split()[0] for letter in LINK.sub("", text) if letter.isalpha()
            }
            # titles of the newsletter and its topics are in a language that nobody told us
            if expected and letters - {"GREEK"}:
                assert letters - {"GREEK"} == {expected}, (tag, text)
                seen.add(tag)
    assert {"en", "he"} <= seen


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_stretch_of_text_runs_its_own_way(language: str) -> None:
    tree = document(page_of(language, foreign=True))
    for node in tree.xpath(STRETCHES):
        direction = inherited(node, "dir")
        for text in node.xpath("text()"):
            bare = ISOLATES.sub("", text)
            ways = {unicodedata.bidirectional(letter) for letter in bare if letter.isalpha()}
            if "AL" in ways or "R" in ways:
                assert direction == "rtl", text
            elif re.search(r"Ships|They|Coast", text):
                assert direction == "ltr", text


def test_a_list_leaves_room_for_its_points_on_the_side_where_they_stand() -> None:
    for language, side in (("zh-Hans", "0 0 0 18px"), ("ar", "0 18px 0 0")):
        styles = document(page_of(language)).xpath("//ul/@style")
        assert styles
        assert all(f"padding:{side}" in style.replace(": ", ":") for style in styles)


def test_nothing_in_an_arabic_mail_keeps_to_the_left_or_spaces_letters_out() -> None:
    tree = document(page_of("ar"))
    for node in tree.xpath("//body//*[@style]"):
        style = node.get("style").replace(": ", ":")
        assert "text-align:right" not in style
        spaced = re.search(r"letter-spacing:([^;]+)", style)
        assert spaced is None or spaced[1].strip() == "normal", style
    assert not tree.xpath("//*[@align='left' or @align='right']")


BASE: Final = templates_folder() / "email" / "_base"
SHEETS: Final = sorted(path.name for path in Path(str(BASE)).glob("style.*.css"))


def test_there_are_sheets_for_the_scripts_that_need_one() -> None:
    assert {"style.ar.css", "style.ja.css", "style.zh-Hans.css"} <= set(SHEETS)


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_for_a_language_changes_only_what_there_is(name: str) -> None:
    # what such a sheet says is inlined; a rule that stayed behind would be one for every language
    folder, sheet = BASE, BASE / name
    inlined, kept = split_style(sheet.read_text(encoding="utf-8"))
    assert not kept
    classes = set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,{])", inlined))
    assert classes
    known = "".join((folder / name).read_text() for name in ("style.css", "pictures.css"))
    assert classes <= set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,{])", known))
    assert "color" not in inlined


# --- plain text ---------------------------------------------------------------------------------------------


def first_way(line: str) -> str:
    """The direction that a program gives a line of plain text: that of its first letter, but for isolates."""
    for letter in ISOLATES.sub("", line):
        way = unicodedata.bidirectional(letter)
        if way in {"L", "R", "AL"}:
            return "ltr" if way == "L" else "rtl"
    return ""


def test_every_line_with_arabic_words_begins_on_the_right() -> None:
    for text in (text_of("ar"), question("ar").plain_text(ASKED)):
        lines = [line for line in text.splitlines() if re.search("[\u0600-\u06ff]", line)]
        assert len(lines) > 5
        for line in lines:
            assert first_way(line) == "rtl", line


def test_names_among_arabic_words_are_kept_to_themselves() -> None:
    # the mark of exclamation belongs to the name, and the two topics must not change places
    said = " ".join(text_of("ar").split()).replace("\u200f", "")
    assert "نشرة «\u2068Το Λιμάνι!\u2069» لأنك تتابع \u2068Οικονομία\u2069 و\u2068Ενέργεια\u2069." in said


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_mails_from_left_to_right_carry_no_marks_of_direction(language: str) -> None:
    for said in (text_of(language), page_of(language), mail(language).subject):
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", said)


@every_language
def test_both_parts_say_the_same(language: str) -> None:
    text = text_of(language)
    for part in ("Τίτλος", "Η Ακτή", "Οικονομία"):
        assert part in text
        assert part in page_of(language)
