"""Patience with a store that is out of use for now: one trouble uses it up, the end of it gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from digest.errors import PassingStoreError, StoreError
from digest.flows import patience
from digest.flows.patience import Patience

pytestmark = pytest.mark.anyio


class Store:
    """A store that fails as often as it is told, and counts how often it was tried."""

    def __init__(self, failures: int = 1000, error: type[StoreError] = PassingStoreError) -> None:
        self.failures = failures
        self.tries = 0
        self.tried = asyncio.Event()
        self._error = error

    async def write(self) -> str:
        self.tries += 1
        self.tried.set()
        if self.tries <= self.failures:
            raise self._error("the store is locked")
        return "written"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr(patience, "LONGEST_PAUSE", timedelta(milliseconds=2))


@pytest.fixture
def none_left(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets patience be over from now on."""
    return lambda: monkeypatch.setattr(patience, "PATIENCE", timedelta(0))


async def in_vain(write: Awaitable[str]) -> None:
    with pytest.raises(PassingStoreError, match="the store is locked"):
        await write


async def test_what_fails_for_now_is_tried_until_it_succeeds_and_told() -> None:
    store = Store(failures=5)
    with capture_logs() as lines:
        assert await Patience().through(store.write) == "written"
    assert store.tries == 6
    assert [line["log_level"] for line in lines] == ["warning"] * 6
    assert lines[0]["error"] == "the store is locked"
    assert lines[-1]["event"] == "the store can be used again"


async def test_what_will_not_pass_by_itself_is_not_tried_again() -> None:
    store = Store(error=StoreError)
    with pytest.raises(StoreError):
        await Patience().through(store.write)
    assert store.tries == 1


async def test_one_trouble_uses_up_the_patience_of_all(none_left: Callable[[], None]) -> None:
    mine = Patience()
    none_left()
    await in_vain(mine.through(Store().write))
    store = Store()
    await in_vain(mine.through(store.write))
    assert store.tries == 1


async def test_a_success_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Patience()
    monkeypatch.setattr(patience, "PATIENCE", timedelta(0))
    await in_vain(mine.through(Store().write))
    await mine.through(Store(failures=0).write)
    monkeypatch.setattr(patience, "PATIENCE", timedelta(minutes=1))
    store = Store(failures=3)
    assert await mine.through(store.write) == "written"


async def test_where_nothing_is_at_stake_a_stop_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE", timedelta(minutes=1))
    stop, store = asyncio.Event(), Store()
    waiting = asyncio.create_task(Patience().through(store.write, stop=stop))
    await store.tried.wait()
    stop.set()
    async with asyncio.timeout(20):
        await in_vain(waiting)
    assert store.tries == 2
