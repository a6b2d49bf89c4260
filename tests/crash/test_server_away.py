"""The server falls silent, is down for an hour, or its outbox is full: nothing is lost, no attempt burnt."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiosmtpd.smtp import SMTP

from digest.core.model import DeliveryStatus
from digest.mail.servers import FileOutbox
from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.disk import small_disk
from tests.crash.judgement import judge
from tests.crash.scenes import LANES, NEWS, NOW, news_for, readers_of
from tests.flows.newsroom import at, copies
from tests.tiers import first_of
from tests.walk.recording import Record, recording

pytestmark = pytest.mark.anyio

SEVEN: Final = at(24, 7)


def later(minutes: int) -> str:
    """So many minutes after the mail was due."""
    return (SEVEN + timedelta(minutes=minutes)).isoformat()


@dataclass
class Dropping(Record):
    """Drops some connections after the final dot, before an answer: what it took then it keeps, or not."""

    share: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    kept: int = 0
    forgotten: int = 0

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message, most of the time."""
        if self.chance.random() >= self.share:
            return await super().handle_DATA(server, session, envelope)
        if self.chance.random() < 0.5:
            await super().handle_DATA(server, session, envelope)
            self.kept += 1
        else:
            self.forgotten += 1
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()
        return "451 nobody hears this"


@pytest.mark.parametrize("uncertain", first_of(["again", "hold"]))
@pytest.mark.parametrize(("count", "share"), [(300, 0.05), pytest.param(5000, 0.01, marks=pytest.mark.long)])
async def test_a_server_that_drops_connections_after_the_final_dot_costs_no_copy(
    sqlite_store: Database, tmp_path: Path, births: Path, uncertain: str, count: int, share: float
) -> None:
    readers = await readers_of(sqlite_store, count)
    await news_for(sqlite_store)
    async with recording(Dropping(share=share)) as record:
        assert isinstance(record, Dropping)
        command = Born(tmp_path, sqlite_store, record.server, LANES, uncertain, nursery=births)
        for minutes in (0, 10, 30, 60, 120):
            status, _out, err = await command.run("run", "--now", later(minutes))
            assert status in {0, 1}, err
            if minutes == 0:
                drops = record.kept + record.forgotten
                rows = Counter(copy.status for copy in await copies(sqlite_store))
                assert rows[DeliveryStatus.UNCERTAIN] == drops >= 5
                assert rows[DeliveryStatus.SENT] == readers - drops
                record.share = 0
    doubled = sum(record.times_accepted().values()) - len(record.times_accepted())
    assert doubled == (0 if uncertain == "hold" else record.kept)
    await judge(sqlite_store, record, doubts=drops, news=NEWS, readers=readers, held=uncertain == "hold")


async def test_a_server_that_is_down_for_an_hour_costs_no_copy_and_no_attempt(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 40)
    await news_for(sqlite_store)
    async with recording() as record:
        pass
    command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births)
    for minutes in range(0, 61, 15):
        status, _out, err = await command.run("run", "--now", later(minutes))
        assert (status, "Traceback" in err) == (1, False), err
        assert "no mail server can be used" in err
        rows = await copies(sqlite_store)
        assert {(copy.status, copy.attempts) for copy in rows} == {(DeliveryStatus.PLANNED, 0)}
    async with recording(record, port=record.port):
        status, _out, err = await command.run("run", "--now", later(62))
    assert status == 0, err
    assert {copy.attempts for copy in await copies(sqlite_store)} == {1}
    await judge(sqlite_store, record, doubts=0, news=NEWS, readers=readers)


async def test_a_server_that_goes_down_in_the_middle_leaves_one_doubt_a_connection_at_most(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 60)
    await news_for(sqlite_store)
    crashed = asyncio.Event()
    record = Dropping()

    async def crash(_message: object) -> None:
        if len(record.accepted) == 20:
            crashed.set()
            record.share = 1.0

    async with recording(record):
        record.slowness = 0.005
        record.at_data = crash
        command = Born(tmp_path, sqlite_store, record.server, LANES, nursery=births)
        process = await command.start("run", "--now", later(0))
        await crashed.wait()
    # the listener is gone: whoever wants to connect again is refused
    await process.communicate()
    assert process.returncode == 1
    doubts = record.kept + record.forgotten
    rows = await copies(sqlite_store)
    unsent = [copy for copy in rows if copy.status is DeliveryStatus.PLANNED]
    assert len(unsent) >= readers - len(record.accepted) - LANES - doubts
    assert {copy.attempts for copy in unsent} == {0}
    for minutes in (20, 40, 60):
        assert (await command.run("run", "--now", later(minutes)))[0] == 1
    assert {copy.attempts for copy in await copies(sqlite_store, status=DeliveryStatus.PLANNED)} == {0}
    record.share, record.at_data = 0.0, None
    async with recording(record, port=record.port):
        for minutes in (62, 240):
            status, _out, err = await command.run("run", "--now", later(minutes))
            assert status == 0, err
    await judge(sqlite_store, record, doubts=doubts, news=NEWS, readers=readers)


async def test_an_outbox_whose_disk_is_full_is_a_server_that_is_away(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    readers = await readers_of(sqlite_store, 40)
    await news_for(sqlite_store)
    with small_disk(tmp_path / "disk", "4m") as disk:
        outbox = disk.folder / "outbox"
        outbox.mkdir()
        disk.fill(leave=100_000)
        command = Born(tmp_path, sqlite_store, FileOutbox(outbox), LANES, nursery=births)
        for _ in range(2):
            status, _out, err = await command.run("run", "--now", NOW)
            assert (status, "Traceback" in err) == (1, False), err
            assert "No space left on device" in err
            rows = await copies(sqlite_store)
            written = list(outbox.glob("*.eml"))
            assert 0 < len(written) < readers
            tried = Counter((copy.status, copy.attempts) for copy in rows)
            assert tried == {
                (DeliveryStatus.SENT, 1): len(written),
                (DeliveryStatus.PLANNED, 0): readers - len(written),
            }
            assert all(file.stat().st_size > 1000 for file in written)
        disk.empty()
        status, _out, err = await command.run("run", "--now", NOW)
        assert status == 0, err
        assert len(list(outbox.glob("*.eml"))) == readers
        assert not list(outbox.glob(".*")), "a piece of a letter was left"
