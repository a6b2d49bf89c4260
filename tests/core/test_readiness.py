"""Whether a process can serve, in words that tell nobody where its store is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.readiness import (
    STUCK_AFTER,
    Pulse,
    Readiness,
    StoreState,
    scheduler_runs,
    state_of_version,
)

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "is_ready", "checks"),
    [
        (Readiness(StoreState.READY, None), True, {"process": "ok", "store": "ok", "schema": "ok"}),
        (
            Readiness(StoreState.READY, True),
            True,
            {"process": "ok", "store": "ok", "schema": "ok", "scheduler": "ok"},
        ),
        (
            Readiness(StoreState.READY, False),
            False,
            {"process": "ok", "store": "ok", "schema": "ok", "scheduler": "does not run"},
        ),
        (
            Readiness(StoreState.READY, True, is_stopping=True),
            False,
            {"process": "is stopping", "store": "ok", "schema": "ok", "scheduler": "ok"},
        ),
        (
            Readiness(StoreState.UNREACHABLE, None),
            False,
            {"process": "ok", "store": "cannot be reached"},
        ),
        (Readiness(StoreState.SLOW, None), False, {"process": "ok", "store": "does not answer in time"}),
        (
            Readiness(StoreState.OLDER, None),
            False,
            {"process": "ok", "store": "ok", "schema": "is older than the program: run digest init"},
        ),
        (
            Readiness(StoreState.CLOSED, None),
            False,
            {"process": "ok", "store": "ok", "schema": "is closed"},
        ),
    ],
)
def test_each_check_is_told_and_all_must_be_well(
    found: Readiness, is_ready: bool, checks: dict[str, str]
) -> None:
    assert found.is_ready is is_ready
    assert found.checks() == checks


@pytest.mark.parametrize(
    ("pulse", "runs"),
    [
        (None, None),
        (Pulse(), False),
        (Pulse(is_awake=True), False),
        (Pulse(woke_at=NOW), False),
        (Pulse(is_awake=True, woke_at=NOW), True),
        (Pulse(is_awake=True, woke_at=NOW - STUCK_AFTER + timedelta(seconds=1)), True),
        (Pulse(is_awake=True, woke_at=NOW - STUCK_AFTER), False),
    ],
    ids=["none", "asleep", "never-woke", "stopped", "runs", "nearly-stuck", "stuck"],
)
def test_a_scheduler_runs_that_woke_a_moment_ago(pulse: Pulse | None, runs: bool | None) -> None:
    assert scheduler_runs(pulse, NOW) is runs


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (None, StoreState.NOT_SET_UP),
        ("0029", StoreState.OLDER),
        ("0030", StoreState.READY),
        ("0031", StoreState.NEWER),
    ],
)
def test_a_version_of_the_store_is_that_of_the_program_or_not(found: str | None, state: StoreState) -> None:
    assert state_of_version(found, "0030") is state
