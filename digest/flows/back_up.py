"""A store is written into a file as it is at one moment, while all goes on; and a file is looked through.

snapshot -> head -> rows, table by table -> sum -> the name
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from digest.core.backups import (
    DamagedError,
    Head,
    TableEnd,
    end_line,
    head_line,
    last_line,
    mark_of,
    row_line,
)
from digest.core.rowprints import Keyed, Rowprint
from digest.errors import InputError, StoreError
from digest.flows.tally import Progress, Unwatched
from digest.store import copied_rows, copied_stores, schema
from digest.store.backup_files import Contents, Whole, require_whole, written
from digest.store.copied_rows import key_in, pages
from digest.store.database import Database
from digest.store.described import keep_tables, shape_of
from digest.store.every_table import every_table
from digest.store.places import shown


class Keys(Struct, frozen=True):
    """The keys that sign links, as far as a backup has to do with them."""

    keys: Sequence[bytes] = ()
    #: else the file only says by which marks they are known again
    are_kept: bool = False


class Backup(Struct, frozen=True):
    """What a file holds."""

    whole: Whole
    head: Head
    #: how many rows each table has
    tables: dict[str, int]


async def back_up(
    store: Database,
    path: Path,
    *,
    now: datetime,
    program: str,
    keys: Keys | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Backup:
    """Write a backup of a store; all that was committed by `now` is in it.

    Raises StoreError for a store that is not of this version, InputError for a file that cannot be written.
    """
    watched, keys = progress or Unwatched(), keys or Keys()
    tables, counts = every_table(), {}
    async with store.snapshot() as connection:
        await keep_tables(connection, tables)
        if (found := await schema.revision_in(connection)) != schema.NEWEST:
            raise StoreError(f"the store {shown(store.url)} has version {found}: run digest init")
        rows = sum([await copied_rows.count_of(connection, table) for table in tables])
        watched.expect(rows)
        head = Head(
            schema=schema.NEWEST,
            program=program,
            at=now,
            store=shown(store.url),
            tables=tuple(map(shape_of, tables)),
            rows=rows,
            key_marks=tuple(map(mark_of, keys.keys)),
            keys=tuple(key.decode("utf-8", "surrogateescape") for key in keys.keys if keys.are_kept),
        )
        with written(path, overwrite=overwrite) as file:
            file.write(head_line(head))
            for table, shape in zip(tables, head.tables, strict=True):
                sum_ = Rowprint()
                async for some in pages(connection, table):
                    for row in some:
                        file.write(row_line(shape, row))
                    sum_ = sum_.and_of(Keyed(key_in(table, row), row) for row in some)
                    watched.settled(len(some))
                file.write(end_line(TableEnd.of(table.name, sum_)))
                counts[table.name] = sum_.rows
            file.write(last_line(await copied_stores.given_ids(connection)))
    return Backup(require_whole(path), head, counts)


async def look_through(path: Path, progress: Progress | None = None) -> Backup:
    """Read a file to its end and add all of it up; raises InputError when it is not as it was written."""
    watched = progress or Unwatched()
    with told_of(path):
        whole = require_whole(path)
        contents = Contents(path)
        watched.expect(contents.head.rows)
        for _, rows in contents.pages():
            watched.settled(len(rows))
            # who shows how far this is has a turn
            await asyncio.sleep(0)
    counts = {table: found.rows for table, found in contents.prints.items()}
    return Backup(whole, contents.head, counts)


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """What is wrong with a file is told in one plain line."""
    try:
        yield
    except DamagedError as error:
        raise InputError(f"the backup {str(path)!r} cannot be used: {error}") from None
