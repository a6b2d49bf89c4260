"""Normal forms take a time that grows with the text, whatever stands in it, and change no text of people."""

from __future__ import annotations

import unicodedata
from time import process_time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.composed import composed

Form = Literal["NFC", "NFKC", "NFKD"]
ACUTE, DOT_BELOW = "\u0301", "\u0323"


@given(st.sampled_from(["NFC", "NFKC", "NFKD"]), st.text())
def test_a_text_is_what_unicode_says(form: Form, text: str) -> None:
    assert composed(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
@pytest.mark.parametrize("before", ["", "a", "Übel " * 7, "नमस्ते ", "x" * 40])
def test_thirty_marks_are_kept_and_what_comes_after_too(form: Form, before: str) -> None:
    most = f"{before}{ACUTE * 15}{DOT_BELOW * 15}"
    assert composed(form, most + "b") == unicodedata.normalize(form, most + "b")
    for many in (31, 45, 62, 500):
        marks = (ACUTE * 15 + DOT_BELOW * 15 + ACUTE * 500)[:many]
        assert composed(form, before + marks + "b") == unicodedata.normalize(form, most + "b")


def test_a_page_of_marks_takes_no_longer_than_one_of_words() -> None:
    marks = "a" + ACUTE * 200_000 + DOT_BELOW * 200_000
    began = process_time()
    composed("NFC", marks)
    # it took hours
    assert process_time() - began < 5
