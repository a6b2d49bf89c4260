"""A look for figures goes along indices of what is open or recent, never through all copies or readers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from digest.flows import metrics_read
from digest.flows.counting import add_up
from digest.flows.metrics import QUICK_KEPT, SLOW_KEPT, StoreMetrics
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, join_many, publish_news
from tests.flows.returning import sent_to
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)
#: Tables that grow with readers and days.
LARGE = ("deliveries", "subscriptions", "subscribers", "standing_changes", "cohorts", "returns", "events")


async def plans_of(store: Database, look: Callable[[], Awaitable[Any]]) -> list[str]:
    """How SQLite goes about each statement of a look."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_more: object) -> None:
        asked.append((statement, parameters))

    engine = store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await look()
    event.remove(engine, "before_cursor_execute", note)
    lines: list[str] = []
    async with store.read() as connection:
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                rows: Any = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                lines += [row[3] for row in rows]
    return lines


def walks(lines: list[str]) -> set[str]:
    """The walks through large tables, each by the index it goes along, if it goes along one."""
    return {line for line in lines if line.startswith(tuple(f"SCAN {name}" for name in LARGE))}


async def test_a_quick_look_walks_along_what_is_open(sqlite_store: Database, tmp_path: Path) -> None:
    await sent_to(sqlite_store, "ana@example.org")
    await add_up(store=sqlite_store)
    lines = await plans_of(sqlite_store, lambda: metrics_read.quick(sqlite_store, SEVEN))
    assert walks(lines) <= {"SCAN deliveries USING COVERING INDEX ix_deliveries_open"}
    assert any("ix_issues_untotalled" in line for line in lines)
    assert any("ix_handovers_due" in line for line in lines)


async def test_a_slow_look_walks_along_one_index_of_all_readers(sqlite_store: Database) -> None:
    await join(sqlite_store, "ana@example.org", TUESDAY)
    lines = await plans_of(sqlite_store, lambda: metrics_read.slow(sqlite_store, SEVEN))
    assert walks(lines) == {"SCAN subscriptions USING COVERING INDEX ix_subscriptions_listed"}


class Hourglass:
    """Seconds that pass when a look is at work, and when they are told to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.looks = 0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("takes", "kept"), [(0.01, QUICK_KEPT), (0.5, 10.0), (4.0, 80.0)], ids=["quick", "slower", "slow"]
)
async def test_a_look_is_kept_for_twenty_times_as_long_as_it_took(
    sqlite_store: Database, takes: float, kept: float
) -> None:
    glass = Hourglass()

    def now() -> Any:
        # asked once for each of the two looks
        glass.seconds += takes
        glass.looks += 1
        return SEVEN

    metrics = StoreMetrics(store=sqlite_store, now=now, clock=glass)
    await metrics.seen()
    assert glass.looks == 2
    # the quick one came first, and the other took as long
    glass.seconds += kept - takes - 0.001
    await metrics.seen()
    assert glass.looks == 2
    glass.seconds += 0.002
    await metrics.seen()
    assert glass.looks >= 3
    glass.seconds += max(SLOW_KEPT, kept) + 0.002
    before = glass.looks
    await metrics.seen()
    assert glass.looks == before + 2


async def test_figures_of_many_readers_agree_with_what_they_are_of(store: Database, tmp_path: Path) -> None:
    await join_many(store, 40, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await run(jobs_for(store, tmp_path), SEVEN)
    found = {(one.name, one.labels): one.value for one in await metrics_read.quick(store, SEVEN)}
    assert found["digest_copies_total", ("daily", "sent", "")] == 40
    assert found["digest_answers_last_day", ("others", "accepted")] == 40
    slow = {(one.name, one.labels): one.value for one in await metrics_read.slow(store, SEVEN)}
    assert slow["digest_readers", ("daily", "active")] == 40
