"""Tables as a backup describes them, and back: rows of any version are written without its program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy import text as words
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from digest.core.backups import Kind, Shape
from subscribers.tables import Instant

#: How long a migration is waited for, in milliseconds.
_PATIENCE_MS: Final = 30_000
#: The first that fits counts.
_KINDS: Final[tuple[tuple[type[TypeEngine[Any]] | type[Instant], Kind], ...]] = (
    (Instant, Kind.INSTANT),
    (Boolean, Kind.FLAG),
    (Date, Kind.DAY),
    (Float, Kind.FLOAT),
    (Integer, Kind.NUMBER),
    (LargeBinary, Kind.BYTES),
    (String, Kind.TEXT),
)
_TYPES: Final[Mapping[Kind, Callable[[], TypeEngine[Any]]]] = {
    Kind.INSTANT: Instant,
    Kind.FLAG: Boolean,
    Kind.DAY: Date,
    Kind.FLOAT: Float,
    Kind.NUMBER: BigInteger,
    Kind.BYTES: LargeBinary,
    Kind.TEXT: Text,
    Kind.JSON: JSON,
    Kind.JSON_OR_NOTHING: lambda: JSON(none_as_null=True),
}


def shape_of(table: Table) -> Shape:
    """A table of this version in words that any version reads."""
    columns = tuple((column.name, _kind_of(column)) for column in table.c)
    return Shape(table.name, columns, tuple(column.name for column in table.primary_key))


@cache
def table_of(shape: Shape) -> Table:
    """What is read and written by a description; it makes no table, and knows no constraint.

    One for each description, since statements are known again by their tables.
    """
    columns = [Column(name, _TYPES[kind](), primary_key=name in shape.key) for name, kind in shape.columns]
    return Table(shape.name, MetaData(), *columns)


async def keep_tables(connection: AsyncConnection, tables: Iterable[Table]) -> None:
    """Let nobody change what these tables are made of until the transaction ends; rows may change.

    It comes before the first look: PostgreSQL shows a snapshot a table that was made anew since as empty.
    """
    if connection.dialect.name == "sqlite":
        return
    names = ", ".join(f'"{table.name}"' for table in tables)
    await connection.execute(words(f"SET LOCAL lock_timeout = {_PATIENCE_MS}"))
    await connection.execute(words(f"LOCK TABLE {names} IN ACCESS SHARE MODE"))


def _kind_of(column: Column[Any]) -> Kind:
    if isinstance(column.type, JSON):
        return Kind.JSON_OR_NOTHING if column.type.none_as_null else Kind.JSON
    for type_, kind in _KINDS:
        if isinstance(column.type, type_):
            return kind
    raise TypeError(f"{column} holds what no backup can hold yet")
