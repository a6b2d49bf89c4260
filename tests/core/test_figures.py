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


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("march 25", Figure(Kind.DAY, Decimal(325), 4)),
        ("q4", Figure(Kind.QUARTER, Decimal(4), 1)),
        ("friday", Figure(Kind.WEEKDAY, Decimal(5), 1)),
        ("百分之12", Figure(Kind.SHARE, Decimal(12), 2)),
        ("12.5%", Figure(Kind.SHARE, Decimal("12.5"), 3)),
        ("seventeen million", Figure(Kind.AMOUNT, Decimal(17_000_000), 2)),
        ("1,200", Figure(Kind.AMOUNT, Decimal(1200), 2)),
        ("0", Figure(Kind.AMOUNT, Decimal(0), 1)),
    ],
)
def test_a_figure_has_a_kind_an_amount_and_the_digits_that_were_said(text: str, figure: Figure) -> None:
    assert only(text) == figure
