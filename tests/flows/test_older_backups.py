"""A backup that an older program made is put back as it was, and then brought to today's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM
from digest.core.backups import Head, TableEnd, end_line, head_line, last_line, row_line
from digest.core.rowprints import Keyed, Rowprint
from digest.errors import StoreError
from digest.flows.reopen import reopen_restored
from digest.flows.restore import restore
from digest.flows.seed import seed
from digest.store import schema
from digest.store.backup_files import written
from digest.store.database import Database
from digest.store.described import shape_of, table_of
from digest.store.every_table import every_table
from digest.store.schema import current_revision, migrate
from digest.store.tables import metadata
from tests.flows.newsroom import TUESDAY, at, join
from tests.flows.pairs import two
from tests.stores import TOPICS, NewStore
from tests.tiers import first_of

pytestmark = pytest.mark.anyio

NOW = at(24, 8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup lies."""
    return tmp_path / "kept.gz"


@pytest.mark.parametrize("version", ["0008", "0019"])
@pytest.mark.parametrize("kind", first_of(["sqlite", "postgresql"]))
async def test_a_backup_of_an_older_version_is_brought_to_todays_tables(
    new_store: NewStore, file: Path, kind: str, version: str
) -> None:
    async with two(new_store, "sqlite", kind) as (_, target), two(new_store, "sqlite", "sqlite") as (_, old):
        await migrate(old, upto=version)
        before = await backed_up_by_an_older_program(old, file, version)
        assert before["subscribers"]
        done = await restore(file, target, now=NOW)
        assert done.unlike == ()
        assert await current_revision(target) == schema.NEWEST
        async with target.read() as connection:
            for name, rows in before.items():
                keys = [column.name for column in metadata.tables[name].primary_key]
                found = (await connection.execute(select(metadata.tables[name]))).mappings()
                there = {tuple(row[key] for key in keys): row for row in found}
                for row in rows:
                    its = there[tuple(row[key] for key in keys)]
                    assert {column: its[column] for column in row} == row
        await reopen_restored(target, sent_until=None, by=PROGRAM, now=NOW)
        await seed(target, TOPICS)
        await join(target, "new@example.org", NOW)


async def test_tables_of_today_are_not_taken_for_those_of_then(new_store: NewStore, file: Path) -> None:
    async with two(new_store, "sqlite", "sqlite") as (_, old), two(new_store, "sqlite", "sqlite") as (new, _):
        await migrate(old, upto="0019")
        await backed_up_by_an_older_program(old, file, "0019")
        with pytest.raises(StoreError, match="and the backup those of 0019: name one that is empty"):
            await restore(file, new, now=NOW, may_replace=True)


async def backed_up_by_an_older_program(
    old: Database, file: Path, version: str
) -> dict[str, list[dict[str, Any]]]:
    """Write a backup as a program of that version would have: its rows by table."""
    async with old.rebuild() as connection:
        columns = {
            table.name: {column["name"] for column in await _columns(connection, table.name)}
            for table in every_table()
        }
        shapes = [
            replace(shape, columns=tuple(one for one in shape.columns if one[0] in columns[shape.name]))
            for shape in map(shape_of, every_table())
            if columns[shape.name]
        ]
        tables = [table_of(shape) for shape in shapes]
        (its,) = (table for table in tables if table.name == "subscribers")
        who = {"id": 7, "address": "old@example.org", "address_key": "old@example.org", "name": "Zoë"}
        await connection.execute(insert(its).values(**who, created_at=TUESDAY))
        rows = {
            table.name: [dict(row) for row in (await connection.execute(select(table))).mappings()]
            for table in tables
        }
    head = Head(version, "0", TUESDAY, "old", tuple(shapes), sum(map(len, rows.values())))
    with written(file) as writer:
        writer.write(head_line(head))
        for shape in shapes:
            sum_ = Rowprint()
            for row in rows[shape.name]:
                values = tuple(row.values())
                sum_ = sum_.and_of([Keyed(tuple(row[name] for name in shape.key), values)])
                writer.write(row_line(shape, values))
            writer.write(end_line(TableEnd.of(shape.name, sum_)))
        writer.write(last_line({}))
    return rows


async def _columns(connection: AsyncConnection, name: str) -> list[Any]:
    def look(sync: Connection) -> list[Any]:
        found = inspect(sync)
        return list(found.get_columns(name)) if found.has_table(name) else []

    return await connection.run_sync(look)
