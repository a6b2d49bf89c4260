"""Whether a process can serve: what is wrong is said in plain words that give nothing away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text

from digest.core.moving import Closed, Why
from digest.core.readiness import STUCK_AFTER, Pulse, StoreState
from digest.flows.readiness import KEPT, ReadyOrNot
from digest.store import openness
from digest.store.database import Database
from digest.store.schema import NEWEST, migrate
from scheduler import keep_time
from tests.flows.newsroom import TUESDAY
from tests.postgres import PostgresServer
from tests.test_scheduler import Diary
from tests.web.scraping import Scraper, scraper

pytestmark = pytest.mark.anyio

_TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"


@asynccontextmanager
async def asked(store: Database, **parts: Any) -> AsyncIterator[Scraper]:
    async with scraper(store, TUESDAY, **parts) as client:
        yield client


async def ready(one: Scraper) -> tuple[int, str, dict[str, str]]:
    """What is answered when the answer before is old."""
    one.time.seconds += 60
    answer = await one.client.get("/readyz")
    document = answer.json()
    return answer.status_code, document["status"], document["checks"]


@contextmanager
def gone(store: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """The store is somewhere else while the block runs."""
    name = store.url.database or ""
    if store.is_sqlite:
        os.rename(name, f"{name}.away")  # noqa: PTH104
        yield
        os.rename(f"{name}.away", name)  # noqa: PTH104
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    server.command(_TERMINATE.format(name), f'ALTER DATABASE "{name}" RENAME TO "{name}_away"')
    yield
    server.command(f'ALTER DATABASE "{name}_away" RENAME TO "{name}"')


async def test_a_process_whose_store_is_there_is_ready(store: Database) -> None:
    async with asked(store) as one:
        assert await ready(one) == (200, "ok", {"process": "ok", "store": "ok", "schema": "ok"})


async def test_a_store_that_is_gone_is_told_and_so_is_that_it_is_back(
    store: Database, request: pytest.FixtureRequest
) -> None:
    async with asked(store) as one:
        assert (await ready(one))[0] == 200
        with gone(store, request):
            status, word, checks = await ready(one)
            assert (status, word) == (503, "not ready")
            assert checks == {"process": "ok", "store": "cannot be reached"}
            # the process lives, and nobody has made an empty store meanwhile
            assert (await one.client.get("/healthz")).json() == {"status": "ok"}
            if store.is_sqlite:
                assert not os.path.exists(store.url.database or "")  # noqa: ASYNC240, PTH110
        assert (await ready(one))[0] == 200


async def test_an_older_store_is_not_served_from_until_it_is_brought_up_to_date(
    blank_store: Database,
) -> None:
    async with asked(blank_store) as one:
        before = {"store": "cannot be reached"} if blank_store.is_sqlite else {"store": "ok"}
        status, _word, checks = await ready(one)
        # an empty file is made by nobody who only asks
        assert (status, before.items() <= checks.items()) == (503, True)
        assert checks.get("schema") in {None, "is not set up: run digest init"}
        await migrate(blank_store, upto="0020")
        status, _word, checks = await ready(one)
        assert (status, checks["store"], checks["schema"]) == (
            *(503, "ok", "is older than the program: run digest init"),
        )
        await migrate(blank_store)
        assert (await ready(one))[0] == 200


async def test_a_newer_store_is_not_served_from(store: Database) -> None:
    async with store.rebuild() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    async with asked(store) as one:
        status, _word, checks = await ready(one)
        assert (status, checks["schema"]) == (503, "is newer than the program")
        async with store.rebuild() as connection:
            await connection.execute(text(f"UPDATE alembic_version SET version_num = '{NEWEST}'"))
        assert (await ready(one))[0] == 200


async def test_a_store_that_was_moved_is_not_served_from(store: Database) -> None:
    async with store.write() as connection:
        moved = Closed(Why.MOVED, "one", "postgresql://db.internal/news", TUESDAY)
        await openness.note_closed(connection, moved)
    async with asked(store) as one:
        one.time.seconds += 60
        answer = await one.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["schema"]) == (503, "is closed")
    assert "db.internal" not in answer.text


async def test_a_store_that_does_not_answer_is_not_waited_for(
    postgres_store: Database, postgres: PostgresServer
) -> None:
    with closing(postgres.connect(postgres_store.url.database)) as other:
        other.autocommit = False
        other.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        asking = ReadyOrNot(store=postgres_store, longest=0.3)
        async with asyncio.timeout(5):
            assert (await asking.look()).store is StoreState.SLOW
        other.rollback()
    await asyncio.sleep(KEPT)
    assert (await asking.look()).store is StoreState.READY


async def test_a_place_where_no_server_is_gives_nothing_away() -> None:
    store = Database("postgresql+psycopg://news:sesame@127.0.0.1:1/none")
    try:
        async with asked(store) as one:
            one.time.seconds += 60
            answer = await one.client.get("/readyz")
    finally:
        await store.close()
    assert (answer.status_code, answer.json()["checks"]["store"]) == (503, "cannot be reached")
    assert not [word for word in ("sesame", "news", "127.0.0.1", "postgresql") if word in answer.text]


async def test_who_asks_again_and_again_has_the_store_asked_once_a_second(sqlite_store: Database) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    async with asked(sqlite_store) as one:
        await ready(one)
        event.listen(sqlite_store.engine.sync_engine, "before_cursor_execute", count)
        answers = await asyncio.gather(*(one.client.get("/readyz") for _ in range(40)))
        assert {answer.status_code for answer in answers} == {200}
        assert statements == 0
        await ready(one)
        assert statements > 0


async def test_a_process_with_a_scheduler_is_ready_while_that_runs(sqlite_store: Database) -> None:
    pulse, stop, diary = Pulse(), asyncio.Event(), Diary()
    async with asked(sqlite_store, pulse=pulse, is_stopping=stop.is_set) as one:
        assert (await ready(one))[2]["scheduler"] == "does not run"
        keeping = asyncio.create_task(keep_time(diary, tick_seconds=30, stop=stop, pulse=pulse))
        async with asyncio.timeout(10):
            while pulse.last_tick is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await ready(one) == (
            *(200, "ok", {"process": "ok", "store": "ok", "schema": "ok", "scheduler": "ok"}),
        )
        figures = await one.figures()
        assert figures("digest_scheduler_awake") == 1
        assert figures("digest_scheduler_trouble") == 0
        woke = figures("digest_scheduler_wake_timestamp_seconds")
        assert abs(woke - datetime.now(UTC).timestamp()) < 10
        assert figures("digest_scheduler_round_timestamp_seconds") == diary.asked[0].timestamp()
        stop.set()
        status, _word, checks = await ready(one)
        assert (status, checks["process"]) == (503, "is stopping")
        await keeping
        assert (await one.figures())("digest_scheduler_awake") == 0


async def test_a_scheduler_that_does_not_wake_any_more_is_noticed(sqlite_store: Database) -> None:
    now = datetime.now(UTC)
    pulse = Pulse(is_awake=True, woke_at=now)
    async with asked(sqlite_store, pulse=pulse) as one:
        assert (await ready(one))[0] == 200
        pulse.woke_at = now - STUCK_AFTER - timedelta(seconds=1)
        assert (await ready(one))[2]["scheduler"] == "does not run"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_it_is_only_asked(sqlite_store: Database, method: str) -> None:
    async with asked(sqlite_store) as one:
        for path in ("/readyz", "/healthz", "/metrics"):
            answer: httpx.Response = await one.client.request(method, path)
            assert answer.status_code == 405
