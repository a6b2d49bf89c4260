"""A backup is put back into a store, row by row, compared with what was written, and left closed.

    whole? -> tables of its version -> rows -> compare -> today's version -> words of search -> close

What was sent since the backup was made is not known in it: the store stays closed until somebody says what
became of that (`digest.flows.reopen`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Table, delete

from digest.core.backups import Head
from digest.core.moving import Closed, Start, Why
from digest.core.restoring import way_to_restore
from digest.errors import DigestError, StoreError, UnfinishedCopyError
from digest.flows.back_up import told_of
from digest.flows.reindex import reindex
from digest.flows.tally import Progress, Unwatched
from digest.store import closing, copied_rows, copied_stores, schema
from digest.store.backup_files import Contents, require_whole
from digest.store.copied_rows import POSITION, Position, Stage, key_in, print_of_table, write_rows
from digest.store.database import Database
from digest.store.described import table_of
from digest.store.every_table import every_table
from digest.store.places import shown
from digest.store.tables import facts


class Restored(Struct, frozen=True):
    """What came of it."""

    head: Head
    #: how many rows each table has
    tables: dict[str, int]
    #: tables that are not as they were written; empty when all is well
    unlike: tuple[str, ...] = ()


async def restore(
    path: Path,
    target: Database,
    *,
    now: datetime,
    may_replace: bool = False,
    progress: Progress | None = None,
) -> Restored:
    """Put a backup back into an empty store, or into one whose rows may go, and leave it closed.

    Raises InputError or StoreError when nothing was changed; once rows are written, what goes wrong is an
    UnfinishedCopyError, and the next call begins anew.
    """
    name, contents = usable(path)
    start = await _start(contents.head, name, target, now=now, may_replace=may_replace)
    word = Closed(Why.RESTORING, name, contents.where, contents.head.at)
    if start is not Start.ON:
        await schema.migrate(target, contents.head.schema)
        tables = [table_of(shape) for shape in contents.head.tables]
        await copied_stores.make_ready(target, word, anew=start is Start.ANEW, tables=tables)
    try:
        return await _carry(contents, target, word, start, progress or Unwatched())
    except DigestError as error:
        raise UnfinishedCopyError(
            f"{error}; the store {shown(target.url)} is not whole: call digest restore again"
        ) from error


def usable(path: Path) -> tuple[str, Contents]:
    """The name and the rows of a backup; raises InputError or StoreError for one that cannot be put back."""
    with told_of(path):
        name = require_whole(path).name
        contents = Contents(path)
    head = contents.head
    if not schema.is_known(head.schema):
        raise StoreError(
            f"the backup {str(path)!r} has tables of version {head.schema}, which this program does not "
            f"know: use program {head.program}, which made it, or a newer one"
        )
    return name, contents


async def _start(head: Head, name: str, target: Database, *, now: datetime, may_replace: bool) -> Start:
    """How to begin, with nothing changed yet."""
    revision = await schema.current_revision(target)
    place = await copied_stores.place_of(target)
    is_read = False
    if place.closed is not None and place.closed.why is Why.RESTORING:
        async with target.read() as connection:
            is_read = (await copied_rows.position(connection)).stage is Stage.WORDS
    start = way_to_restore(place, revision, name, head.schema, replace=may_replace, is_read=is_read)
    if isinstance(start, str):
        raise StoreError(start)
    if start is Start.ANEW and place.closed is None:
        async with target.read() as connection:
            await closing.require_nothing_on_its_way(connection, place.where, now)
    return start


async def _carry(
    contents: Contents, target: Database, word: Closed, start: Start, progress: Progress
) -> Restored:
    head = contents.head
    if start is not Start.ON:
        # each is written once, and looked at again
        progress.expect(2 * head.rows)
        tables = {shape.name: table_of(shape) for shape in head.tables}
        at = await _write(contents, target, tables, progress)
        async with target.snapshot() as connection:
            found = {
                name: await print_of_table(connection, table, progress.settled)
                for name, table in tables.items()
            }
        counts = {name: one.rows for name, one in found.items()}
        if unlike := tuple(name for name, one in found.items() if one != contents.prints[name]):
            return Restored(head, counts, unlike)
        async with target.write(of_any_version=True) as connection:
            await copied_stores.go_on_behind(connection, contents.given_ids, list(tables.values()))
            await copied_rows.move_on(connection, at, Position(Stage.WORDS))
    await schema.migrate(target)
    await reindex(store=target, is_seen=False)
    await _settle(target, word)
    return Restored(head, await copied_rows.counts(target, every_table()))


async def _write(
    contents: Contents, target: Database, tables: Mapping[str, Table], progress: Progress
) -> Position:
    """Write all rows, a page a transaction; where that came to."""
    at = Position(Stage.ROWS)
    # read to its end: what stands behind the last row counts, too
    pages_left = contents.pages()
    while True:
        with told_of(contents.path):
            page = next(pages_left, None)
        if page is None:
            return at
        shape, rows = page
        table = tables[shape.name]
        then = Position(Stage.ROWS, shape.name, key_in(table, rows[-1]))
        async with target.write(copies_known_ids=True, of_any_version=True) as connection:
            # two who put back at once: the second one goes on
            await copied_rows.move_on(connection, at, then)
            await write_rows(connection, table, rows)
        at = then
        progress.settled(len(rows))


async def _settle(target: Database, word: Closed) -> None:
    """Close the store for whoever may send from it; only then all of it is there for who looks."""
    await closing.close(target, replace(word, why=Why.RESTORED), now=word.at)
    async with target.write() as connection:
        await connection.execute(delete(facts).where(facts.c.name == POSITION))
