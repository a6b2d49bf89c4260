"""Measures a correction, and a retraction that was a slip: to how many it is owed, and what that takes."""

from __future__ import annotations

from time import perf_counter, process_time

from sqlalchemy import update

from benchmarks.alone import peak_megabytes
from benchmarks.readers import NOW
from benchmarks.stores import copy_of
from digest.flows.correcting import history
from digest.flows.edit_briefing import Edit, edit, retract
from digest.flows.edit_briefing import publish as publish_again
from digest.flows.publish import Memory, due_slots, publish
from digest.store.changes import page
from digest.store.database import Database
from digest.store.tables import deliveries


async def tell(file: str, briefing: int) -> dict[str, float]:
    """Send all that is due in a copy of the store, as far as its rows go, and change a figure of one item."""
    async with copy_of(file) as store:
        planned = await _send_all(store)
        before, start, processor = peak_megabytes(), perf_counter(), process_time()
        await edit(briefing, Edit(paragraphs=("It was 21 percent, and not 12.",)), store=store, now=NOW)
        wall = perf_counter() - start
        ((_correction, readers),) = await history(briefing, store=store)
        return {
            "copies": planned,
            "readers": readers,
            "wall": wall,
            "processor": process_time() - processor,
            "before": before,
            "peak": peak_megabytes(),
        }


async def bring_back(file: str, briefing: int) -> dict[str, float]:
    """Send all that is due in a copy of the store while one item is retracted, and publish it again."""
    async with copy_of(file) as store:
        await retract(briefing, store=store, now=NOW)
        planned = await _send_all(store)
        before, start, processor = peak_megabytes(), perf_counter(), process_time()
        await publish_again(briefing, store=store, now=NOW)
        wall = perf_counter() - start
        async with store.read() as connection:
            change = next(one for one in await page(connection) if one.act == "briefing.publish")
        return {
            "copies": planned,
            "readers": change.after["readers_owed_it_again"],
            "wall": wall,
            "processor": process_time() - processor,
            "before": before,
            "peak": peak_megabytes(),
        }


async def _send_all(store: Database) -> int:
    """Plan what is due and mark it as sent; how many copies."""
    memory, planned = Memory(), 0
    for due in await due_slots(store=store, now=NOW):
        done = await publish(due, store=store, now=NOW, memory=memory)
        planned += 0 if done is None else done.copies
    async with store.write() as connection:
        await connection.execute(
            update(deliveries).where(deliveries.c.status == "planned").values(status="sent", sent_at=NOW)
        )
    return planned
