"""A closed store takes no row of anybody, whoever has it open, and an opened one takes all again."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.moving import Closed, Why
from digest.errors import StoreError
from digest.store import facts, schema
from digest.store.closing import close, reopen
from digest.store.database import Database
from digest.store.every_table import every_table
from digest.store.openness import closed, note_closed, require_open
from digest.store.tables import counters, newsletters
from digest.store.tables import facts as fact_table
from tests.flows.newsroom import TUESDAY, join
from tests.flows.whole_store import contents, fill

pytestmark = pytest.mark.anyio

GONE = Closed(Why.MOVED, "one", "sqlite:////it's 100% new\\:x.sqlite3", TUESDAY)


async def test_a_store_that_an_older_program_named_is_told_as_people_write_it(store: Database) -> None:
    older = Closed(Why.MOVED, "one", "sqlite+aiosqlite:////srv/news.sqlite3", TUESDAY)
    await close(store, older, now=TUESDAY)
    async with store.read() as connection:
        said = await closed(connection)
    assert said is not None
    assert said.other == "sqlite:////srv/news.sqlite3"


async def test_no_row_of_any_table_is_added_changed_or_removed(store: Database) -> None:
    await fill(store)
    before = await contents(store)
    await close(store, GONE, now=TUESDAY)
    for table in every_table():
        if table is fact_table:
            continue
        async with store.read() as connection:
            row = dict((await connection.execute(select(table).limit(1))).one()._mapping)
        first = next(iter(table.primary_key))
        for statement in (insert(table).values(row), update(table).values({first: first}), delete(table)):
            with pytest.raises(StoreError, match="is closed: it was copied to sqlite"):
                async with store.write() as connection:
                    await connection.execute(statement)
    assert await contents(store) == before
    await reopen(store)
    await join(store, "new@example.org", TUESDAY)


async def test_who_has_it_open_is_refused_in_every_way_of_writing(
    store: Database, second_store: Database
) -> None:
    def apart(connection: object) -> None:
        connection.execute(update(counters).values(value=9))  # type: ignore[attr-defined]

    async def briefly(connection: AsyncConnection) -> None:
        await connection.execute(update(counters).values(value=9))

    # its connections are there before the store is closed
    await second_store.write_apart(apart)
    await second_store.write_briefly(briefly)
    await close(store, GONE, now=TUESDAY)
    with pytest.raises(StoreError, match="closed"):
        await second_store.write_apart(apart)
    with pytest.raises(StoreError, match="closed"):
        await second_store.write_briefly(briefly)
    await reopen(store)
    await second_store.write_apart(apart)
    await second_store.write_briefly(briefly)


async def test_the_word_is_kept_as_it_was_given(store: Database) -> None:
    assert await word_of(store) is None
    await require_open(store)
    await close(store, GONE, now=TUESDAY)
    assert await word_of(store) == GONE
    with pytest.raises(StoreError, match="has moved to"):
        await require_open(store)
    assert await reopen(store) == GONE
    assert await reopen(store) is None
    await require_open(store)


async def test_an_unfinished_copy_is_opened_by_nobody(store: Database) -> None:
    async with store.write() as connection:
        await note_closed(connection, Closed(Why.UNFINISHED, "one", "elsewhere", TUESDAY))
    with pytest.raises(StoreError, match="is an unfinished copy of elsewhere"):
        await reopen(store)
    with pytest.raises(StoreError, match="is an unfinished copy of elsewhere"):
        await schema.require_current(store)


async def test_a_closed_store_of_before_is_not_migrated_for_that_would_open_it(store: Database) -> None:
    await close(store, GONE, now=TUESDAY)
    await schema.migrate(store)
    async with store.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0021'"))
    with pytest.raises(StoreError, match="has moved to"):
        await schema.migrate(store)
    async with store.read() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() == "0021"


async def test_it_is_still_closed_after_the_tables_were_looked_over(store: Database) -> None:
    await close(store, GONE, now=TUESDAY)
    await schema.migrate(store)
    with pytest.raises(StoreError, match="closed"):
        async with store.write() as connection:
            await connection.execute(update(newsletters).values(title="x"))


async def word_of(store: Database) -> Closed | None:
    async with store.read() as connection:
        assert await facts.store_name(connection)
        return await closed(connection)
