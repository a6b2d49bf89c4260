"""A process lets what is old shrink once an hour, after it has sent what is due; else never."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.store.database import Database
from tests.flows.old_issues import KEEP, LATER, a_week, bound_copies, rows_of
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio


async def test_a_run_binds_what_is_old(sqlite_store: Database, tmp_path: Path) -> None:
    await a_week(sqlite_store)
    await run(jobs_for(sqlite_store, tmp_path, keep=KEEP), LATER)
    assert await bound_copies(sqlite_store) == 9
    assert await rows_of(sqlite_store, 4) == 3


async def test_a_process_looks_once_an_hour(sqlite_store: Database, tmp_path: Path) -> None:
    jobs = jobs_for(sqlite_store, tmp_path, keep=KEEP)
    await run(jobs, LATER)
    await a_week(sqlite_store)
    await run(jobs, LATER + timedelta(minutes=59))
    assert await bound_copies(sqlite_store) == 0
    await run(jobs, LATER + timedelta(minutes=60))
    assert await bound_copies(sqlite_store) == 9


async def test_without_a_span_everything_stays(sqlite_store: Database, tmp_path: Path) -> None:
    await a_week(sqlite_store)
    await run(jobs_for(sqlite_store, tmp_path), LATER)
    assert await bound_copies(sqlite_store) == 0
