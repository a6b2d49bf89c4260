"""A process from before an upgrade looks on, writes nothing, and says why; nothing is lost by it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import StoreError
from digest.flows.deep_look import deep_look
from digest.store import counters
from digest.store.database import Database
from digest.store.schema import current_revision, migrate
from digest.store.tables import deliveries
from digest.store.version import NEWEST, hold_writers_off
from tests.flows.newsroom import TUESDAY, at, item, join_many, publish_news
from tests.jobs.office import jobs_for, run
from tests.store.versions import contents, make
from tests.stores import opened

pytestmark = pytest.mark.anyio

LATER = "9999"


@pytest.fixture
async def upgrader(store: Database) -> AsyncIterator[Database]:
    """The same store as another process has it open: the one that upgrades."""
    async with opened(store.url.render_as_string(hide_password=False)) as other:
        yield other


async def become(store: Database, version: str) -> None:
    """Do of an upgrade what other processes see of it."""
    async with store.rebuild() as connection:
        await hold_writers_off(connection)
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))


async def test_a_process_from_before_looks_on_and_writes_nothing(store: Database, upgrader: Database) -> None:
    async with store.write() as connection:
        # it has been at work
        await counters.take(connection, counters.PAGES)
    await become(upgrader, LATER)
    before = await contents(upgrader)

    async def briefly(connection: AsyncConnection) -> None:
        await counters.take(connection, counters.PAGES)

    def apart(connection: Connection) -> None:
        connection.execute(text("UPDATE counters SET value = 99"))

    told = rf"upgraded to version {LATER}, and this process works on {NEWEST}: it writes nothing any more"
    for _ in range(2):
        with pytest.raises(StoreError, match=told):
            async with store.write() as connection:
                await counters.take(connection, counters.PAGES)
        with pytest.raises(StoreError, match=told):
            await store.write_briefly(briefly)
        with pytest.raises(StoreError, match=told):
            await store.write_apart(apart)
    async with store.read() as connection:
        assert await counters.newest_number(connection) == 0
    assert await contents(upgrader) == before
    await become(upgrader, NEWEST)
    await store.write_apart(apart)


async def test_an_upgrade_waits_for_who_writes(store: Database, upgrader: Database) -> None:
    async with store.write() as connection:
        upgrading = asyncio.create_task(become(upgrader, LATER))
        await asyncio.sleep(0.3)
        assert not upgrading.done()
        await counters.take(connection, counters.PAGES)
    async with asyncio.timeout(30):
        await upgrading
    assert await current_revision(store) == LATER


async def test_who_waits_for_an_upgrade_to_end_is_of_before_and_refused(
    store: Database, upgrader: Database
) -> None:
    async def write() -> None:
        async with store.write() as connection:
            await counters.take(connection, counters.PAGES)

    async with upgrader.rebuild() as connection:
        await hold_writers_off(connection)
        writing = asyncio.create_task(write())
        await asyncio.sleep(0.3)
        assert not writing.done()
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{LATER}'"))
    with pytest.raises(StoreError, match="it writes nothing any more"):
        async with asyncio.timeout(30):
            await writing


async def test_an_upgrade_under_a_sender_loses_nothing(
    store: Database, upgrader: Database, tmp_path: Path
) -> None:
    """Against all advice it is upgraded in the middle of an issue; the new program ends what was begun."""
    readers = 300
    await join_many(store, readers, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    outbox = tmp_path / "outbox"
    jobs = jobs_for(store, tmp_path, lanes=2)
    sending = asyncio.create_task(run(jobs, at(24, 7)))
    while len(list(outbox.glob("*.eml"))) < 20:
        assert not sending.done()
        await asyncio.sleep(0.01)
    await become(upgrader, LATER)
    at_the_upgrade = await _by_status(upgrader)
    with pytest.raises(StoreError, match="it writes nothing any more"):
        await sending
    await jobs.end()
    assert await _by_status(upgrader) == at_the_upgrade
    # the new program starts; here it is the same one
    await become(upgrader, NEWEST)
    again = jobs_for(upgrader, tmp_path, lanes=2)
    await run(again, at(24, 7) + timedelta(minutes=20))
    await again.end()
    assert await _by_status(upgrader) == {"sent": readers}
    assert (await deep_look(store=upgrader)).differences == ()
    letters = Counter(message_from_bytes(path.read_bytes())["To"] for path in outbox.glob("*.eml"))
    assert len(letters) == readers
    assert sum(letters.values()) - readers <= 2, "one for each lane may have come twice"


async def _by_status(store: Database) -> dict[str, int]:
    async with store.read() as connection:
        rows = await connection.execute(text("SELECT status, count(*) FROM deliveries GROUP BY status"))
        return {row[0]: row[1] for row in rows}


async def test_a_store_from_which_is_sent_is_not_upgraded(blank_store: Database) -> None:
    await make(blank_store, "0024")
    soon = datetime.now(UTC) + timedelta(minutes=10)
    await _lease_until(blank_store, soon)
    with pytest.raises(
        StoreError, match=rf"1 mail of the store .* is being sent.*wait until {soon:%H:%M:%S} UTC"
    ):
        await migrate(blank_store)
    assert await current_revision(blank_store) == "0024"
    await _lease_until(blank_store, datetime.now(UTC) - timedelta(seconds=1))
    await migrate(blank_store)
    assert await current_revision(blank_store) == NEWEST


async def _lease_until(store: Database, until: datetime) -> None:
    async with store.rebuild() as connection:
        first = select(deliveries.c.id).where(deliveries.c.reason == "interrupted").scalar_subquery()
        held = deliveries.update().where(deliveries.c.id == first)
        await connection.execute(held.values(status="sending", owner="somebody", lease_until=until))
