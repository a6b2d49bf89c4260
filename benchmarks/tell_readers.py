"""Measures a correction: of how many who had the old text it is owed to, and how long that takes."""

from __future__ import annotations

from time import perf_counter, process_time

from sqlalchemy import update

from benchmarks.alone import peak_megabytes
from benchmarks.readers import NOW
from benchmarks.stores import copy_of
from digest.flows.correcting import history
from digest.flows.edit_briefing import Edit, edit
from digest.flows.publish import Memory, due_slots, publish
from digest.store.tables import deliveries


async def tell(file: str, briefing: int) -> dict[str, float]:
    """Send all that is due in a copy of the store, as far as its rows go, and change a figure of one item."""
    async with copy_of(file) as store:
        memory, planned = Memory(), 0
        for due in await due_slots(store=store, now=NOW):
            done = await publish(due, store=store, now=NOW, memory=memory)
            planned += 0 if done is None else done.copies
        async with store.write() as connection:
            await connection.execute(
                update(deliveries).where(deliveries.c.status == "planned").values(status="sent", sent_at=NOW)
            )
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
