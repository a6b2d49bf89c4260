"""A whole store is copied into another one: closed first, then row by row, compared, and opened there.

    look -> close the source -> rows, a page a transaction -> compare -> words of search -> open the copy

The source is closed from before its first row is read until a person opens it again, and the copy is opened
last. So at no moment two stores are open, and however often all this is ended and begun again, it goes on
with the same rows. A copy for trial closes the copy instead, and reads one snapshot of a source that goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.moving import Closed, Start, Way, Why, way_to_copy
from digest.core.rowprints import Rowprint, Unlike, key_bytes, part_of, print_of, rows_unlike
from digest.errors import DigestError, InputError, StoreError, UnfinishedCopyError
from digest.flows.reindex import reindex
from digest.flows.tally import Progress, Unwatched
from digest.store import closing, copied_rows, copied_stores, schema
from digest.store.copied_rows import Position, Stage, key_in, pages, print_of_table
from digest.store.database import Database
from digest.store.every_table import every_table
from digest.store.openness import note_closed
from digest.store.places import is_same_place, lasting

#: Rows that differ and are named, of each table.
NAMED = 10
#: Parts of a table that are looked at again for rows that differ.
_PARTS_LOOKED_AT = 4


class Copied(Struct, frozen=True):
    """What came of it."""

    #: how many rows each table has
    tables: dict[str, int]
    #: rows that are not the same on both sides, by table; empty when all is well
    unlike: dict[str, list[Unlike]]
    #: how it began
    start: Start


async def move_store(
    source: Database,
    target: Database,
    *,
    now: datetime,
    keep_open: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy a store into an empty one, or go on with that; raises StoreError when nothing was changed.

    Once the source is closed, or a copy for trial begun, what goes wrong is an UnfinishedCopyError.
    """
    way, word = await _way(source, target, now=now, keep_open=keep_open)
    await schema.migrate(target)
    if way.start in {Start.FRESH, Start.ANEW}:
        unfinished = replace(word, why=Why.UNFINISHED, other=_where(source))
        await copied_stores.make_ready(target, unfinished, anew=way.start is Start.ANEW)
    if way.closes:
        await closing.close(source, word, now=now)
    try:
        return await _carry(source, target, way, word, progress or Unwatched(), keep_open=keep_open)
    except DigestError as error:
        raise UnfinishedCopyError(_what_to_do(str(error), _where(source), keep_open=keep_open)) from error


async def _way(source: Database, target: Database, *, now: datetime, keep_open: bool) -> tuple[Way, Closed]:
    """How to go about it, with nothing changed yet; and what the source is to say of itself."""
    if is_same_place(source.url, target.url):
        raise InputError(f"the store {_where(source)} cannot be copied into itself: name another one")
    await schema.require_current(source)
    here, there = await copied_stores.place_of(source), await copied_stores.place_of(target)
    way = way_to_copy(here, there, keep_open=keep_open, new_name=secrets.token_hex(8))
    if isinstance(way, str):
        raise StoreError(way)
    if way.start in {Start.FRESH, Start.ANEW}:
        async with source.read() as connection:
            if way.closes:
                await closing.require_nothing_on_its_way(connection, here.where, now)
            if source.is_sqlite and not target.is_sqlite:
                await copied_stores.require_fitting(connection)
    return way, here.closed or Closed(Why.COPYING, way.copy, there.where, now)


async def _carry(
    source: Database, target: Database, way: Way, word: Closed, progress: Progress, *, keep_open: bool
) -> Copied:
    """Everything between the two closed stores."""
    if way.start is Start.LAST_WORD:
        async with target.write() as connection:
            await copied_stores.open_to_all(connection)
        return Copied(await copied_rows.counts(target, every_table()), {}, way.start)
    async with target.read() as connection:
        at = await copied_rows.position(connection)
    unlike: dict[str, list[Unlike]] = {}
    if at.stage is Stage.ROWS:
        async with source.snapshot() as reading:
            prints, unlike = await _rows(reading, target, at, progress)
        counts = {name: one.rows for name, one in prints.items()}
    else:
        counts = await copied_rows.counts(target, every_table())
    if unlike:
        return Copied(counts, unlike, way.start)
    await reindex(store=target, is_seen=False)
    await _settle(source, target, word, keep_open=keep_open)
    return Copied(counts, {}, way.start)


