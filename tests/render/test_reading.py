"""How long a text takes to read, in any mix of scripts."""

from __future__ import annotations

import pytest

from digest.render.reading import reading_seconds, whole_minutes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("word " * 220, 60),
        ("字" * 400, 60),
        ("word " * 110 + "字" * 200, 60),
        ("It’s state-of-the-art, 41,300 crowns", 60 * 4 / 220),
        ("", 0),
        ("… — “”", 0),
    ],
)
def test_words_and_characters_are_both_counted(text: str, seconds: float) -> None:
    assert reading_seconds([text]) == pytest.approx(seconds)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 1), (20, 1), (89, 1), (91, 2), (600, 10)])
def test_a_reader_is_told_whole_minutes(seconds: float, minutes: int) -> None:
    assert whole_minutes(seconds) == minutes
