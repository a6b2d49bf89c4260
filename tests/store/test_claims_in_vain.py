"""Copies that end whoever sends them: found by their claims, tried alone, and given up."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from digest.store import deliveries, ledger
from digest.store.claimable import CLAIMS_TOGETHER, MOST_CLAIMS
from digest.store.database import Database
from tests.flows.newsroom import copies
from tests.store.test_deliveries import DEFERRED, NOW, SENT, begin, claim, planned, record, rows, sweep

pytestmark = pytest.mark.anyio


async def die_with(store: Database, **options: Any) -> list[int]:
    """A process claims and ends before anything is begun; which copies it had."""
    had = [copy.delivery_id for copy in (await claim(store, "dead", **options)).copies]
    await sweep(store, "dead")
    return had


async def test_what_ends_its_sender_again_and_again_is_claimed_alone_and_then_given_up(
    store: Database,
) -> None:
    await planned(store, 3)
    for _ in range(CLAIMS_TOGETHER):
        assert await die_with(store) == [1, 2, 3]
    assert await die_with(store) == []
    # from now on each is tried alone, those first that were tried less
    assert await die_with(store, alone=True, limit=1) == [1]
    assert [copy.delivery_id for copy in (await claim(store, alone=True, limit=1)).copies] == [2]
    await begin(store, 2)
    await record(store, SENT, 2)
    assert await die_with(store, alone=True, limit=1) == [3]
    assert await die_with(store, alone=True, limit=1) == [1]
    assert await rows(store, "status", "reason", "attempts") == [
        ("refused", "ends-senders", 0),
        ("sent", "", 1),
        ("planned", "", 0),
    ]
    (given_up, _, _) = await copies(store)
    assert given_up.detail == "claimed 5 times, and each time the process ended before it was begun"


async def test_one_that_may_have_arrived_is_not_given_up_but_waits_for_a_person(store: Database) -> None:
    await planned(store, 1)
    await claim(store)
    await begin(store, 1)
    await sweep(store, "one")
    for _ in range(MOST_CLAIMS):
        await die_with(store, alone=False)
        await die_with(store, alone=True)
    assert await rows(store, "status", "claims", "doubts") == [("uncertain", MOST_CLAIMS, 1)]
    async with store.write() as connection:
        assert await ledger.resolve(connection, 1, was_sent=False, now=NOW)
    assert len((await claim(store)).copies) == 1


async def test_a_copy_that_comes_to_a_result_begins_anew_to_be_counted(store: Database) -> None:
    await planned(store, 1)
    for _ in range(MOST_CLAIMS + 3):
        await claim(store)
        await begin(store, 1)
        await record(store, replace(DEFERRED, retry_at=NOW), 1)
    assert await rows(store, "status", "claims", "attempts") == [("deferred", 0, MOST_CLAIMS + 3)]
    await claim(store)
    async with store.write() as connection:
        await deliveries.release(connection, "one", 1)
    assert await rows(store, "claims") == [(0,)]
