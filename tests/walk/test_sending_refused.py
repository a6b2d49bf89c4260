"""A relay that refuses everybody is no word about any reader: sending stops, and says what it heard."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.core.refusals import COPIES_IN_A_ROW, KNOCK_SECONDS
from digest.store.database import Database
from tests.flows.newsroom import at, copies
from tests.jobs.office import jobs_for, run
from tests.mail.smtpd import smtpd
from tests.walk.process import Command
from tests.walk.test_sending_paced import readers_at, statuses

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)
LANES = 4
REFUSES_ALL = {"RCPT": "554 5.7.1 Relay access denied"}


async def many_families(store: Database, count: int = 100) -> None:
    await readers_at(store, *(f"family{number % 30}.example" for number in range(count)))


async def test_a_relay_that_refuses_everybody_stops_the_run_and_the_rest_stays_planned(
    store: Database, tmp_path: Path
) -> None:
    await many_families(store)
    async with smtpd(REFUSES_ALL) as server:
        report = await run(jobs_for(store, tmp_path, server.server()), SEVEN)
    refused = report.totals.refused
    # those on their way at the last moment are refused too
    assert COPIES_IN_A_ROW <= refused <= COPIES_IN_A_ROW + LANES
    assert report.trouble.startswith("the server refuses every copy, the last 2")
    assert report.trouble.endswith("with: 554 5.7.1 Relay access denied (at rcpt)")
    assert await statuses(store) == {DeliveryStatus.REFUSED: refused, DeliveryStatus.PLANNED: 100 - refused}
    assert Counter(copy.reason for copy in await copies(store)) == {"policy": refused, "": 100 - refused}


async def test_afterwards_one_copy_now_and_then_finds_out_when_it_is_over(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await many_families(sqlite_store)
    seconds = 0.0
    async with smtpd(REFUSES_ALL) as server:
        jobs = jobs_for(sqlite_store, tmp_path, server.server(), clock=lambda: seconds)
        burnt = (await run(jobs, SEVEN)).totals.refused
        connections = server.connections
        silent = await run(jobs, SEVEN + timedelta(minutes=1))
        assert (silent.totals.refused, server.connections) == (0, connections)
        assert "refuses every copy" in silent.trouble
        seconds = KNOCK_SECONDS + 1
        assert (await run(jobs, SEVEN + timedelta(minutes=11))).totals.refused == 1
        seconds *= 2
        server.misbehaviour = {}
        report = await run(jobs, SEVEN + timedelta(minutes=22))
    assert (report.totals.sent, report.trouble) == (100 - burnt - 1, "")


async def test_one_domain_that_refuses_all_its_readers_does_not_stop_the_others(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_at(sqlite_store, *(["strict.example"] * 60 + ["news.example"] * 20))
    async with smtpd({"RCPT": ["550 5.7.1 We want none of this"] * 60}) as server:
        report = await run(jobs_for(sqlite_store, tmp_path, server.server(), lanes=1), SEVEN)
    assert (report.totals.refused, report.totals.sent, report.trouble) == (60, 20, "")


async def test_the_command_says_which_answer_it_was_and_ends_with_1(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await many_families(sqlite_store)
    async with smtpd({"MAIL": "550 5.7.1 Your account is suspended"}) as server:
        command = Command(tmp_path, sqlite_store, server.server())
        status, _out, err = await command.run("run", "--now", "2026-11-24T07:00:00Z")
    assert status == 1
    (told,) = [line for line in err.splitlines() if line.startswith("stopped: ")]
    assert "550 5.7.1 Your account is suspended (at mail)" in told
    assert (await statuses(sqlite_store))[DeliveryStatus.PLANNED] >= 100 - COPIES_IN_A_ROW - LANES
