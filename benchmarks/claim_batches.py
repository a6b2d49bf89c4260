"""Measures claims: batch after batch of one issue is taken, begun and recorded, until none is left."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Final, TypeVar

from benchmarks.readers import NOW
from benchmarks.stores import copy_of
from digest.core.model import DeliveryStatus, Verdict
from digest.flows.publish import due_slots, publish
from digest.store import deliveries
from digest.store.database import Database
from digest.store.deliveries import Recorded

#: Copies of one claim.
BATCH: Final = 500
_OWNER: Final = "benchmark"
_SENT: Final = Verdict(DeliveryStatus.SENT)
Result = TypeVar("Result")


async def claim_all(file: str) -> dict[str, float]:
    """Plan the only due slot of a copy of a store, and settle it; see `settle`."""
    async with copy_of(file) as store:
        (due,) = await due_slots(store=store, now=NOW)
        planned = await publish(due, store=store, now=NOW)
        assert planned is not None
        return await settle(store, planned.issue_id, NOW)


async def settle(store: Database, issue_id: int, now: datetime) -> dict[str, float]:
    """Take all copies of a planned issue, as if each were sent at once.

    Milliseconds a transaction: claims (of the first tenth, all, the last tenth), beginnings, records.
    """
    claims, beginnings, records = [], [], []
    while True:
        ids, milliseconds = await _timed(_claimed(store, issue_id, now))
        if not ids:
            break
        claims.append(milliseconds)
        _, milliseconds = await _timed(_begin(store, ids))
        beginnings.append(milliseconds)
        _, milliseconds = await _timed(_record(store, ids, now))
        records.append(milliseconds)
    tenth = max(1, len(claims) // 10)
    return {
        "first": median(claims[:tenth]),
        "all": median(claims),
        "last": median(claims[-tenth:]),
        "begin": median(beginnings),
        "record": median(records),
    }


async def _claimed(store: Database, issue_id: int, now: datetime) -> list[int]:
    wall = datetime.now(UTC)
    async with store.write() as connection:
        claim = await deliveries.claim(
            connection, issue_id, _OWNER, now=now, wall=wall, limit=BATCH, resend_uncertain=True
        )
    return [copy.delivery_id for copy in claim.copies]


async def _begin(store: Database, ids: list[int]) -> None:
    async with store.write() as connection:
        await deliveries.begin(connection, _OWNER, ids, datetime.now(UTC))


async def _record(store: Database, ids: list[int], now: datetime) -> None:
    async with store.write() as connection:
        await deliveries.record(connection, _OWNER, [Recorded(id_, _SENT) for id_ in ids], now)


async def _timed(work: Awaitable[Result]) -> tuple[Result, float]:
    start = perf_counter()
    return await work, (perf_counter() - start) * 1000
