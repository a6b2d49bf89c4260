"""Random histories on real parts: each briefing reaches each reader once, or there is a reason why not."""

from __future__ import annotations

import pytest
from hypothesis import seed

from tests.walk.history import History, play


@pytest.mark.parametrize(("part", "histories"), [(0, 12), pytest.param(1, 88, marks=pytest.mark.wide)])
def test_a_hundred_histories_keep_the_promise(part: int, histories: int) -> None:
    # the same ones each time: what breaks them is the change at hand
    play(seed(part)(type("History", (History,), {})), histories=histories, steps=8)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_thousands_of_histories_keep_the_promise(part: int) -> None:
    play(type(f"History{part}", (History,), {}), histories=200, steps=15)
