"""What one telling says and the others do not is marked, and nothing of its text is changed."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from digest.core.differences import Piece, differences
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
    text = "In Varna 870 people lose their work."
    assert differences(text, traits(text), []) == (Piece(text, marked=False),)


def test_a_text_is_cut_where_it_differs() -> None:
    text = "In March 870 people of Varna left, 5% of all."
    assert differences(text, traits(text), [traits("People left.")]) == (
        Piece("In March ", marked=False),
        Piece("870", marked=True),
        Piece(" people of ", marked=False),
        Piece("Varna", marked=True),
        Piece(" left, ", marked=False),
        Piece("5%", marked=True),
        Piece(" of all.", marked=False),
    )


def test_what_overlaps_is_marked_once_and_what_comes_after_it_too() -> None:
    text = "On March 3 and for May 5 Olga came."
    assert marked(text, "She came.") == ["March 3", "May 5", "Olga"]


def test_letters_that_grow_when_they_are_folded_move_no_mark() -> None:
    assert marked("ŉŉŉ, MARCH 3, 5 MILLION.", "ŉŉŉ.") == ["MARCH 3", "5 MILLION"]


def test_a_name_that_others_have_is_no_difference_whatever_its_letters() -> None:
    assert marked("The port of İzmir opens.", "İzmir: a port.") == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_pieces_are_the_text(one: str, other: str) -> None:
    pieces = differences(one, traits(one), [traits(other)])
    assert "".join(piece.text for piece in pieces) == one
