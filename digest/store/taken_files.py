"""The shelf of the watched folder: files that were taken in, known again by what they hold, and troubles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Rejected
from digest.store.taken_tables import folder_troubles, taken_files
from subscribers.interning import insert_into

#: So many reasons of a file are kept; how many there were is counted.
REASONS_KEPT: Final = 500
_LONGEST_REASON: Final = 500


class TakenFile(Struct, frozen=True):
    """What became of a file, by what it held."""

    id: int
    name: str
    #: in bytes
    size: int
    #: when it was decided on, and when one that holds the same lay there last
    at: datetime
    seen_at: datetime
    times: int
    added: int
    updated: int
    unchanged: int
    refused: int
    #: the first of them
    reasons: tuple[Rejected, ...]
    #: its path from the folder; None until it was moved
    kept_as: str | None

    @property
    def is_refused(self) -> bool:
        """True when nothing of it was of use: it may be tried again."""
        return not (self.added or self.updated or self.unchanged)


class FolderTrouble(Struct, frozen=True):
    """What lies in a folder and can be neither read nor moved."""

    folder: str
    #: empty for the folder itself
    name: str
    words: str
    since_at: datetime


async def by_digest(connection: AsyncConnection, digest: str) -> TakenFile | None:
    """The record of what a file holds, or None."""
    row = (await connection.execute(select(taken_files).where(taken_files.c.digest == digest))).first()
    return None if row is None else _file_from(row)


async def begin(connection: AsyncConnection, digest: str, name: str, size: int, now: datetime) -> TakenFile:
    """The record of what a file holds, made when there is none: nobody else has it until commit."""
    none = dict.fromkeys(("times", "added", "updated", "unchanged", "refused"), 0)
    row = {"digest": digest, "name": name, "size": size, "at": now, "seen_at": now, "reasons": [], **none}
    query = insert_into(connection, taken_files).values(row)
    await connection.execute(query.on_conflict_do_nothing(index_elements=["digest"]))
    mine = select(taken_files).where(taken_files.c.digest == digest).with_for_update()
    return _file_from((await connection.execute(mine)).one())


async def note(
    connection: AsyncConnection,
    file_id: int,
    *,
    added: int,
    updated: int,
    unchanged: int,
    rejected: Collection[Rejected],
    now: datetime,
) -> TakenFile:
    """Write down what became of it."""
    some = sorted(rejected, key=lambda one: (one.source, one.line))[:REASONS_KEPT]
    values = {
        "at": now,
        "added": added,
        "updated": updated,
        "unchanged": unchanged,
        "refused": len(rejected),
        "reasons": [[one.source[:_LONGEST_REASON], one.line, one.reason[:_LONGEST_REASON]] for one in some],
    }
    query = update(taken_files).where(taken_files.c.id == file_id).values(values).returning(taken_files)
    return _file_from((await connection.execute(query)).one())


async def note_kept(connection: AsyncConnection, file_id: int, kept_as: str, now: datetime) -> None:
    """Write down that it was moved, and where to."""
    mine = taken_files.c
    values = {"kept_as": kept_as, "seen_at": now, "times": mine.times + 1}
    await connection.execute(update(taken_files).where(mine.id == file_id).values(values))


async def newest(
    connection: AsyncConnection, *, before: int | None = None, limit: int
) -> tuple[TakenFile, ...]:
    """The files, the newest record first."""
    query = select(taken_files).order_by(taken_files.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(taken_files.c.id < before)
    return tuple(map(_file_from, await connection.execute(query)))


async def refused_since(connection: AsyncConnection, since: datetime) -> int:
    """How many files were refused since then, or in part."""
    mine = taken_files.c
    query = select(func.count()).where(mine.seen_at >= since, mine.at >= since, mine.refused > 0)
    return (await connection.execute(query)).scalar_one()


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Forget files that were moved and lay there last before then; how many."""
    mine = taken_files.c
    gone = await connection.execute(
        delete(taken_files).where(mine.seen_at < before, mine.kept_as.is_not(None))
    )
    return gone.rowcount


async def troubles(connection: AsyncConnection, folder: str | None = None) -> tuple[FolderTrouble, ...]:
    """What cannot be read or moved, by folder and name."""
    mine = folder_troubles.c
    query = select(folder_troubles).order_by(mine.folder, mine.name)
    if folder is not None:
        query = query.where(mine.folder == folder)
    return tuple(FolderTrouble(**row._mapping) for row in await connection.execute(query))


async def set_troubles(
    connection: AsyncConnection, folder: str, words: Mapping[str, str], now: datetime
) -> None:
    """Say what cannot be read or moved now, by name; what stays as it was keeps its time."""
    known = {one.name: one.words for one in await troubles(connection, folder)}
    changed = sorted(name for name in {*known, *words} if known.get(name) != words.get(name))
    for name in changed:
        mine = folder_troubles.c
        await connection.execute(delete(folder_troubles).where(mine.folder == folder, mine.name == name))
        if name in words:
            row = {"folder": folder, "name": name, "words": words[name], "since_at": now}
            query = insert_into(connection, folder_troubles).values(row)
            await connection.execute(query.on_conflict_do_nothing(index_elements=["folder", "name"]))


async def forget_other_folders(connection: AsyncConnection, folder: str | None) -> None:
    """Forget the troubles of folders that are not looked at any more."""
    await connection.execute(delete(folder_troubles).where(folder_troubles.c.folder != (folder or "")))


def _file_from(row: Row[Any]) -> TakenFile:
    values = {name: getattr(row, name) for name in TakenFile.__struct_fields__}
    return TakenFile(**values | {"reasons": tuple(Rejected(*one) for one in row.reasons)})
