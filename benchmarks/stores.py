"""Stores to measure on: SQLite files, filled once, and copied for each measurement."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from benchmarks.newsroom import BRIEFINGS, open_newsroom
from benchmarks.readers import CADENCES, fill
from digest.store.database import Database, checkpoint


async def prepare(
    file: str, readers: int, cadences: int = len(CADENCES), briefings: int = BRIEFINGS, past: int = 0
) -> dict[str, float]:
    """Fill a new store with news and readers; `past` issues were sent to each of them already."""
    start = perf_counter()
    async with opened(Path(file)) as store:
        await open_newsroom(store, briefings)
        await fill(store, readers, CADENCES[:cadences])
        for turn in range(past):
            await _remember_an_issue(store, turn)
        await checkpoint(store)
    return {"seconds": perf_counter() - start}


@asynccontextmanager
async def copy_of(file: str) -> AsyncIterator[Database]:
    """A copy of a prepared store, removed afterwards; it is on the disk before anything is measured."""
    copy = _copied(Path(file))
    try:
        async with opened(copy) as store:
            # the first connection is made here, not within a measurement
            async with store.read():
                pass
            yield store
    finally:
        for left in copy.parent.glob(f"{copy.name}*"):
            left.unlink()


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Database]:
    """A store, closed afterwards."""
    store = Database(f"sqlite+aiosqlite:///{file}")
    try:
        yield store
    finally:
        await store.close()


def _copied(file: Path) -> Path:
    copy = file.with_name(f"{file.name}.copy")
    shutil.copyfile(file, copy)
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    return copy


async def _remember_an_issue(store: Database, turn: int) -> None:
    """One issue for each cadence, sent to all its readers; the deliveries lie as planning lays them."""
    async with store.write() as connection:
        for statement in _PAST:
            await connection.execute(text(statement), {"turn": f"past {turn}"})


_PAST = (
    """
    INSERT INTO issues (newsletter_id, cadence_id, slot, day, zone, due_at, planned_at, rounds, status,
                        ignores_bookmarks, domain)
    SELECT 1, id, :turn, '2026-11-01', zone, '2026-11-01', '2026-11-01', 1, 'done', 0, 'news.example'
    FROM cadences
    """,
    """
    INSERT INTO cohorts (issue_id, round, profile_id, bookmark_id, next_bookmark_id, size, groups, deferred,
                         left_out, covers_from)
    SELECT i.id, 1, g.profile_id, g.bookmark_id, g.bookmark_id, count(*), '[]', '[]', '{}', '2026-11-01'
    FROM issues i
    JOIN groups g ON g.cadence_id = i.cadence_id
    JOIN subscriptions s ON s.group_id = g.id
    WHERE i.slot = :turn GROUP BY i.id, g.profile_id, g.bookmark_id
    """,
    """
    INSERT INTO deliveries (issue_id, cohort_id, subscription_id, status, reason, detail, attempts, claims,
                            doubts)
    SELECT i.id, c.id, s.id, 'sent', '', '', 1, 1, 0
    FROM issues i
    JOIN cohorts c ON c.issue_id = i.id
    JOIN groups g ON g.cadence_id = i.cadence_id
         AND g.profile_id = c.profile_id AND g.bookmark_id = c.bookmark_id
    JOIN subscriptions s ON s.group_id = g.id
    WHERE i.slot = :turn ORDER BY c.id, s.id
    """,
)
