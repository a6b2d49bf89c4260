"""`digest serve` as a process: it answers, sends what is due by itself, and ends well when it is asked to."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
from asyncio.subprocess import Process
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from digest.core.model import DeliveryStatus
from digest.store.database import Database
from tests.flows.newsroom import copies, item, join, join_many, publish_news
from tests.walk.process import Command, Running, ended
from tests.walk.recording import Accepted, recording
from tests.web.scraping import SHOWN, TOKEN, Figures

pytestmark = pytest.mark.anyio


async def address_of(process: Running) -> str:
    """Where the process says that it serves."""
    assert isinstance(process, Process)
    assert process.stderr is not None
    async with asyncio.timeout(30):
        async for line in process.stderr:
            found = re.search(rb"serving on (http://\S+?),", line)
            if found:
                return found[1].decode()
    raise AssertionError("it never served")


async def test_it_answers_sends_what_is_due_and_stops_when_asked(
    sqlite_store: Database, tmp_path: Path
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await join_many(sqlite_store, 3, yesterday)
    await publish_news(sqlite_store, yesterday, item("Tariffs"))
    sent, sent_at_once = asyncio.Event(), asyncio.Event()
    async with recording() as record:

        async def notice(message: Accepted) -> None:
            if len(record.accepted) >= 2:
                sent.set()
            if message.recipient == "at-once@example.org":
                sent_at_once.set()

        record.at_data = notice
        command = Command(tmp_path, sqlite_store, record.server, settings={"DIGEST_METRICS_TOKEN": TOKEN})
        process = await command.start("serve", "--port", "0")
        address = await address_of(process)
        async with asyncio.timeout(30):
            async with httpx.AsyncClient(base_url=address) as client:
                answer = await client.get("/healthz")
                assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
                answer = await client.get("/readyz")
                assert (answer.status_code, answer.json()["checks"]["scheduler"]) == (200, "ok")
                assert (await client.get("/metrics")).status_code == 401
                await sent.wait()
                figures = Figures((await client.get("/metrics", headers=SHOWN)).text)
                assert figures("digest_letter_seconds_count", answer="accepted") >= 1
                assert figures("digest_readers", standing="active") == 3
            # what becomes due while it runs goes out too
            await join(sqlite_store, "at-once@example.org", yesterday, at_once="yes")
            await publish_news(sqlite_store, datetime.now(UTC), item("Solar"))
            await sent_at_once.wait()
        process.send_signal(signal.SIGTERM)
        status, _out, err = await ended(process)
    assert (status, "Traceback" in err) == (0, False)
    assert json.loads(err.splitlines()[-1])["event"] == "stopped"
    assert set(record.times_accepted().values()) == {1}
    left = {copy.status for copy in await copies(sqlite_store)}
    assert left <= {DeliveryStatus.SENT, DeliveryStatus.PLANNED}


async def test_a_stop_in_the_middle_of_an_issue_ends_well_and_the_next_run_goes_on(
    sqlite_store: Database, tmp_path: Path
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await join_many(sqlite_store, 120, yesterday)
    await publish_news(sqlite_store, yesterday, item("Tariffs"))
    async with recording() as record:
        record.slowness = 0.02
        command = Command(tmp_path, sqlite_store, record.server)
        process = await command.start("serve", "--port", "0")

        async def stop_at_thirty(_message: Accepted) -> None:
            if len(record.accepted) == 30:
                process.send_signal(signal.SIGTERM)

        record.at_data = stop_at_thirty
        status, _out, err = await ended(process)
        assert status == 0, err
        taken = len(record.accepted)
        assert 30 <= taken < 60
        counts = Counter(copy.status for copy in await copies(sqlite_store))
        assert counts == {DeliveryStatus.SENT: taken, DeliveryStatus.PLANNED: 120 - taken}
        record.at_data, record.slowness = None, 0.0
        assert (await command.run("run"))[0] == 0
    assert set(record.times_accepted().values()) == {1}
    assert len(record.accepted) == 120


async def test_a_port_that_is_taken_is_refused_in_one_plain_line(
    sqlite_store: Database, tmp_path: Path
) -> None:
    async with recording() as record:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            command = Command(tmp_path, sqlite_store, record.server)
            status, out, err = await command.run("serve", "--port", str(port))
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert str(port) in line
    assert "choose another" in line
    assert record.connections == 0


async def test_pages_without_a_scheduler_tell_that_nobody_sends(
    sqlite_store: Database, tmp_path: Path
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await join_many(sqlite_store, 1, yesterday)
    await publish_news(sqlite_store, yesterday, item("Tariffs"))
    told = asyncio.Event()
    async with recording() as record:

        async def arrived(message: Accepted) -> None:
            told.set()

        record.at_data = arrived
        settings = {"DIGEST_ALERTS_TO": "desk@newsroom.example", "DIGEST_ALARM_AFTER_MINUTES": "1"}
        # seconds instead of minutes
        quick = (
            "import scheduler\nfrom datetime import timedelta\nfrom digest.core.overdue import Graces\n"
            "scheduler.WATCH_SECONDS = 1\n"
            "Graces.of_minutes = classmethod(lambda cls, *_: cls(timedelta(seconds=1), None))"
        )
        command = Command(tmp_path, sqlite_store, record.server, settings=settings)
        process = await command.start_with(quick, "serve", "--port", "0", "--no-scheduler")
        await address_of(process)
        async with asyncio.timeout(60):
            await told.wait()
        process.send_signal(signal.SIGTERM)
        status, _out, err = await ended(process)
    assert (status, {one.recipient for one in record.accepted}) == (0, {"desk@newsroom.example"})
    assert any(json.loads(line)["event"] == "what should have come is late" for line in err.splitlines())
    assert await copies(sqlite_store) == ()
