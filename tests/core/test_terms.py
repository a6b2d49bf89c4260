"""A text's terms are found at their places, whatever the script; a question is one, whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.seeking import MOST_CLAUSES, SNIPPET, Piece, Wanted, pieces, snippet, wanted
from digest.core.terms import GAP, MOST_PLACES, MOST_TERMS, indexed, stemmer_for, terms

TEXTS = st.text(st.sampled_from("aé国が한 -'\"“”½ﬁ²الر̈\u200d_¶\x00\n") | st.characters(), max_size=120)


def words(text: str, language: str = "en") -> list[str]:
    return [term.text for term in terms(text, stemmer_for(language))]


def marked(found: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in found if piece.marked]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Tariffs rising", "en", ["tariff", "rise"]),
        ("Tariffs rising", "xx", ["tariffs", "rising"]),
        ("Tariffs", "en-GB", ["tariff"]),
        ("São Paulo", "pt", ["sao", "paul"]),
        ("SÃO", "xx", ["sao"]),
        ("Sa\u0303o", "xx", ["sao"]),
        ("AI芯片3.5%", "zh", ["ai", "芯", "片", "3", "5"]),
        ("ＡＩ", "zh", ["ai"]),
        ("ﬁsh ½", "xx", ["fish", "1", "2"]),
        ("China's well-known", "xx", ["china", "s", "well", "known"]),
        ("الجمركيّة", "ar", ["جمرك"]),
        ("हिन्दी", "xx", ["हिनदी"]),
        ("が 한국", "ja", ["が", "한", "국"]),
        ("under_score ¶ \x00 !", "xx", ["under", "score"]),
        ("", "en", []),
    ],
)
def test_words_and_letters_become_terms(text: str, language: str, found: list[str]) -> None:
    assert words(text, language) == found


BARE = (
    "صادرات",
    "رسوم",
    "وزارة",
    "جمركية",
    "اقتصاد",
    "طاقة",
    "كتاب",
    "التزام",
    "المانيا",
    "قانون",
    "مدارس",
    "لجنة",
    "بلد",
)


@pytest.mark.parametrize("word", BARE)
def test_an_arabic_word_is_one_with_its_article_and_without(word: str) -> None:
    (bare,) = words(word, "ar")
    assert [words(f"{article}{word}", "ar") for article in ("ال", "وال", "بال", "كال", "فال", "وبال")] == [
        [bare]
    ] * 6
    assert words(f"لل{word}", "ar") == [bare]


def test_arabic_words_that_differ_stay_apart() -> None:
    assert len({words(word, "ar")[0] for word in BARE}) == len(BARE)
    # what is too short to have an article has none
    assert words("الم", "ar") != words("م", "ar")


@given(TEXTS)
def test_every_term_has_its_place_and_no_sign_that_a_store_would_read(text: str) -> None:
    last = 0
    for term in terms(text, "english"):
        assert last <= term.start < term.end <= len(text)
        last = term.start
        assert term.text
        assert term.text != GAP
        assert all(ord(letter) > 127 or letter.isalnum() for letter in term.text)
        assert not set(term.text) & set("'\"\\ \t\n")


def test_paragraphs_are_kept_apart_and_more_than_a_store_keeps_is_left_out() -> None:
    assert indexed("A title", ["One.", "Two."], "xx") == (("a", "title"), ("one", GAP, "two"))
    assert indexed("Tariffs", ["Rising."], "en") == (("tariff",), ("rise",))
    title, body = indexed("the " * 10, ["a " * MOST_PLACES, "the " * MOST_PLACES], "xx")
    assert (title.count("the"), body.count("a"), body.count("the")) == (10, MOST_PLACES, MOST_PLACES - 10)
    often = indexed("", ["the " * 400], "xx").body
    assert (often.count("the"), often.count(GAP)) == (MOST_PLACES, 400 - MOST_PLACES)
    long = indexed("x", [" ".join(f"w{n}" for n in range(20_000))] * 2, "xx")
    assert len(long.title) + len(long.body) <= MOST_TERMS


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("tariffs", Wanted(((("tariffs",),),))),
        ("a a", Wanted(((("a",),),))),
        ("a -b", Wanted(((("a",),),), ((("b",),),))),
        ('"a b" -"c d"', Wanted(((("a", "b"),),), ((("c", "d"),),))),
        ("“a b” «c»", Wanted(((("a", "b"),), (("c",),)))),
        ('"a b', Wanted(((("a", "b"),),))),
        ("well-known", Wanted(((("well", "known"),),))),
        ("统计局", Wanted(((("统", "计", "局"),),))),
        ('x"y z"', Wanted(((("x",),), (("y", "z"),)))),
        *((nothing, Wanted()) for nothing in ("", "   ", '""', "-", "--", "***", '"', "-!", "\x00")),
    ],
)
def test_a_question_is_read(question: str, asked: Wanted) -> None:
    assert wanted(question) == asked


def test_a_word_is_asked_for_by_every_stemmer() -> None:
    assert wanted("rising", {"english", "german", ""}).present == ((("rising",), ("rise",)),)


@given(st.text(max_size=400) | TEXTS)
def test_any_question_is_one_and_a_bounded_one(question: str) -> None:
    asked = wanted(question, {"english", "arabic"})
    assert len(asked.present) + len(asked.absent) <= MOST_CLAUSES
    assert all(phrase and all(phrase) for clause in (*asked.present, *asked.absent) for phrase in clause)


def test_what_was_looked_for_is_marked_in_the_real_text() -> None:
    asked = wanted('tariff "old harbour" 芯片', {"english"})
    assert marked(pieces("TARIFFS at the Old Harbour, AI芯片, old or harbour", "en", asked)) == [
        "TARIFFS",
        "Old Harbour",
        "芯片",
    ]
    assert marked(pieces("São", "pt", wanted("sao", {"portuguese"}))) == ["São"]
    assert pieces("nothing here", "en", asked) == (Piece("nothing here", False),)


@given(TEXTS, TEXTS)
def test_marking_keeps_every_letter(text: str, question: str) -> None:
    asked = wanted(question, {"english"})
    assert "".join(piece.text for piece in pieces(text, "en", asked)) == text
    shown = "".join(piece.text for piece in snippet([text], "en", asked))
    assert shown == text


def test_a_snippet_shows_the_paragraph_that_has_most_of_it_and_cuts_no_word() -> None:
    far = "Nothing to see. " * 40 + "At last the gallium tariff came. " + "And more of it. " * 40
    shown = snippet(["A tariff of old.", far], "en", wanted("tariff gallium", {"english"}))
    assert marked(shown) == ["gallium", "tariff"]
    said = "".join(piece.text for piece in shown)
    assert said.startswith("… ")
    assert said.endswith(" …")
    assert said[2:-2] in far
    assert len(said) <= SNIPPET + 4
    assert f" {said[2:].split()[0]} " in far
    assert snippet([], "en", wanted("x")) == ()
