"""Stores of any version, with rows in every table that the version had, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from digest.store.database import Database
from digest.store.every_table import OF_ITS_PROCESSES, every_table
from digest.store.schema import NEWEST, migrate
from tests.store.newsroom_of_before import story

#: Every version that a store may have been made by, before this one.
EARLIER: Final = tuple(f"{number:04}" for number in range(1, int(NEWEST)))
#: What must be another thing than the first word of a condition, so that a run has nothing to do with it; and
#: what has no condition, and is a word out of a list all the same.
_SAID: Final[Mapping[str, Any]] = {
    "orders.status": "planned",
    "imports.status": "taken",
    "imports.via": "desk",
    "notices.status": "sent",
    "notices.sent_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "webhooks.off_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "webhooks.kinds": [],
    "feeds.section": "briefing",
    "feeds.topics": [],
    "feeds.next_poll_at": None,
    "handovers.due_at": None,
    "family_pauses.ended_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "workers.until": datetime(2026, 3, 2, 9, tzinfo=UTC),
    "events.is_new": False,
    "api_keys.scopes": ["see"],
    "returned_mails.raw": b"From: someone\r\n\r\nHello",
    "returned_mails.octets": 22,
    "story_splits.one_id": 1,
    "listings.name": "economy",
    # as the first program that bound issues wrote a leaf without copies
    "leaves.content": bytes.fromhex("78da636440034c401c1dcb080400044700c0"),
    "leaves.copies": 0,
}
#: Tables that are not ours alone to fill.
_APART: Final = (
    "alembic_version",
    "archive_words",
    "desk_words",
    "reader_words",
    "procrastinate_",
    "sqlite_",
)

#: By table and key the values by column.
Contents = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


async def make(store: Database, version: str) -> None:
    """A store as a program of this version left it."""
    await migrate(store, upto=version)
    async with store.rebuild() as connection:
        await connection.run_sync(_fill)


async def contents(store: Database) -> Contents:
    """All rows, in plain values that are the same on both kinds of store."""
    async with store.read() as connection:
        return await connection.run_sync(_contents)


def _ours(connection: Connection) -> list[Table]:
    """The tables that are there, each behind those to which it refers."""
    known = {table.name for table in (*every_table(), *OF_ITS_PROCESSES)}
    there = [name for name in inspect(connection).get_table_names() if not name.startswith(_APART)]
    assert set(there) <= known, "a table that there is no more: say what became of its rows"
    found = MetaData()
    found.reflect(connection, only=there)
    # PostgreSQL keeps the keys of copies by triggers
    found.tables["deliveries"].add_is_dependent_on(found.tables["cohorts"])
    found.tables["deliveries"].add_is_dependent_on(found.tables["subscriptions"])
    return found.sorted_tables


def _contents(connection: Connection) -> Contents:
    found: Contents = {}
    for table in _ours(connection):
        keys = list(table.primary_key)
        rows = connection.execute(select(table)).mappings().all()
        found[table.name] = {
            tuple(_plain(row[key.name]) for key in keys): {name: _plain(value) for name, value in row.items()}
            for row in rows
        }
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return bytes(value) if isinstance(value, memoryview) else value


def _fill(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    told = story()
    tables = _ours(connection)
    if "corrections" in {table.name for table in tables}:
        told["counters"][0]["value"] = 7
    for table in tables:
        rows = (
            told[table.name]
            if table.name in told
            else [_invented(connection, table, turn) for turn in (0, 1)]
        )
        names = set(table.c.keys())
        if table.name == "counters":
            # a migration has made them
            connection.execute(table.delete())
        # what is None is left out: it would be a null within JSON
        rows = [
            {name: _for_driver(row[name], is_sqlite) for name in row.keys() & names if row[name] is not None}
            for row in rows
        ]
        if table.name == "counters" and "listings" not in {one.name for one in tables}:
            rows = [row for row in rows if row["name"] != "pages"]
        for row in rows:
            # one by one: rows of one statement have the same columns
            connection.execute(insert(table), row)
        if not is_sqlite:
            _go_on_behind(connection, table)


def _for_driver(value: Any, is_sqlite: bool) -> Any:
    if isinstance(value, datetime) and is_sqlite:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _go_on_behind(connection: Connection, table: Table) -> None:
    """The next row gets an id that no row has."""
    for column in table.primary_key:
        query = select(func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        sequence = connection.execute(query).scalar()
        newest = connection.execute(select(func.max(column))).scalar() if sequence else None
        if newest is not None:
            connection.execute(text(f"SELECT setval('{sequence}', {newest})"))


def _invented(connection: Connection, table: Table, turn: int) -> dict[str, Any]:
    """A row that fits: the first has nothing where nothing need stand."""
    row: dict[str, Any] = {}
    checks = " ".join(str(one["sqltext"]) for one in inspect(connection).get_check_constraints(table.name))
    for column in table.c:
        name = f"{table.name}.{column.name}"
        if name in _SAID:
            row[column.name] = _SAID[name]
        elif column.nullable and turn == 0:
            continue
        else:
            row[column.name] = _value(connection, column, turn, checks)
    if "listings" in table.name:
        row |= {"kind": ("topic", "source")[turn], "number": turn + 1}
    return row


def _value(connection: Connection, column: Column[Any], turn: int, checks: str) -> Any:
    words = re.findall(rf"\b{column.name}\b\)?(?:::text)? = '([^']+)'", checks)
    if words:
        return words[turn % len(words)]
    if column.foreign_keys:
        (key,) = column.foreign_keys
        other = key.column
        ids = connection.execute(select(other).where(other.is_not(None)).order_by(other)).scalars().all()
        # the second row of a table that refers to itself by two keys is for others than the first
        return ids[(turn + (column.name == "other_id")) % len(ids)]
    return _of_kind(column, turn)


def _of_kind(column: Column[Any], turn: int) -> Any:
    kind = column.type
    if isinstance(kind, Boolean):
        return turn == 1
    if isinstance(kind, DateTime):
        return datetime(2026, 3, 2 + turn, 8, 30, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2026, 3, 2 + turn)
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, Float):
        return 0.25
    if isinstance(kind, LargeBinary):
        return bytes([turn + 1]) * 16
    if kind.python_type is str:
        length = getattr(kind, "length", None) or 60
        return f"{turn}{column.name}"[:length]
    return turn + 1
