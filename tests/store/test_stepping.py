"""SQLite by its asynchronous driver: one step to its thread for each statement, and everything as without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from digest.store.database import Database
from digest.store.tables import facts

pytestmark = pytest.mark.anyio

THREE = [{"name": name, "value": "0"} for name in "abc"]
#: Counts to a number, which takes a while.
SLOWLY = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i) FROM n"
)


@pytest.fixture
async def warm_store(sqlite_store: Database) -> Database:
    """A store with three facts whose connection is open."""
    async with sqlite_store.write() as connection:
        await connection.execute(insert(facts), THREE)
    return sqlite_store


@contextmanager
def steps(patch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What the threads of all connections are asked meanwhile."""
    asked: list[object] = []
    plain: Any = aiosqlite.Connection._execute

    async def counted(connection: aiosqlite.Connection, work: Any, *given: Any, **named: Any) -> Any:
        asked.append(work)
        return await plain(connection, work, *given, **named)

    with patch.context() as patched:
        patched.setattr(aiosqlite.Connection, "_execute", counted)
        yield asked


async def test_a_look_takes_a_step_for_each_statement_and_no_other(
    warm_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with steps(monkeypatch) as asked:
        async with warm_store.read() as connection:
            for _ in range(5):
                assert len((await connection.execute(select(facts.c.name))).all()) >= 3
    assert len(asked) == 5


async def test_writing_takes_its_lock_looks_at_the_version_and_has_an_end(
    warm_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with warm_store.read():
        pass
    with steps(monkeypatch) as asked:
        async with warm_store.write() as connection:
            await connection.execute(update(facts).values(value="1"))
    # the lock, the store's version, the statement, the end
    assert len(asked) == 4


async def test_who_asks_nothing_takes_no_step(warm_store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with steps(monkeypatch) as asked:
        async with warm_store.read():
            pass
    assert not asked


async def test_a_look_sees_what_was_there_at_its_first_statement(
    warm_store: Database, second_sqlite_store: Database
) -> None:
    query = select(facts.c.value).where(facts.c.name == "a")
    async with warm_store.read() as connection:
        assert (await connection.execute(query)).scalar() == "0"
        async with second_sqlite_store.write() as other:
            await other.execute(update(facts).values(value="1"))
        assert (await connection.execute(query)).scalar() == "0"
    async with warm_store.read() as connection:
        assert (await connection.execute(query)).scalar() == "1"


async def test_what_is_read_bit_by_bit_is_of_one_look(
    warm_store: Database, second_sqlite_store: Database
) -> None:
    seen = []
    async with warm_store.read() as connection:
        rows = await connection.stream(select(facts.c.name).where(facts.c.name.in_(list("abc"))))
        async for name in rows.scalars():
            async with second_sqlite_store.write() as other:
                await other.execute(delete(facts).where(facts.c.name.in_(list("abc"))))
            seen.append(name)
        left = await connection.execute(select(facts.c.name).where(facts.c.name.in_(list("abc"))))
        assert len(left.all()) == 3
    assert sorted(seen) == ["a", "b", "c"]


async def test_what_a_change_did_is_told(warm_store: Database) -> None:
    mine = facts.c.name.in_(list("abc"))
    async with warm_store.write() as connection:
        assert (await connection.execute(update(facts).where(mine).values(value="1"))).rowcount == 3
        gone = await connection.execute(
            delete(facts).where(facts.c.name != "a", mine).returning(facts.c.name)
        )
        assert sorted(gone.scalars()) == ["b", "c"]
        many = await connection.execute(insert(facts), [{"name": name, "value": "2"} for name in "bcde"])
        assert many.rowcount == 4
        assert (await connection.execute(delete(facts).where(facts.c.name == "none"))).rowcount == 0


async def test_a_result_outlives_its_transaction(warm_store: Database) -> None:
    async with warm_store.read() as connection:
        found = await connection.execute(select(facts.c.name).where(facts.c.name.in_(list("abc"))))
    assert list(found.keys()) == ["name"]
    assert found.fetchone() == ("a",)
    assert [tuple(row) for row in found.fetchmany(1)] == [("b",)]
    assert [tuple(row) for row in found] == [("c",)]


async def test_refusals_are_those_of_the_store(warm_store: Database) -> None:
    with pytest.raises(IntegrityError):
        async with warm_store.write() as connection:
            await connection.execute(insert(facts), THREE)
    with pytest.raises(OperationalError, match="no such column"):
        async with warm_store.engine.connect() as connection:
            await connection.execute(text("SELECT other FROM facts"))
    async with warm_store.write() as connection:
        await connection.execute(update(facts).values(value="1"))


async def test_what_is_called_off_leaves_nothing_open(
    warm_store: Database, second_sqlite_store: Database
) -> None:
    async def write_slowly() -> None:
        async with warm_store.write() as connection:
            await connection.execute(update(facts).values(value="1"))
            await connection.execute(SLOWLY)

    for wait in (0.0, 0.001, 0.01, 0.03):
        writing = asyncio.create_task(write_slowly())
        await asyncio.sleep(wait)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert writing.cancelled()
        async with second_sqlite_store.write() as connection:
            values = set(
                (await connection.execute(select(facts.c.value).where(facts.c.name == "a"))).scalars()
            )
            assert values == {"0"}
    async with warm_store.write() as connection:
        assert (
            await connection.execute(update(facts).where(facts.c.name == "a").values(value="1"))
        ).rowcount == 1


async def test_a_connection_that_was_closed_beneath_says_so(warm_store: Database) -> None:
    async with warm_store.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.close()  # type: ignore[union-attr]
        with pytest.raises(OperationalError):
            await connection.execute(text("SELECT 1"))
    async with warm_store.read() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar() == 1
