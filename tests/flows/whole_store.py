"""Stores in which no table is empty: filled by flows where that is simple, by invented rows else."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    LargeBinary,
    Table,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.copied_rows import POSITION
from digest.store.database import Database
from digest.store.every_table import every_table
from digest.store.openness import CLOSED
from digest.store.reader_words import UNCLEAN
from digest.store.tables import facts
from subscribers.tables import Instant
from tests.flows.newsroom import TUESDAY, at, item, join, join_many, plan_all, publish_news

#: What a store must give back as it took it.
TEXT: Final = "Ångström 報 \u202eabc\u2028 \\N \\. \t\r\n'\"$1 %s :x {} 😀\x7f\ufeff"
NAME: Final = "Zoë \u202e報 \\N $1 %s '\" 😀"
BYTES: Final = bytes(range(256))
MEMBERS: Final = {
    "z": [1, 1.5, 2**53, -0.0],
    "a": {"\\u0000": None, "": TEXT},
    "e": [],
    "\x01": True,
    "nul": "\x00",
}
LATE: Final = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_SMALL, _LARGE = 2**31 - 1, 2**63 - 1
#: Where a condition asks for more than a value out of a list, or two numbers must not be the same.
_ASKED: Final = {"story_splits.one_id": 1, "story_splits.other_id": 2}


async def fill(store: Database, *, readers: int = 5) -> None:
    """Let a newsroom work for a day, then put rows into each table that is still empty."""
    await join_many(store, readers, TUESDAY)
    await join(store, "zoe@example.org", TUESDAY, topics="economy", name=NAME)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Schools reopen", "society"))
    await plan_all(store, at(24, 7))
    async with store.write() as connection:
        for table in every_table():
            if not (await connection.execute(select(func.count()).select_from(table))).scalar():
                await connection.execute(insert(table), await _invented(connection, table, sparing=False))
                if any(column.nullable for column in table.c):
                    await _add_sparing(connection, table)


async def contents(store: Database) -> dict[str, list[str]]:
    """All rows of all tables, in words, but for what a store says of itself alone."""
    found = {}
    async with store.read() as connection:
        for table in every_table():
            query = select(table)
            if table is facts:
                query = query.where(facts.c.name.notin_([CLOSED, POSITION, UNCLEAN]))
            found[table.name] = sorted(repr(tuple(row)) for row in await connection.execute(query))
    return found


async def _add_sparing(connection: AsyncConnection, table: Table) -> None:
    """A second row, with nothing where nothing need stand; where its key may be another one."""
    row = await _invented(connection, table, sparing=True)
    keys = [column for column in table.primary_key if not column.foreign_keys]
    if keys:
        await connection.execute(insert(table), row)


async def _invented(connection: AsyncConnection, table: Table, *, sparing: bool) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.c:
        if sparing and column.nullable and not column.primary_key:
            # left out, and not None: that would be a null within JSON
            continue
        if column.primary_key and table.autoincrement_column is column:
            continue
        row[column.name] = await _value(connection, column, int(sparing))
    return row


async def _value(connection: AsyncConnection, column: Column[Any], turn: int) -> Any:
    name = f"{column.table.name}.{column.name}"
    if name in _ASKED:
        return _ASKED[name]
    if words := _words_of(column):
        return words[turn % len(words)]
    if column.foreign_keys:
        (there,) = (key.column for key in column.foreign_keys)
        ids = (
            (await connection.execute(select(there).where(there.is_not(None)).order_by(there)))
            .scalars()
            .all()
        )
        return ids[turn % len(ids)]
    return _plain(column, turn)


def _plain(column: Column[Any], turn: int) -> Any:
    """A value at the edge of what a column takes."""
    kind = column.type
    if isinstance(kind, Boolean):
        return turn == 0
    if isinstance(kind, Instant):
        return LATE if turn else datetime(1970, 1, 1, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(9999, 12, 31)
    if isinstance(kind, JSON):
        return MEMBERS
    if isinstance(kind, Float):
        return 0.1 + 0.2
    if isinstance(kind, LargeBinary):
        return (BYTES if kind.length is None else BYTES[-kind.length + turn :])[: kind.length]
    if kind.python_type is str:
        length = getattr(kind, "length", None) or 200
        return f"{turn}{TEXT}"[:length]
    return (_LARGE if "BIG" in str(kind).upper() else _SMALL) - turn


def _words_of(column: Column[Any]) -> list[str]:
    """The values out of which a condition wants one."""
    checks = [one for one in column.table.constraints if isinstance(one, CheckConstraint)]
    said = " ".join(str(one.sqltext) for one in checks)
    return re.findall(rf"\b{column.name} = '([^']+)'", said)
