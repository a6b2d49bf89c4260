"""A store of the tests that was used before is like a new one to whoever gets it next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from digest.store import newsletters
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, plan_all, publish_news
from tests.stores import Lent

pytestmark = pytest.mark.anyio

COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = 'public' ORDER BY 1, 2"
)


async def contents(store: Database) -> dict[str, Sequence[Any]]:
    """Every row of every table, every column and where every counter stands."""
    async with store.read() as connection:
        columns = (await connection.execute(COLUMNS)).all()
        found: dict[str, Sequence[Any]] = {"columns": columns}
        for table in sorted({table for table, _column in columns}):
            rows = await connection.execute(text(f'SELECT * FROM "{table}"'))
            found[table] = sorted(map(repr, rows.all()))
        counters = text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return found | {"counters": (await connection.execute(counters)).all()}


async def do_much(store: Database) -> None:
    """Items, readers, copies; and the newsletter is another."""
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    async with store.write() as connection:
        (found,) = await newsletters.every(connection)
        await connection.execute(text("DELETE FROM topics WHERE slug = 'society'"))
        await newsletters.save(connection, replace(found, title="Another"))


async def test_a_store_that_was_much_used_comes_back_as_new(postgres_store: Database, lent: Lent) -> None:
    fresh = await contents(postgres_store)
    async with lent("postgresql") as store:
        name = store.url.database
        assert await contents(store) == fresh
        await do_much(store)
        assert await contents(store) != fresh
    async with lent("postgresql") as store:
        assert store.url.database == name
        assert await contents(store) == fresh
        await join(store, "bob@example.org", TUESDAY)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE topics ADD COLUMN mood TEXT",
        "CREATE TABLE other (number INTEGER)",
        "DROP INDEX ix_orders_status",
        "ANALYZE topics",
        "INSERT INTO topics SELECT r.* FROM generate_series(1, 9000) AS n, topics AS t,"
        " jsonb_populate_record(t, jsonb_build_object('slug', 't' || n)) AS r WHERE t.slug = 'economy'",
    ],
    ids=["a column", "a table", "an index", "statistics", "many rows"],
)
async def test_a_store_that_is_not_what_it_was_is_not_lent_again(lent: Lent, statement: str) -> None:
    async with lent("postgresql") as store:
        name = store.url.database
        async with store.write() as connection:
            await connection.execute(text(statement))
    async with lent("postgresql") as store:
        assert store.url.database != name


async def test_who_is_still_in_a_store_is_sent_away(lent: Lent) -> None:
    async with lent("postgresql") as store:
        left_behind = Database(store.url.render_as_string(hide_password=False))
        async with left_behind.write() as connection:
            await connection.execute(text("DELETE FROM topics"))
            await asyncio.sleep(0)
            name = store.url.database
    async with lent("postgresql") as store:
        assert store.url.database == name
    await left_behind.close()
