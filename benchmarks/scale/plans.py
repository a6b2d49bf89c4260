"""Measures the planning of what is due: all of it in one process, and a bare INSERT ... SELECT."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter, process_time
from typing import Final

from sqlalchemy import text

from benchmarks.alone import peak_megabytes
from benchmarks.claim_batches import settle
from benchmarks.scale.population import outside
from benchmarks.stopwatch import Stopwatch
from benchmarks.stores import opened_at
from digest.config import Settings
from digest.core.selection import Selector
from digest.flows.publish import Memory, due_slots, publish
from digest.store import planning

#: As many rows as planning writes, into the same table with the same indices, and nothing decided.
_ISSUE: Final = """
    INSERT INTO issues (newsletter_id, cadence_id, slot, day, zone, due_at, planned_at, rounds, status,
                        ignores_bookmarks, domain)
    SELECT 1, id, 'bare', DATE '2026-11-01', zone, DATE '2026-11-01', DATE '2026-11-01', 1, 'sending', false,
           'news.example'
    FROM cadences
"""
_COHORTS: Final = """
    INSERT INTO cohorts (issue_id, round, profile_id, bookmark_id, next_bookmark_id, size, groups, deferred,
                         left_out, covers_from)
    SELECT i.id, 1, g.profile_id, g.bookmark_id, g.bookmark_id, 1, '[]', '[]', '{}', DATE '2026-11-01'
    FROM issues i JOIN groups g ON g.cadence_id = i.cadence_id WHERE i.slot = 'bare'
    GROUP BY i.id, g.profile_id, g.bookmark_id
"""
_BARE: Final = """
    INSERT INTO deliveries (issue_id, cohort_id, subscription_id, status, reason, detail, attempts, claims,
                            doubts)
    SELECT i.id, c.id, s.id, 'planned', '', '', 0, 0, 0
    FROM issues i
    JOIN cohorts c ON c.issue_id = i.id
    JOIN groups g ON g.cadence_id = i.cadence_id
         AND g.profile_id = c.profile_id AND g.bookmark_id = c.bookmark_id
    JOIN subscriptions s ON s.group_id = g.id
    WHERE i.slot = 'bare'
"""


async def bare(url: str) -> dict[str, float]:
    """Seconds of the statement alone, and of its commit."""
    async with opened_at(Settings(database_url=url).database_url) as store:
        async with store.write() as connection:
            await connection.execute(text(_ISSUE))
            await connection.execute(text(_COHORTS))
        await outside(store, "ANALYZE")
        began = perf_counter()
        async with store.write() as connection:
            copies = (await connection.execute(text(_BARE))).rowcount
        return {"copies": copies, "wall": perf_counter() - began}


async def plan(url: str) -> dict[str, float]:
    """Plan everything that is due; seconds in all and in its parts, and megabytes of this process."""
    watch = Stopwatch()
    watch.watch("reading", planning, "groups_due")
    watch.watch("deciding", Selector, "regular")
    watch.watch("writing", planning, "plan_cohorts")
    async with opened_at(Settings(database_url=url).database_url) as store:
        now, memory = datetime.now(UTC), Memory()
        began, processor = perf_counter(), process_time()
        slots = await due_slots(store=store, now=now)
        found = perf_counter() - began
        planned = [await publish(due, store=store, now=now, memory=memory) for due in slots]
        wall = perf_counter() - began
        done = [one for one in planned if one is not None]
    return {
        **watch.seconds,
        "wall": wall,
        "finding": found,
        "processor": process_time() - processor,
        "issues": len(done),
        "copies": sum(one.copies for one in done),
        "skipped": sum(sum(one.skipped.values()) for one in done),
        "peak": peak_megabytes(),
    }


async def send(url: str) -> dict[str, float]:
    """Claim, begin and record all copies of the only issue, as if a server took each at once."""
    async with opened_at(Settings(database_url=url).database_url) as store:
        async with store.read() as connection:
            issue_id: int = (await connection.execute(text("SELECT max(id) FROM issues"))).scalar_one()
        # within a minute the store does so by itself
        await outside(store, "ANALYZE")
        began = perf_counter()
        found = await settle(store, issue_id, datetime.now(UTC))
        return {**found, "wall": perf_counter() - began}
