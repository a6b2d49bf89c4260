"""The rows of a store on their way into another: read in pages along the key, written many at a time.

Where a copying has come to is written in the transaction of the rows: ended at any moment, it goes on there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    JSON,
    Column,
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    func,
    insert,
    literal,
    select,
    tuple_,
)
from sqlalchemy import update as update_rows
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.rowprints import Key, Keyed, Rowprint, key_from_json, key_to_json
from digest.errors import StoreError
from digest.store.database import Database
from digest.store.openness import CLOSED
from digest.store.reader_words import UNCLEAN
from digest.store.tables import facts

#: The fact that says where a copying has come to.
POSITION: Final = "copying"
#: Facts that are about the store in which they stand, and about no other.
_OWN_FACTS: Final = (CLOSED, POSITION, UNCLEAN)
#: Rows of a page, at first and at most.
_FIRST: Final = 100
_MOST: Final = 2000
#: Characters and bytes of a page, of columns that may be long; what the next page is made for.
_WEIGHT: Final = 2_000_000


class Stage(StrEnum):
    """What is being done."""

    ROWS = "rows"
    #: all rows are there and were compared: the words of search are made
    WORDS = "words"


class Position(Struct, frozen=True):
    """Where a copying has come to: behind which row of which table."""

    stage: Stage
    table: str = ""
    after: Key | None = None

    def as_json(self) -> str:
        """As it is kept."""
        after = None if self.after is None else key_to_json(self.after)
        return json.dumps({"stage": self.stage, "table": self.table, "after": after})


async def position(connection: AsyncConnection) -> Position:
    """Where the copying into this store has come to."""
    said = (await connection.execute(select(facts.c.value).where(facts.c.name == POSITION))).scalar_one()
    kept = json.loads(said)
    after = None if kept["after"] is None else key_from_json(kept["after"])
    return Position(Stage(kept["stage"]), kept["table"], after)


async def move_on(connection: AsyncConnection, before: Position, now: Position) -> None:
    """Note where the copying is; raises StoreError when another process has gone on meanwhile."""
    mine = (facts.c.name == POSITION) & (facts.c.value == before.as_json())
    moved = await connection.execute(update_rows(facts).where(mine).values(value=now.as_json()))
    if moved.rowcount != 1:
        raise StoreError("somebody else is copying into that store: let that end")


def rows_of(table: Table) -> Select[Any]:
    """All rows of a table that belong into a copy."""
    query = select(table)
    # by its name: a table may come from the description of a backup
    return query.where(table.c.name.notin_(_OWN_FACTS)) if table.name == facts.name else query


async def count_of(connection: AsyncConnection, table: Table) -> int:
    """How many rows of a table belong into a copy."""
    query = select(func.count()).select_from(rows_of(table).subquery())
    return int((await connection.execute(query)).scalar_one())


async def counts(database: Database, tables: Iterable[Table]) -> dict[str, int]:
    """How many rows of each table belong into a copy."""
    async with database.read() as connection:
        return {table.name: await count_of(connection, table) for table in tables}


async def print_of_table(connection: AsyncConnection, table: Table, told: Callable[[int], None]) -> Rowprint:
    """What tells the rows of a table from others; `told` is called with how many more were looked at."""
    found = Rowprint()
    async for rows in pages(connection, table):
        found = found.and_of(Keyed(key_in(table, row), row) for row in rows)
        told(len(rows))
    return found


async def pages(
    connection: AsyncConnection, table: Table, after: Key | None = None
) -> AsyncIterator[Sequence[Row[Any]]]:
    """The rows behind a key, in the order of the store's own index: as many at a time as memory allows."""
    key = list(table.primary_key)
    most = 100 if any(_is_unbounded(column) for column in table.c) else _MOST
    size = _FIRST
    while True:
        query = rows_of(table).order_by(*key).limit(size)
        if after is not None:
            given = [literal(value, column.type) for value, column in zip(after, key, strict=True)]
            query = query.where(tuple_(*key) > tuple_(*given) if len(key) > 1 else key[0] > given[0])
        rows = (await connection.execute(query)).all()
        if not rows:
            return
        yield rows
        if len(rows) < size:
            return
        after = key_in(table, rows[-1])
        size = _next_size(len(rows), _weight(table, rows), most)


def key_in(table: Table, row: Sequence[Any]) -> Key:
    """The values of a row that are its key."""
    names = [column.name for column in table.c]
    return tuple(row[names.index(column.name)] for column in table.primary_key)


async def write_rows(connection: AsyncConnection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as they are; raises StoreError, in the store's words, for those that it does not take."""
    told = _told_rows(connection, table, rows)
    try:
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql(str(insert(table).compile(dialect=connection.dialect)), told)
        else:
            names = ", ".join(f'"{column.name}"' for column in table.c)
            await _copy_in(connection, f'COPY "{table.name}" ({names}) FROM STDIN', told)
    except DBAPIError as error:
        raise _refusal(table, rows, error.orig) from error


async def _copy_in(connection: AsyncConnection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """By PostgreSQL's own way for many rows, in the transaction of the connection."""
    from psycopg import Error

    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    try:
        async with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                await copy.write_row(row)
    except Error as error:
        raise DBAPIError(statement, None, error) from error


def _told_rows(connection: AsyncConnection, table: Table, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """The rows in the values that the driver takes."""
    dialect = connection.dialect
    by_column = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c]
    changed = [(place, told) for place, told in enumerate(by_column) if told is not None]
    if not changed:
        return [tuple(row) for row in rows]
    made = []
    for row in rows:
        values = list(row)
        for place, told in changed:
            values[place] = told(values[place])
        made.append(tuple(values))
    return made


def _refusal(table: Table, rows: Sequence[Sequence[Any]], said: object) -> StoreError:
    first, last = (", ".join(map(str, key_in(table, row))) for row in (rows[0], rows[-1]))
    words = str(said).strip().splitlines()[0] if str(said).strip() else "no answer"
    return StoreError(f"rows {first} to {last} of {table.name} were not taken ({words})")


def _next_size(rows: int, weight: int, most: int) -> int:
    """How many rows the next page may have, as heavy as those of the last one."""
    return max(1, min(most, rows * 4, rows * _WEIGHT // max(weight, 1)))


def _weight(table: Table, rows: Sequence[Sequence[Any]]) -> int:
    """Characters and bytes, where there may be many."""
    long = [
        place for place, column in enumerate(table.c) if isinstance(column.type, (Text, LargeBinary, JSON))
    ]
    return sum(
        len(value) if isinstance(value, (str, bytes)) else _size(value)
        for row in rows
        for value in (row[place] for place in long)
    )


def _size(value: object) -> int:
    """About as many characters as a value has in JSON; small ones count for nothing."""
    return len(str(value)) if value else 0


def _is_unbounded(column: Column[Any]) -> bool:
    return isinstance(column.type, LargeBinary) and column.type.length is None
