"""Figures are known in their forms, and told as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from digest.core.figures import Figure, Kind, figures_in


def only(text: str) -> Figure:
    ((figure, _, _),) = figures_in(text)
    return figure


@pytest.mark.parametrize(
    ("text", "said", "rounded"),
    [
        ("1,184,000", "1,184,000", "# 1200000"),
        ("1.18 million", "1,180,000", "# 1200000"),
        ("12.5%", "12.5%", "% 12"),
        ("march 25", "3/25", "day 325"),
        ("第三季度", "Q3", "quarter 3"),
        ("tuesday", "weekday 2", "weekday 2"),
        ("seventeen", "17", "# 17"),
        ("0", "0", "# 0"),
    ],
)
def test_a_figure_is_told_and_known_in_two_digits(text: str, said: str, rounded: str) -> None:
    assert (only(text).said(), only(text).rounded()) == (said, rounded)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("1.2 billion", "1.18 billion", True),
        ("1.2 billion", "1.26 billion", False),
        ("1 billion", "1.18 billion", False),
        ("12%", "12", False),
        ("march 2", "march 20", False),
        ("12.50%", "12.5 percent", True),
    ],
)
def test_figures_agree_with_their_rounder_forms(one: str, other: str, agree: bool) -> None:
    assert only(one).agrees_with(only(other)) is agree
    assert only(other).agrees_with(only(one)) is agree


def test_small_numbers_and_weekdays_tell_nothing_of_what_a_text_is_about() -> None:
    telling = [only(text).tells for text in ("12", "13", "12%", "13%", "march 3", "tuesday", "q4")]
    assert telling == [False, True, False, True, True, False, False]
    assert Figure(Kind.AMOUNT, Decimal(13), 2).tells
