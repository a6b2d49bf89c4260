"""Whether a store is sound below its rows: the file itself, its tables, and what refers to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, ForeignKey, Table, UniqueConstraint, and_, func, inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.damage import Damage, Difference
from digest.store.every_table import OF_ITS_PROCESSES, every_table

#: Of each kind so many are named.
_NAMED: Final = 5
#: Faults that SQLite counts at most.
_MOST_FAULTS: Final = 100


async def faults_of_file(connection: AsyncConnection) -> list[Difference]:
    """What SQLite finds when it reads every page; PostgreSQL has no such word."""
    if connection.dialect.name != "sqlite":
        return []
    try:
        found = (await connection.execute(text(f"PRAGMA integrity_check({_MOST_FAULTS})"))).scalars().all()
    except DatabaseError as error:
        # some pages are such that SQLite does not even go on to the next one
        found = [str(error.orig)]
    faults = [" ".join(str(one).split()) for one in found if one != "ok"]
    return [Difference(Damage.FILE_DAMAGED, len(faults), tuple(faults[:_NAMED]))] if faults else []


async def unlike_tables(connection: AsyncConnection) -> list[Difference]:
    """Tables, columns, keys and indices of today that are not there."""
    missing = await connection.run_sync(lambda sync: sorted(_missing(sync)))
    if not missing:
        return []
    return [Difference(Damage.TABLE_DIFFERS, len(missing), tuple(missing[:_NAMED]))]


def _missing(connection: Connection) -> Iterator[str]:
    seen = inspect(connection)
    columns, indices = seen.get_multi_columns(), seen.get_multi_indexes()
    keys = seen.get_multi_unique_constraints()
    for table in (*every_table(), *OF_ITS_PROCESSES):
        where = None, table.name
        if where not in columns:
            yield f"table {table.name}"
            continue
        there = {one["name"] for one in columns[where]}
        yield from (f"column {table.name}.{one.name}" for one in table.columns if one.name not in there)
        names = {one["name"] for one in indices[where]}
        yield from (f"index {one.name}" for one in table.indexes if one.name not in names)
        known = [list(map(str, one["column_names"])) for one in keys[where]]
        known += [list(map(str, one["column_names"])) for one in indices[where] if one["unique"]]
        wanted = [list(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
        yield from (f"key {table.name}({', '.join(one)})" for one in wanted if one not in known)


async def orphans(connection: AsyncConnection) -> list[Difference]:
    """Rows that refer to rows which are not there, table by table."""
    found = []
    for table in (*every_table(), *OF_ITS_PROCESSES):
        for key in sorted(table.foreign_keys, key=lambda one: str(one.parent.name)):
            found += await _orphans_of(connection, table, key)
    return found


async def _orphans_of(connection: AsyncConnection, table: Table, key: ForeignKey) -> list[Difference]:
    mine, other = key.parent, key.column
    there = other.table.alias("there")
    rows = table.outerjoin(there, there.c[other.name] == mine)
    alone = and_(mine.isnot(None), there.c[other.name].is_(None))
    count = (await connection.execute(select(func.count()).select_from(rows).where(alone))).scalar_one()
    if not count:
        return []
    names: list[Any] = list(table.primary_key)
    some = (await connection.execute(select(*names, mine).select_from(rows).where(alone).limit(_NAMED))).all()
    examples = tuple(f"{'/'.join(map(str, row[:-1]))} to {row[-1]}" for row in some)
    return [Difference(Damage.ORPHAN, count, examples, f"{table.name}.{mine.name}")]
