"""A store that is to hold a copy: whether it is free for that, made ready, and what comes behind the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Integer, Table, delete, exists, func, inspect, or_, select, text
from sqlalchemy import table as a_table
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.moving import Closed, Place
from digest.errors import StoreError
from digest.store import facts
from digest.store.closing import let_write
from digest.store.copied_rows import POSITION, Position, Stage
from digest.store.database import Database
from digest.store.every_table import OF_ITS_PROCESSES, OF_THE_ENGINE, every_table
from digest.store.openness import CLOSED, closed, note_closed
from digest.store.places import lasting, shown
from digest.store.tables import counters
from digest.store.tables import facts as fact_rows

#: Tables of ours that differ from store to store, and what SQLite keeps for them.
_WORDS: Final = ("archive_words", "desk_words", "reader_words")
_LARGEST_INTEGER: Final = 2**31 - 1


async def place_of(database: Database) -> Place:
    """What a store says of itself, and whether it holds anything of its own."""
    where = lasting(database.url)
    async with database.read() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        word = await closed(connection)
        store = (await facts.store_name(connection)).decode() if fact_rows.name in names else ""
        other = _something_else(names)
        return Place(where, store, word, other or await _holds_rows(connection, names), is_other=bool(other))


async def make_ready(
    database: Database, word: Closed, *, anew: bool, tables: Sequence[Table] | None = None
) -> None:
    """Note that a copy begins in a store that has its tables; `anew` removes what is there.

    `tables` are those of a store of another version, each behind those to which it refers. Raises StoreError
    when somebody else was there meanwhile.
    """
    async with database.write(of_any_version=True) as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        if not anew and (holds := _something_else(names) or await _holds_rows(connection, names)):
            raise StoreError(f"the store {shown(database.url)} {holds}: name one that is empty")
        await let_write(connection)
        for name in {"archive_words", "desk_words"} & set(names):
            await connection.execute(delete(a_table(name)))
        for table in reversed(every_table() if tables is None else tables):
            await connection.execute(delete(table))
        await connection.execute(delete(fact_rows))
        await note_closed(connection, word)
        await facts.remember(connection, POSITION, Position(Stage.ROWS).as_json())


async def open_to_all(connection: AsyncConnection) -> None:
    """The copying is over, and the copy a store like any other."""
    name = fact_rows.c.name
    await connection.execute(delete(fact_rows).where(name.in_((CLOSED, POSITION))))


async def given_ids(connection: AsyncConnection) -> dict[str, int]:
    """By table, the highest id that a store has ever given, where it remembers that (PostgreSQL)."""
    if connection.dialect.name == "sqlite":
        return {}
    found = {}
    for table, sequence in (await sequences(connection)).items():
        query = select(func.pg_sequence_last_value(text(f"'{sequence}'::regclass")))
        found[table.name] = (await connection.execute(query)).scalar() or 0
    return found


async def go_on_behind(
    connection: AsyncConnection, ids: Mapping[str, int], tables: Sequence[Table] | None = None
) -> None:
    """See to it that new rows get ids that no row had; SQLite gives the next one by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table, sequence in (await sequences(connection, tables)).items():
        query = select(func.max(table.autoincrement_column))
        newest = (await connection.execute(query)).scalar() or 0
        if newest := max(newest, ids.get(table.name, 0)):
            await connection.execute(text(f"SELECT setval('{sequence}', {newest})"))
    # else the first questions are answered as if all tables were empty
    await connection.execute(text("ANALYZE"))


async def require_fitting(connection: AsyncConnection) -> None:
    """Refuse what SQLite keeps and PostgreSQL does not: NUL, long texts, large numbers, loose references."""
    for table in every_table():
        wrong = or_(*(_does_not_fit(column) for column in table.c))
        query = select(*table.primary_key).where(wrong).limit(3)
        rows = (await connection.execute(query)).all()
        if rows:
            keys = "; ".join(", ".join(map(repr, row)) for row in rows)
            raise StoreError(
                f"table {table.name} holds what PostgreSQL does not take (a NUL, a text too long for its "
                f"column, or a number too large) in row {keys}: mend that first"
            )
    loose = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
    if loose is not None:
        raise StoreError(
            f"row {loose[1]} of table {loose[0]} refers to a row of {loose[2]} that is not there"
        )


def _does_not_fit(column: Any) -> Any:
    kind = column.type
    length = getattr(kind, "length", None)
    if kind.python_type is str:
        nul = func.instr(column, func.char(0)) > 0
        return or_(nul, func.length(column) > length) if length else nul
    if type(kind) is Integer:
        return or_(column > _LARGEST_INTEGER, column < -_LARGEST_INTEGER - 1)
    return text("0")


def _something_else(names: Collection[str]) -> str:
    """Which table of a store is none of ours, in words; empty when all are."""
    ours = {table.name for table in (*every_table(), *OF_ITS_PROCESSES)} | {"alembic_version"}
    for name in sorted(names):
        if name not in ours and not name.startswith((*_WORDS, OF_THE_ENGINE)):
            return f"holds a table {name!r} of something else"
    return ""


async def _holds_rows(connection: AsyncConnection, names: Collection[str]) -> str:
    """What a store holds that no migration has put there, in words; empty when it holds nothing."""
    for table in every_table():
        if table.name not in names:
            continue
        filled = exists().select_from(table)
        if table is counters:
            # a migration sets them to nothing
            filled = filled.where(counters.c.value != 0)
        if (await connection.execute(select(filled))).scalar():
            return f"holds rows of its own (in table {table.name})"
    return ""


async def sequences(connection: AsyncConnection, tables: Sequence[Table] | None = None) -> dict[Table, str]:
    """The sequences that give ids, by their tables."""
    found = {}
    for table in every_table() if tables is None else tables:
        column = table.autoincrement_column
        if column is None:
            continue
        query = select(func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        sequence = (await connection.execute(query)).scalar()
        if sequence is not None:
            found[table] = sequence
    return found
