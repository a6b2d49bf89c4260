"""Measures claims: batch after batch of one issue is taken, begun and recorded, until none is left."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median
from time import perf_counter
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.readers import NOW
from benchmarks.stores import copy_of
from digest.flows.publish import due_slots, publish
from digest.store import deliveries, recording
from digest.store.database import Database
from digest.store.deliveries import Claim

#: Copies of one claim.
BATCH: Final = 500
_OWNER: Final = "benchmark"
Result = TypeVar("Result")


async def claim_all(file: str) -> dict[str, float]:
    """Plan the only due slot of a copy of a store, and settle it; see `settle`."""
    async with copy_of(file) as store:
        (due,) = await due_slots(store=store, now=NOW)
        planned = await publish(due, store=store, now=NOW)
        assert planned is not None
        return await settle(store, planned.issue_id, NOW)


async def settle(store: Database, issue_id: int, now: datetime) -> dict[str, float]:
    """Take all copies of a planned issue, as if each were sent at once; over the ways that a sender goes.

    Milliseconds a transaction: claims (of the first tenth, all, the last tenth), and notes that one batch was
    sent and the next one begins.
    """
    claims, notes = [], []
    sent: list[int] = []
    while True:
        ids, milliseconds = await _timed(_claimed(store, issue_id, now))
        if ids:
            claims.append(milliseconds)
        _, milliseconds = await _timed(store.write_apart(partial(_note, sent, ids, now)))
        notes.append(milliseconds)
        if not ids:
            break
        sent = ids
    tenth = max(1, len(claims) // 10)
    return {
        "first": median(claims[:tenth]),
        "all": median(claims),
        "last": median(claims[-tenth:]),
        "note": median(notes),
    }


async def _claimed(store: Database, issue_id: int, now: datetime) -> list[int]:
    wall = datetime.now(UTC)

    async def claim(connection: AsyncConnection) -> Claim:
        return await deliveries.claim(
            connection, issue_id, _OWNER, now=now, wall=wall, limit=BATCH, resend_uncertain=True
        )

    return [copy.delivery_id for copy in (await store.write_briefly(claim)).copies]


def _note(sent: Sequence[int], starting: Sequence[int], now: datetime, connection: Connection) -> None:
    recording.record_sent(connection, _OWNER, sent, now)
    recording.begin(connection, _OWNER, starting, datetime.now(UTC))


async def _timed(work: Awaitable[Result]) -> tuple[Result, float]:
    start = perf_counter()
    return await work, (perf_counter() - start) * 1000
