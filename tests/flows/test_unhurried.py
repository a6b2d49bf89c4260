"""Work that nobody waits for pauses after each step as long as the step took, and ends when it is time."""

from __future__ import annotations

import asyncio

import pytest

from digest.flows.unhurried import Unhurried

pytestmark = pytest.mark.anyio


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_it_goes_on_as_long_as_nobody_stops_it() -> None:
    pace = Unhurried()
    assert [await pace.goes_on() for _ in range(3)] == [True] * 3
    assert not pace.broke_off


async def test_a_step_that_would_not_fit_any_more_is_not_begun() -> None:
    clock = Seconds()
    pace = Unhurried(seconds=10, clock=clock)
    clock.now = 0.04
    assert await pace.goes_on()
    clock.now = 9.99
    assert not await pace.goes_on()
    assert pace.broke_off


async def test_a_stop_ends_a_pause_at_once() -> None:
    stop, clock = asyncio.Event(), Seconds()
    pace = Unhurried(stop, clock=clock)
    clock.now = 3600.0
    waiting = asyncio.create_task(pace.goes_on())
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(5):
        assert not await waiting
    assert pace.broke_off
