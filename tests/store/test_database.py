"""A transaction is whole or not at all, and what two hold at once never becomes half of each."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import StoreError
from digest.store import sqlite
from digest.store.database import Database, checkpoint
from digest.store.tables import counters, deliveries, facts, issues
from subscribers.tables import subscribers

pytestmark = pytest.mark.anyio


async def remembered(store: Database, name: str) -> str | None:
    async with store.read() as connection:
        query = select(facts.c.value).where(facts.c.name == name)
        found: str | None = (await connection.execute(query)).scalar()
        return found


async def remember(store: Database, name: str) -> None:
    async with store.write() as connection:
        await connection.execute(insert(facts).values(name=name, value="true"))


async def test_what_was_written_is_there_for_others_after_the_block_and_not_before(
    store: Database, second_store: Database
) -> None:
    async with store.write() as connection:
        await connection.execute(insert(facts).values(name="new", value="true"))
        assert await remembered(second_store, "new") is None
    assert await remembered(second_store, "new") == "true"


async def test_an_error_inside_the_block_leaves_nothing_behind(store: Database) -> None:
    async def fail() -> None:
        async with store.write() as connection:
            await connection.execute(insert(facts).values(name="new", value="true"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await remembered(store, "new") is None


async def test_glances_within_each_other_see_what_was_there_when_each_began(
    store: Database, second_store: Database
) -> None:
    query = select(facts.c.value).where(facts.c.name == "new")
    for _ in range(3):
        async with store.glance() as early:
            before = (await early.execute(query)).scalar()
            async with second_store.write() as connection:
                await connection.execute(delete(facts).where(facts.c.name == "new"))
                await connection.execute(insert(facts).values(name="new", value=f"after {before}"))
            async with store.glance() as late:
                assert (await late.execute(query)).scalar() == f"after {before}"
            if store.is_sqlite:
                assert (await early.execute(query)).scalar() == before
    assert await remembered(store, "new") == "after after after None"


async def test_an_error_during_a_glance_is_not_felt_by_the_next(store: Database) -> None:
    async def fail() -> None:
        async with store.glance() as connection:
            await connection.execute(select(facts.c.value))
            raise ZeroDivisionError

    async def look() -> int:
        async with store.glance() as connection:
            return (await connection.execute(select(func.count()).select_from(facts))).scalar_one()

    before = await look()
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            await fail()
    await remember(store, "new")
    assert await look() == before + 1


async def test_a_cancelled_transaction_leaves_nothing_behind_and_blocks_nobody(store: Database) -> None:
    writing = asyncio.Event()

    async def write_and_wait() -> None:
        async with store.write() as connection:
            await connection.execute(insert(facts).values(name="new", value="true"))
            writing.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write_and_wait())
    await writing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        await remember(store, "other")
    assert await remembered(store, "new") is None


async def test_writers_at_once_lose_no_update(store: Database, second_store: Database) -> None:
    async def count(one: Database) -> None:
        async with one.write() as connection:
            more = update(counters).where(counters.c.name == "briefings").values(value=counters.c.value + 1)
            await connection.execute(more)

    await asyncio.gather(*(count(one) for one in [store, second_store] * 15))
    async with store.read() as connection:
        query = select(counters.c.value).where(counters.c.name == "briefings")
        assert (await connection.execute(query)).scalar() == 30


async def test_a_reader_on_sqlite_sees_one_moment_however_long_it_looks(sqlite_store: Database) -> None:
    async with sqlite_store.read() as connection:
        before = (await connection.execute(select(facts))).all()
        await remember(sqlite_store, "new")
        assert (await connection.execute(select(facts))).all() == before
    assert await remembered(sqlite_store, "new") == "true"


async def test_a_writer_who_waits_too_long_is_told_so_in_plain_words(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    impatient = Database(str(sqlite_store.url))
    async with sqlite_store.write():
        with pytest.raises(
            StoreError, match=r"is locked by another process \(database is locked\): let that one end"
        ):
            await remember(impatient, "new")
    await remember(impatient, "new")
    await impatient.close()


def test_who_opens_a_new_file_together_with_others_is_not_refused(tmp_path: Path) -> None:
    together = Barrier(4)

    def set_up(path: Path) -> None:
        engine = create_engine(f"sqlite:///{path}").execution_options(digest_write=True)
        sqlite.make_sqlite_safe(engine)
        together.wait()
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS one (number INTEGER)")
        engine.dispose()

    with ThreadPoolExecutor(4) as threads:
        for number in range(50):
            list(threads.map(set_up, [tmp_path / f"{number}.sqlite3"] * 4))


async def test_sqlite_is_set_up_to_survive_power_loss_and_to_forget(sqlite_store: Database) -> None:
    plain = Database(str(sqlite_store.url))
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    async with plain.read() as connection:
        found = {name: (await connection.execute(text(f"PRAGMA {name}"))).scalar() for name in wanted}
    await plain.close()
    assert found == wanted


def log_size(store: Database) -> int:
    return Path(f"{store.url.database}-wal").stat().st_size


async def test_a_checkpoint_leaves_nothing_in_the_log(sqlite_store: Database) -> None:
    await remember(sqlite_store, "new")
    assert log_size(sqlite_store) > 0
    await checkpoint(sqlite_store)
    assert log_size(sqlite_store) == 0


async def test_a_row_that_refers_to_nothing_is_refused(store: Database) -> None:
    async def refer() -> None:
        async with store.write() as connection:
            await connection.execute(
                insert(deliveries).values(
                    issue_id=77, cohort_id=77, subscription_id=77, status="planned", doubts=0
                )
            )

    with pytest.raises(IntegrityError):
        await refer()


async def test_a_status_that_is_none_is_refused(store: Database) -> None:
    day = {"slot": "x", "day": date(2026, 11, 24), "zone": "UTC", "domain": "news.example", "rounds": 1}
    now = datetime.now(UTC)

    async def write() -> None:
        async with store.write() as connection:
            row = {"newsletter_id": 1, "due_at": now, "planned_at": now, "status": "gone", **day}
            await connection.execute(insert(issues).values(row))

    with pytest.raises(IntegrityError):
        await write()


@pytest.mark.parametrize("offset", [0, 5.75, -11])
async def test_instants_come_back_as_the_same_instant_in_utc(store: Database, offset: float) -> None:
    zone = timezone(timedelta(hours=offset))
    instant = datetime(2026, 11, 24, 23, 59, 59, 123456, tzinfo=zone)
    async with store.write() as connection:
        await connection.execute(
            insert(subscribers).values(address="a@b.example", created_at=instant, name="")
        )
        found = (await connection.execute(select(subscribers.c.created_at))).scalar_one()
    assert (found, found.tzinfo) == (instant, UTC)


async def test_a_time_without_a_zone_is_a_bug_and_never_stored(store: Database) -> None:
    async def write() -> None:
        async with store.write() as connection:
            naive = datetime(2026, 11, 24, 7)  # noqa: DTZ001 - the mistake that is meant
            await connection.execute(insert(subscribers).values(created_at=naive, name=""))

    with pytest.raises(StatementError, match="naive datetime"):
        await write()


async def kilobytes_kept(connection: AsyncConnection) -> int:
    kept: int = (await connection.execute(text("PRAGMA cache_size"))).scalar_one()
    return -kept


async def test_only_who_plans_keeps_much_of_the_file_in_memory(sqlite_store: Database) -> None:
    async with sqlite_store.write(copies_known_ids=True) as connection:
        assert await kilobytes_kept(connection) == sqlite.KILOBYTES_TO_PLAN
    async with sqlite_store.read() as connection:
        assert await kilobytes_kept(connection) == sqlite.KILOBYTES_KEPT
    async with sqlite_store.glance() as connection:
        assert await kilobytes_kept(connection) == sqlite.KILOBYTES_KEPT


async def test_a_store_that_lets_go_keeps_no_connection_and_goes_on(store: Database) -> None:
    async with store.read() as reading:
        await remember(store, "before")
        await store.let_go()
        # who is in the midst of something is left in peace
        assert (await reading.execute(select(facts.c.name).where(facts.c.name == "none"))).first() is None
    if store.is_sqlite:
        assert store.engine.pool.status().count("Connections in pool: 0") == 1
    await remember(store, "after")
    assert await remembered(store, "before") == await remembered(store, "after") == "true"


async def test_postgresql_plans_each_statement_for_the_tables_as_they_are_now(
    postgres_store: Database,
) -> None:
    how_many = select(func.count()).select_from(deliveries).where(deliveries.c.issue_id == 1)
    kept = text("SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements")
    async with postgres_store.read() as connection:
        # the driver prepares what comes often, and the server then keeps a plan of what it runs often
        for _ in range(20):
            await connection.execute(how_many)
        generic, custom = (await connection.execute(kept)).one()
    assert generic == 0
    assert custom >= 10


async def test_postgresql_ends_a_silent_transaction_soon_where_it_writes_and_nobody_thinks(
    postgres_store: Database,
) -> None:
    silence = text("SHOW idle_in_transaction_session_timeout")
    async with postgres_store.write() as connection:
        assert (await connection.execute(silence)).scalar_one() == "20s"
    async with postgres_store.write(copies_known_ids=True) as connection:
        assert (await connection.execute(silence)).scalar_one() == "2min"
    async with postgres_store.read() as connection:
        assert (await connection.execute(silence)).scalar_one() == "2min"
    assert await postgres_store.write_apart(lambda near: near.execute(silence).scalar_one()) == "20s"
