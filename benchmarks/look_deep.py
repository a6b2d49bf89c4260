"""Measures a look at every row of a store whose readers got an issue a day, some of which did not arrive."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter, process_time
from typing import Final

from sqlalchemy import func, select, text

from benchmarks.alone import peak_megabytes
from benchmarks.newsroom import BRIEFINGS, news
from benchmarks.readers import NOW
from benchmarks.stores import opened_at, prepare_at
from digest.config import Settings
from digest.flows.collect import collect
from digest.flows.deep_look import deep_look
from digest.flows.publish import Memory, due_slots, publish
from digest.ingest.gathered import Gathered
from digest.store import issues
from digest.store.database import Database
from digest.store.tables import deliveries

_A_DAY: Final = 8
#: Readers are written straight into the store: what they had before is no concern of theirs, and each has the
#: beginning of a history. One copy in 97 comes back, so that hardly two readers have the same past for long.
_BEGIN: Final = (
    "UPDATE subscriptions SET began_after = (SELECT max(b.cut) FROM bookmarks b JOIN groups g "
    "ON g.bookmark_id = b.id WHERE g.id = subscriptions.group_id)",
    "INSERT INTO standing_changes (subscription_id, at, after, reason, untold) "
    "SELECT id, began_at, standing, 'measured', {no} FROM subscriptions",
)
_END: Final = (
    "UPDATE deliveries SET status = 'refused', reason = 'no-such-user', attempts = 1 "
    "WHERE status = 'planned' AND (id * 7919) % 97 = 0",
    "UPDATE deliveries SET status = 'sent', sent_at = '{now}', attempts = 1 WHERE status = 'planned'",
)


async def fill(url: str, readers: int, days: int) -> dict[str, float]:
    """A store with so many readers and an issue of each cadence for so many days."""
    url = Settings(database_url=url).database_url
    await prepare_at(url, readers)
    async with opened_at(url) as store:
        await _run(store, _BEGIN)
        drafts = news(BRIEFINGS + days * _A_DAY)[BRIEFINGS:]
        for day in range(days):
            now = NOW + timedelta(days=day)
            some = tuple(drafts[day * _A_DAY : (day + 1) * _A_DAY])
            await collect(Gathered(some), store=store, now=now - timedelta(hours=20))
            memory = Memory()
            for due in await due_slots(store=store, now=now):
                await publish(due, store=store, now=now, memory=memory)
            await _run(store, _END)
            async with store.write() as connection:
                for one in await issues.still_sending(connection):
                    await issues.close_when_settled(connection, one.id)
        await store.fold_log()
    return {}


async def look(url: str) -> dict[str, float]:
    """The look itself."""
    async with opened_at(Settings(database_url=url).database_url) as store:
        async with store.read() as connection:
            copies = (await connection.execute(select(func.count()).select_from(deliveries))).scalar_one()
        before, start, processor = peak_megabytes(), perf_counter(), process_time()
        found = await deep_look(store=store)
        assert found.differences == (), [one.line for one in found.differences]
        return {
            "copies": copies,
            "wall": perf_counter() - start,
            "processor": process_time() - processor,
            "before": before,
            "peak": peak_megabytes(),
        }


async def _run(store: Database, statements: tuple[str, ...]) -> None:
    async with store.write() as connection:
        for statement in statements:
            no = "0" if store.is_sqlite else "false"
            await connection.execute(text(statement.format(no=no, now="2026-11-25 08\\:00\\:00")))
