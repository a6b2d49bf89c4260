"""Rules as admins type them."""

from __future__ import annotations

import pytest

from digest.errors import InputError
from digest.ingest.rules import DEFAULT_WEIGHT, parse_rules


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("gallium:4, export controls:3", {"gallium": 4, "export controls": 3}),
        ("gallium", {"gallium": DEFAULT_WEIGHT}),
        ("  rare   earth : 5 ,\n\noil\n", {"rare earth": 5, "oil": DEFAULT_WEIGHT}),
        ("稀土：5，石油、煤炭:4", {"稀土": 5, "石油": DEFAULT_WEIGHT, "煤炭": 4}),
        ("trade war:0", {"trade war": 0}),
        ("U.S. tariffs:9", {"U.S. tariffs": 9}),
        ("", {}),
        (" , \n", {}),
    ],
)
def test_keywords_and_weights_are_read(text: str, rules: dict[str, int]) -> None:
    assert parse_rules(text) == rules


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("gallium:heavy", "weight 'heavy' of keyword 'gallium'"),
        ("gallium:", "weight '' of keyword 'gallium'"),
        ("gallium:-1", "weight '-1'"),
        ("gallium:10", "from 0 to 9"),
        ("gallium:1.5", "weight '1.5'"),
        ("gallium:٤", "weight '٤'"),
        ("a:b:3", "weight 'b:3' of keyword 'a'"),
        (":4", "holds no keyword"),
        ("--- :4", "holds no keyword"),
        ("Oil:2, oil:3", "'oil' is given twice"),
    ],
)
def test_a_mistake_is_named_with_the_way_to_mend_it(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        parse_rules(text)
    assert ":" in str(caught.value)
