"""Markdown becomes paragraphs: its words stay in their order, its markup goes, and what goes is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.markdown import flattened


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("One *fine* day.\n\nAnother **one**.", ("One fine day.", "Another one.")),
        ("# The port\n\nIt opens.", ("The port", "It opens.")),
        ("a line\nthat goes on", ("a line that goes on",)),
        ("first line  \nsecond line", ("first line\nsecond line",)),
        ("- ships\n- trains\n\nthen", ("• ships", "• trains", "then")),
        ("3. ships\n4. trains", ("3. ships", "4. trains")),
        ("- ships\n  - of *wood*\n- trains", ("• ships", "• of wood", "• trains")),
        ("> He said so.", ("He said so.",)),
        ("See [the plan](https://port.example/plan).", ("See the plan (https://port.example/plan).",)),
        ("See <https://port.example/>.", ("See https://port.example/.",)),
        ("[run](javascript:alert(1))", ("[run](javascript:alert(1))",)),
        ("![a crane](https://port.example/crane.png)", ("a crane",)),
        ("    let it = be", ("let it = be",)),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ("a | b", "1 | 2")),
        ("one <b>two</b> three", ("one two three",)),
        ("<script>alert(1)</script>\n\nwords", ("words",)),
        ("- one\n\n  more of it\n- two", ("• one", "more of it", "• two")),
        ("", ()),
    ],
)
def test_the_words_stay_and_the_markup_goes(text: str, paragraphs: tuple[str, ...]) -> None:
    assert flattened(text).paragraphs == paragraphs


def test_what_is_lost_is_named_once_and_plain_text_loses_nothing() -> None:
    lost = flattened("# A *b* **c** [d](https://e.example)\n\n*f*").lost
    assert [one.partition(" (")[0] for one in lost] == ["headings", "italics", "bold type", "links"]
    assert flattened("Plain words.\n\nMore of them - with a dash.").lost == ()


@given(st.text(max_size=300))
def test_whatever_is_typed_gives_paragraphs_with_something_in_them(text: str) -> None:
    try:
        found = flattened(text)
    except ValueError:
        assert any("\ud800" <= sign <= "\udfff" for sign in text)
        return
    assert all(one.strip() for one in found.paragraphs)
