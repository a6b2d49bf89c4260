"""Many leave at once: each is gone for sure before it is told so, and few transactions are enough."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import event

from digest.errors import StoreError
from digest.flows.leaving import Leaving, Leavings
from digest.store.database import Database
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, change_newsletter, join, join_many, reader
from tests.flows.post_office import all_notices
from tests.web.visiting import history

pytestmark = pytest.mark.anyio


def clock() -> datetime:
    return TUESDAY


async def test_hundreds_leave_in_a_few_transactions(store: Database) -> None:
    await change_newsletter(store, goodbye=True)
    addresses = await join_many(store, 250, TUESDAY)
    readers = [await reader(store, address) for address in addresses]
    leavings = Leavings(store=store, now=clock)
    done = await asyncio.gather(
        *(leavings.end(Leaving(one.id, f"reason {one.id % 3}")) for one in [*readers, *readers])
    )
    assert sum(done) >= 250
    for one, address in zip(readers, addresses, strict=True):
        assert (await reader(store, address)).standing is Standing.LEFT
        assert (await history(store, one))[1:] == [("active", "left", f"reason {one.id % 3}")]
    assert len(await all_notices(store)) == 250


async def test_it_is_durable_when_it_is_told(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    leavings = Leavings(store=sqlite_store, now=clock)
    assert await leavings.end(Leaving(ana.id, "enough")) is True
    assert (await reader(sqlite_store, "ana@example.org")).standing is Standing.LEFT
    # a second time, and one that never was
    assert await leavings.end(Leaving(ana.id, "enough")) is False
    assert await leavings.end(Leaving(10**9, "enough")) is False


async def test_trouble_with_the_store_is_told_to_each_and_the_next_ones_go_on(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    leavings = Leavings(store=sqlite_store, now=clock)
    await sqlite_store.write_apart(lambda _connection: None)
    apart = sqlite_store._apart
    assert apart is not None
    broken = True

    def refuse(*_what: object) -> None:
        if broken:
            raise StoreError("no room")

    event.listen(apart._engine, "begin", refuse)
    told = await asyncio.gather(
        *(leavings.end(Leaving(ana.id, "enough")) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in told] == [StoreError] * 3
    broken = False
    assert await leavings.end(Leaving(ana.id, "enough")) is True


async def test_who_closes_the_browser_has_left_all_the_same(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    leavings = Leavings(store=sqlite_store, now=clock)
    asking = asyncio.create_task(leavings.end(Leaving(ana.id, "enough")))
    await asyncio.sleep(0)
    asking.cancel()
    await leavings.end(Leaving(ana.id, "again"))
    assert (await reader(sqlite_store, "ana@example.org")).standing is Standing.LEFT
