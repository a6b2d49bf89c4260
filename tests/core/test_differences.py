"""What one telling says and the others do not is marked, and nothing of its text is changed."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from digest.core.differences import differences
from digest.core.likeness import Traits, traits_of

DAY = date(2026, 11, 24)


def traits(text: str) -> Traits:
    return traits_of("Told", [text], DAY, "en")


def marked(text: str, *others: str) -> list[str]:
    found = differences(text, traits(text), [traits(other) for other in others])
    return [piece.text for piece in found if piece.marked]


def test_figures_and_names_that_nobody_else_has_are_marked() -> None:
    text = "In Varna 870 people lose 12% of their pay, said Olga Benn."
    assert marked(text, "In Varna 850 people lose 12 percent, said Ivan Benn.") == ["870", "Olga"]


def test_the_same_figure_in_another_form_is_no_difference() -> None:
    assert marked("It cost $1.18 billion.", "The price was 1.2bn dollars.") == []


def test_alone_a_text_differs_from_nothing() -> None:
    assert marked("In Varna 870 people lose their work.") == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_pieces_are_the_text(one: str, other: str) -> None:
    pieces = differences(one, traits(one), [traits(other)])
    assert "".join(piece.text for piece in pieces) == one