async def _rows(
    reading: AsyncConnection, target: Database, at: Position, progress: Progress
) -> tuple[dict[str, Rowprint], dict[str, list[Unlike]]]:
    """Copy what is not there yet, and compare both sides."""
    rows = sum([await copied_rows.count_of(reading, table) for table in every_table()])
    # each is written once, and looked at on both sides
    progress.expect(3 * rows)
    at = await _copy(reading, target, at, progress)
    prints: dict[str, Rowprint] = {}
    unlike: dict[str, list[Unlike]] = {}
    async with target.snapshot() as there:
        for table in every_table():
            ours, theirs = [await print_of_table(one, table, progress.settled) for one in (reading, there)]
            prints[table.name] = theirs
            if ours != theirs:
                unlike[table.name] = await _unlike(reading, there, table, ours.parts_unlike(theirs))
    if not unlike:
        given = await copied_stores.given_ids(reading)
        async with target.write() as connection:
            await copied_stores.go_on_behind(connection, given)
            await copied_rows.move_on(connection, at, Position(Stage.WORDS))
    return prints, unlike


async def _copy(reading: AsyncConnection, target: Database, at: Position, progress: Progress) -> Position:
    """Copy all rows behind a position, a page a transaction."""
    tables = every_table()
    names = [table.name for table in tables]
    first = names.index(at.table) if at.table else 0
    for table in tables[:first]:
        progress.settled(await copied_rows.count_of(reading, table))
    for table in tables[first:]:
        after = at.after if table.name == at.table else None
        async for rows in pages(reading, table, after):
            then = Position(Stage.ROWS, table.name, key_in(table, rows[-1]))
            async with target.write(copies_known_ids=True) as connection:
                await copied_rows.move_on(connection, at, then)
                await copied_rows.write_rows(connection, table, rows)
            at = then
            progress.settled(len(rows))
    return at


async def _unlike(
    reading: AsyncConnection, there: AsyncConnection, table: Table, parts: Sequence[int]
) -> list[Unlike]:
    """The rows of some parts that differ, the first few."""
    looked_at = frozenset(parts[:_PARTS_LOOKED_AT])
    sides = [await _prints_by_key(one, table, looked_at) for one in (reading, there)]
    return rows_unlike(*sides)[:NAMED]


async def _prints_by_key(
    connection: AsyncConnection, table: Table, parts: frozenset[int]
) -> dict[bytes, bytes]:
    found = {}
    async for rows in pages(connection, table):
        for row in rows:
            key = key_in(table, row)
            if part_of(key) in parts:
                found[key_bytes(key)] = print_of(row)
    return found


async def _settle(source: Database, target: Database, word: Closed, *, keep_open: bool) -> None:
    """The last words: the source has moved, and only then the copy is open; or the copy is for trial."""
    if keep_open:
        trial = replace(word, why=Why.TRIAL, other=_where(source))
        await closing.close(target, trial, now=word.at)
        return
    async with source.write() as connection:
        await note_closed(connection, replace(word, why=Why.MOVED))
    async with target.write() as connection:
        await copied_stores.open_to_all(connection)


def _where(database: Database) -> str:
    return lasting(database.url)


def _what_to_do(trouble: str, where: str, *, keep_open: bool) -> str:
    if keep_open:
        return f"{trouble}; the copy is not whole: call again to make it anew"
    return (
        f"{trouble}; the store {where} stays closed: call again to go on, or open it with digest store reopen"
    )
