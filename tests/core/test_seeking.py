"""What is shown of a found text: the words that were looked for, marked, and as much around them as fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.seeking import MOST_CLAUSES, SNIPPET, Piece, pieces, snippet, wanted

ASKED = wanted("tariff gallium", {"english"})
#: Some are looked for, some are not.
WORDS = st.sampled_from(["tariff", "tariffs", "gallium", "a", "harbour", "administration", "x" * 40])
TEXTS = st.lists(WORDS, min_size=1, max_size=120).map(" ".join)
#: So much may stand before the first of them.
BEFORE = 70


def plain(text: str) -> Piece:
    return Piece(text, marked=False)


def found(text: str) -> Piece:
    return Piece(text, marked=True)


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("gallium", (plain("A "), found("gallium"), plain(" tariff falls"))),
        ("a", (found("A"), plain(" gallium tariff falls"))),
        ("falls", (plain("A gallium tariff "), found("falls"))),
        ("tariff gallium", (plain("A "), found("gallium"), plain(" "), found("tariff"), plain(" falls"))),
        ('"gallium tariff"', (plain("A "), found("gallium tariff"), plain(" falls"))),
        # what overlaps is marked once
        ('"gallium tariff" "tariff falls"', (plain("A "), found("gallium tariff falls"))),
        ('"a gallium tariff" gallium', (found("A gallium tariff"), plain(" falls"))),
        ("-gallium", (plain("A gallium tariff falls"),)),
        ("silence", (plain("A gallium tariff falls"),)),
    ],
)
def test_what_was_looked_for_is_marked(question: str, shown: tuple[Piece, ...]) -> None:
    asked = wanted(question, {"english"})
    assert pieces("A gallium tariff falls", "en", asked) == shown
    assert snippet(["A gallium tariff falls"], "en", asked) == shown


def test_signs_that_stand_side_by_side_are_marked_as_one() -> None:
    assert pieces("中国出口", "zh", wanted("国出 出口")) == (plain("中"), found("国出口"))


def test_words_are_found_in_the_language_of_the_text() -> None:
    asked = wanted("rises", {"english"})
    assert snippet(["Fees rising"], "en", asked) == (plain("Fees "), found("rising"))
    assert snippet(["Fees rising"], "ar", asked) == (plain("Fees rising"),)


def test_the_first_paragraph_that_has_most_of_it_is_shown() -> None:
    texts = ["A tariff.", "Gallium, a tariff.", "A tariff on gallium.", "Tariff, tariff, tariff."]
    assert "".join(piece.text for piece in snippet(texts, "en", ASKED)) == "Gallium, a tariff."
    assert snippet(["Nothing.", "Nothing else."], "en", ASKED) == (plain("Nothing."),)


@given(TEXTS)
def test_a_snippet_is_whole_words_with_the_first_that_was_looked_for(text: str) -> None:
    shown = snippet([text], "en", ASKED)
    said = "".join(piece.text for piece in shown)
    if len(text) <= SNIPPET:
        assert said == text
        return
    cut_before, cut_after = shown[0] == plain("… "), shown[-1] == plain(" …")
    said = said[2 if cut_before else 0 : -2 if cut_after else None]
    assert f" {said} " in f" {text} "
    assert len(said) <= SNIPPET
    assert cut_before or text.startswith(said)
    assert cut_after or text.endswith(said)
    assert cut_before or cut_after
    # as much as fits
    start = len(text) - len(text.removeprefix(said)) if not cut_before else None
    if start == len(said) and cut_after:
        following = text[len(said) :].split()[0]
        assert len(said) + 1 + len(following) > SNIPPET
    if any(word.startswith(("tariff", "gallium")) for word in text.split()):
        first = next(piece.text for piece in shown if piece.marked)
        before = "".join(piece.text for piece in shown).partition(first)[0].removeprefix("… ")
        assert not cut_before or len(before) <= BEFORE


def test_the_beginning_is_shown_as_long_as_what_was_looked_for_is_in_it() -> None:
    for place in (SNIPPET - BEFORE, SNIPPET - BEFORE + 1):
        text = "x" * (place - 1) + " gallium " + "and more of it " * 40
        shown = snippet([text], "en", ASKED)
        assert (shown[0] == plain("… ")) == (place > SNIPPET - BEFORE)
        assert found("gallium") in shown


def test_what_stands_before_begins_with_a_whole_word() -> None:
    far = "Nothing to see. " * 40
    # 70 letters before stands the very beginning of a word
    text = far + "y" * (BEFORE - 1) + " gallium " + "and more of it " * 40
    shown = snippet([text], "en", ASKED)
    assert shown[:3] == (plain("… "), plain("y" * (BEFORE - 1) + " "), found("gallium"))
    text = far + "y" * BEFORE + " gallium " + "and more of it " * 40
    assert snippet([text], "en", ASKED)[:2] == (plain("… "), found("gallium"))


def test_the_end_of_a_text_is_shown_whole() -> None:
    # too long a word to begin with
    far = "Nothing to see. " * 40 + "z" * BEFORE + " "
    for length in (SNIPPET, SNIPPET + 1):
        text = far + "gallium " + "x" * (length - 11) + " is"
        shown = snippet([text], "en", wanted("gallium x"))
        assert (shown[-1] == plain(" …")) == (length > SNIPPET), length


def test_a_text_that_is_just_short_enough_is_shown_whole() -> None:
    text = "x" * (SNIPPET - 3) + " is"
    assert snippet([text], "en", ASKED) == (plain(text),)
    assert snippet([text + "h"], "en", ASKED) == (plain("x" * (SNIPPET - 3)), plain(" …"))


def test_one_word_that_is_too_long_is_cut() -> None:
    assert snippet(["x" * 400], "en", ASKED) == (plain("x" * SNIPPET), plain(" …"))


def test_a_text_that_is_just_short_enough_is_shown_whole_wherever_the_word_stands() -> None:
    text = "x " * ((SNIPPET - 8) // 2) + "gallium."
    assert len(text) == SNIPPET
    assert snippet([text], "en", ASKED) == (plain(text[:-8]), found("gallium"), plain("."))


def test_the_sign_at_the_end_of_a_text_is_shown() -> None:
    shown = snippet(["Nothing to see. " * 40 + "Here is gallium at last."], "en", ASKED)
    assert shown[-1] == plain(" at last.")


@pytest.mark.parametrize(("present", "absent"), [(16, 0), (17, 0), (10, 6), (10, 9), (3, 20)], ids=str)
def test_a_question_has_so_many_clauses_and_the_rest_is_not_read(present: int, absent: int) -> None:
    words = [*(f"a{n}" for n in range(present)), *(f"-b{n}" for n in range(absent))]
    asked = wanted(" ".join(words))
    assert len(asked.present) + len(asked.absent) == min(MOST_CLAUSES, present + absent)
    assert len(asked.present) == min(MOST_CLAUSES, present)
