"""Processes that are asked to end while they wait, and processes that a copy ends again and again."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.store.claimable import MOST_CLAIMS
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, copies, item, join_many, publish_news
from tests.tiers import first_of
from tests.walk.process import Command, ended
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio

NOW = "2026-11-24T07:00:00Z"
LANES = 4

#: What makes a process die the hard way as soon as it prints the seventh copy.
DEADLY = """
import os, signal
from digest.flows.press import Press
letter = Press.letter

async def deadly(press, copy):
    if copy.delivery_id == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return await letter(press, copy)

Press.letter = deadly
"""


async def readers_and_news(store: Database, count: int) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join_many(store, count, TUESDAY)


@pytest.mark.parametrize("limit", first_of(["DIGEST_FAMILY_RATE", "DIGEST_SMTP_RATE"]))
async def test_a_run_that_waits_for_its_pace_ends_at_once_and_well_when_it_is_asked_to(
    sqlite_store: Database, tmp_path: Path, limit: str
) -> None:
    await readers_and_news(sqlite_store, 40)
    first = asyncio.Event()
    async with recording() as record:

        async def notice(_message: Accepted) -> None:
            first.set()

        record.at_data = notice
        # the next copy may begin after some twenty seconds, which is not yet worth giving it back
        command = Command(tmp_path, sqlite_store, record.server, LANES, settings={limit: "0.05"})
        process = await command.start("run", "--now", NOW, "--json")
        async with asyncio.timeout(60):
            await first.wait()
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(12):
            status, out, err = await ended(process)
        assert (status, "Traceback" in err) == (0, False), err
        assert json.loads(out)["sent"] == len(record.accepted) == 1
        counts = Counter(copy.status for copy in await copies(sqlite_store))
        left = counts[DeliveryStatus.PLANNED] + counts[DeliveryStatus.DEFERRED]
        assert (counts[DeliveryStatus.SENT], left) == (1, 39)
        record.at_data = None
        later = Command(tmp_path, sqlite_store, record.server, LANES)
        assert (await later.run("run", "--now", "2026-11-24T08:00:00Z"))[0] == 0
    assert set(record.times_accepted().values()) == {1}
    assert len(record.accepted) == 40


async def test_a_copy_that_ends_each_process_is_given_up_and_all_others_are_sent(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await readers_and_news(sqlite_store, 40)
    ends: list[int] = []
    async with recording() as record:
        command = Command(tmp_path, sqlite_store, record.server, LANES)
        while not ends or ends[-1] == -signal.SIGKILL:
            assert len(ends) <= MOST_CLAIMS
            status, out, err = await ended(await command.start_with(DEADLY, "run", "--now", NOW, "--json"))
            ends.append(status)
    assert ends == [-signal.SIGKILL] * MOST_CLAIMS + [1], err
    assert json.loads(out)["refused"] == 1
    rows = {copy.id: (copy.status.value, copy.reason) for copy in await copies(sqlite_store)}
    assert rows.pop(7) == ("refused", "ends-senders")
    assert set(rows.values()) == {("sent", "")}
    times = record.times_accepted()
    assert set(times) == set(rows)
    assert times.total() - len(times) <= MOST_CLAIMS * LANES
