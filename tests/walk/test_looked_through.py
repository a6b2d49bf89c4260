"""Random histories leave stores in which a look at every row finds nothing, at rest and on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import seed

from digest.core.damage import Difference
from digest.flows.deep_look import deep_look
from digest.store.database import Database
from tests.walk.history import History, play


class LookedThrough(History):
    """The same newsroom; after each thing that happens its store is looked through."""

    def done(self, act: Callable[..., Any], *values: Any, **named: Any) -> None:
        super().done(act, *values, **named)
        self.sound = False
        assert asyncio.run(self.differences()) == ()
        self.sound = True

    async def differences(self) -> tuple[Difference, ...]:
        store = Database(f"sqlite+aiosqlite:///{self.desk.house.file}")
        try:
            return (await deep_look(store=store)).differences
        finally:
            await store.close()


@pytest.mark.wide
def test_some_histories_leave_nothing_to_be_found() -> None:
    play(seed(7)(type("LookedThrough", (LookedThrough,), {})), histories=4, steps=5)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_hundreds_of_histories_leave_nothing_to_be_found(part: int) -> None:
    play(type(f"LookedThrough{part}", (LookedThrough,), {}), histories=60, steps=12)
