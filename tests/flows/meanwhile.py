"""Two acts at once: the second one begins at a set point of the first, and may have to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest

from digest.store.database import Database
from tests.waiting import begun


class Meanwhile:
    """Lets something begin at a point of something else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, store: Database) -> None:
        """`store` is that of whoever begins."""
        self._monkeypatch = monkeypatch
        self._store = store
        self._begun: asyncio.Task[Any] | None = None

    def around(
        self,
        where: ModuleType,
        name: str,
        work: Callable[[], Coroutine[Any, Any, Any]],
        *,
        call: int = 1,
        after: bool = False,
    ) -> None:
        """Begin `work` before, or after, so many calls of a function; it may have to wait."""
        real, calls = getattr(where, name), 0

        async def stopped(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls != call:
                return await real(*given, **named)
            if after:
                done = await real(*given, **named)
                self._begun = await begun(self._store, work())
                return done
            self._begun = await begun(self._store, work())
            return await real(*given, **named)

        self._monkeypatch.setattr(where, name, stopped)

    async def done(self) -> Any:
        """What came of it."""
        assert self._begun is not None
        async with asyncio.timeout(20):
            return await self._begun
