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
    """Fill a new SQLite file with news and readers; `past` issues were sent to each of them already."""
    return await prepare_at(_url_of(Path(file)), readers, cadences, briefings, past)


async def prepare_at(
    url: str, readers: int, cadences: int = len(CADENCES), briefings: int = BRIEFINGS, past: int = 0
) -> dict[str, float]:
    """The same with any store."""
    start = perf_counter()
    async with opened_at(url) as store:
        await open_newsroom(store, briefings)
        await fill(store, readers, CADENCES[:cadences])
        for turn in range(past):
            await _remember_an_issue(store, turn)
        await _settle(store)
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
    """The store in a file, closed afterwards."""
    async with opened_at(_url_of(file)) as store:
        yield store


@asynccontextmanager
async def opened_at(url: str) -> AsyncIterator[Database]:
    """A store, closed afterwards."""
    store = Database(url)
    try:
        yield store
    finally:
        await store.close()


def spelled(statement: str, store: Database) -> str:
    """A statement as this kind of store wants it: see `_SPELLED`."""
    for word, of_each in _SPELLED.items():
        statement = statement.replace(word, of_each[store.is_sqlite])
    return statement


def _url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def _settle(store: Database) -> None:
    """Bring the store to the state in which it would be hours after it was filled."""
    if store.is_sqlite:
        await checkpoint(store)
        return
    async with store.write() as connection:
        for table in ("subscribers", "subscriptions"):
            # ids were given, so what hands them out has not moved
            await connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            )
        await connection.execute(text("ANALYZE"))


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
            await connection.execute(text(spelled(statement, store)), {"turn": f"past {turn}"})


#: What the two kinds of store write differently: PostgreSQL, then SQLite.
_SPELLED = {
    "{day}": ("DATE '2026-11-01'", "'2026-11-01'"),
    "{no}": ("false", "0"),
    "{sent}": ("CAST(:sent AS json)", ":sent"),
    "{copy}": ("CAST('[[\"economy\", [1, 2, 3]]]' AS json)", "'[[\"economy\", [1, 2, 3]]]'"),
    "{list}": ("CAST('[]' AS json)", "'[]'"),
    "{none}": ("CAST('{}' AS json)", "'{}'"),
}

_PAST = (
    """
    INSERT INTO issues (newsletter_id, cadence_id, slot, day, zone, due_at, planned_at, rounds, status,
                        ignores_bookmarks, domain)
    SELECT 1, id, :turn, {day}, zone, {day}, {day}, 1, 'done', {no}, 'news.example'
    FROM cadences
    """,
    """
    INSERT INTO issue_briefings (issue_id, round, number, revision)
    SELECT i.id, 1, b.number, 1 FROM issues i JOIN briefings b ON b.number <= 3 WHERE i.slot = :turn
    """,
    """
    INSERT INTO cohorts (issue_id, round, profile_id, bookmark_id, next_bookmark_id, size, groups, deferred,
                         left_out, covers_from)
    SELECT i.id, 1, g.profile_id, g.bookmark_id, g.bookmark_id, count(*), {copy}, {list}, {none}, {day}
    FROM issues i
    JOIN groups g ON g.cadence_id = i.cadence_id
    JOIN subscriptions s ON s.group_id = g.id
    WHERE i.slot = :turn GROUP BY i.id, g.profile_id, g.bookmark_id
    """,
    """
    INSERT INTO deliveries (issue_id, cohort_id, subscription_id, status, reason, detail, attempts, claims,
                            doubts, sent_at)
    SELECT i.id, c.id, s.id, 'sent', '', '', 1, 1, 0, {day}
    FROM issues i
    JOIN cohorts c ON c.issue_id = i.id
    JOIN groups g ON g.cadence_id = i.cadence_id
         AND g.profile_id = c.profile_id AND g.bookmark_id = c.bookmark_id
    JOIN subscriptions s ON s.group_id = g.id
    WHERE i.slot = :turn ORDER BY c.id, s.id
    """,
)
