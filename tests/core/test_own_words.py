"""Of an answer the writer's own words are handed on: whole, in printable signs, without what it answers."""

from __future__ import annotations

import json
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.own_words import MOST_OCTETS, MOST_SIGNS, OwnWords, one_printable_line, own_words

THANKS = "Thank you!\n\nIt is Narvik, not Narva.\n\nAda"

GMAIL = "On Tue, Nov 24, 2026 at 7:00 AM The Digest <d@news.example> wrote:"
GMAIL_FOLDED = (
    "On Tue, Nov 24, 2026 at 7:00 AM The Harbour Letter of the Northern Coast\n<d@news.example> wrote:"
)
WROTE_BELOW = "On Tue, Nov 24, 2026 at 7:00 AM The Digest <d@news.example>\nwrote:"
GERMAN = "Am 24.11.2026 um 07:00 schrieb The Digest:"
CHINESE = "The Digest <d@news.example> 于2026年11月24日周二 07:00写道："
ARABIC = "في الثلاثاء، 24 نوفمبر 2026 كتب <d@news.example>:"


@pytest.mark.parametrize(
    "lead",
    [GMAIL, GMAIL_FOLDED, WROTE_BELOW, GERMAN, CHINESE, ARABIC],
    ids=["gmail", "folded", "wrote below", "german", "chinese", "arabic"],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["close", "apart"])
def test_a_quotation_at_the_end_is_left_out_with_the_line_that_leads_over(lead: str, gap: str) -> None:
    quoted = "> Why small ports win\n>\n> > Three winters.\n\n> More.\n"
    assert own_words(f"{THANKS}\n\n{lead}{gap}{quoted}\n\n").text == THANKS


def test_the_line_that_leads_over_takes_no_own_word_with_it() -> None:
    assert own_words(f"Yes!\n{GMAIL}\n> Do you like it?").text == "Yes!"
    told = "I wrote to you on Tue, Nov 24, 2026 at 7:00 AM, d@news.example."
    assert own_words(f"{told}\n> one").text == told
    assert own_words("These are my points:\n> one\n> two").text == "These are my points:"
    assert own_words("Hi!\n\nCall me at 12:30\nafter lunch:\n> one").text.endswith("\nafter lunch:")


GERMAN_FOLDED = (
    "Am Dienstag, dem 24.11.2026 um 07:00 schrieb The Harbour Letter of the North\n<d@news.example>:"
)


def test_of_a_line_that_a_program_broke_all_goes_where_it_is_known_to_be_its_own() -> None:
    assert own_words(f"Yes!\n{GMAIL_FOLDED}\n> one").text == "Yes!"
    assert own_words(f"Ja!\n\n{GERMAN_FOLDED}\n> one").text == "Ja!"
    # what hangs together with own words may be own words
    first = GERMAN_FOLDED.partition("\n")[0]
    assert own_words(f"Ja!\n{GERMAN_FOLDED}\n> one").text == f"Ja!\n{first}"


def test_spaces_at_the_ends_of_lines_and_lines_without_a_word_go() -> None:
    assert own_words("a  \n \n\n\n b \nc").text == "a\n\n b\nc"


def test_a_mail_below_a_line_of_hyphens_is_left_out() -> None:
    below = "-----Original Message-----\nFrom: The Digest\nSent: Tuesday\n\nWhy small ports win"
    assert own_words(f"{THANKS}\n\n{below}").text == THANKS
    assert own_words(f"{THANKS}\n\n----- Ursprüngliche Nachricht -----\n*Von:* D\n\nx").text == THANKS
    assert own_words("Look:\n---- here ----\nno field").text == "Look:\n---- here ----\nno field"


def test_answers_between_quotations_keep_them() -> None:
    between = "> Do you like it?\nYes.\n\n> And this?\nNo."
    assert own_words(f"{GMAIL}\n{between}\n> Bye").text == f"{GMAIL}\n{between}"


def test_where_nothing_else_was_written_the_quotation_stays() -> None:
    assert own_words(f"\n\n{GMAIL}\n> Why\n").text == f"{GMAIL}\n> Why"
    assert own_words(" \n\n") == OwnWords("")


def test_lines_that_a_program_broke_are_whole_again_and_others_stay() -> None:
    folded = (
        "One thing is not right, I think: the line to Narvik was not built for\n"
        "the harbour but for the ore, and it had been there for forty years when\n"
        "the first container came."
    )
    verse = "The ships go out,\nthe ships come in,\nand all of them\nare made of tin."
    listed = f"- {'word ' * 14}end\n- second"
    assert own_words(folded).text == folded.replace("\n", " ")
    assert own_words(verse).text == verse
    assert own_words(listed).text == listed


def test_what_cannot_be_printed_or_turns_the_words_around_is_gone() -> None:
    assert own_words("a\x00b\x1b[31m\u202egnp\u2066.exe\ud800\ufeff\uffff").text == "ab[31mgnp.exe"
    assert own_words("a\r\nb\rc\u2028d\x85e\x0bf").text == "a\nb\nc\nd\ne\nf"
    assert one_printable_line(" News\r\nBcc:\u202e eve\x00@evil.example ", 80) == "News Bcc: eve@evil.example"
    assert one_printable_line("x" * 500, 200) == "x" * 200
    assert one_printable_line("ab cd", 3) == "ab"


@pytest.mark.parametrize(
    "sign", ["word ", "w", "中", "👩🏽‍🚀", "&"], ids=["words", "letters", "han", "emoji", "&"]
)
def test_what_is_too_long_is_cut_between_words_and_says_so(sign: str) -> None:
    found = own_words(sign * 5000)
    assert found.cut
    assert found.text.endswith("…")
    assert len(found.text) <= MOST_SIGNS + 1
    assert len(found.text.encode()) <= MOST_OCTETS + 3
    assert not found.text.endswith("wor…")
    assert own_words("w" * MOST_SIGNS) == OwnWords("w" * MOST_SIGNS)


@given(st.text(alphabet=st.characters(), max_size=400))
def test_whatever_was_written_can_be_kept_and_says_the_same_the_second_time(text: str) -> None:
    found = own_words(text).text
    json.dumps(found).encode().decode()
    assert found.encode().decode() == found
    assert "\x00" not in found
    assert found == found.strip("\n")


@pytest.mark.parametrize(
    "text",
    ["> " * 60_000, ">\n" * 60_000, "\n" * 120_000, "-" * 120_000, ("-" * 5 + "x\n") * 20_000, " " * 120_000],
    ids=["deep", "quoted", "empty", "hyphens", "originals", "spaces"],
)
def test_no_text_takes_long(text: str) -> None:
    begun = process_time()
    own_words(text)
    assert process_time() - begun < 10
