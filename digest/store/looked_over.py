"""A look at a store in whatever state it is, which makes and changes nothing, and waits for nobody long."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.doctor_store import ConnectionsSeen, MemorySeen, State, StoreSeen
from digest.errors import StoreError
from digest.store import openness, schema, workers
from digest.store.database import Database
from digest.store.places import shown
from digest.store.version import words_for
from subscribers.tables import cadences

#: Seconds for which another writer may have its turn before it is told.
_PATIENCE: Final = 3.0
#: Seconds without a word in a transaction, or of waiting for a lock, that are worth a word.
_LONG: Final = 60
_WAITING: Final = 10

_HELD_UP: Final = text(
    "SELECT pid, coalesce(application_name, '') AS name, "
    "extract(epoch FROM clock_timestamp() - coalesce(state_change, query_start))::bigint AS seconds, "
    "wait_event_type = 'Lock' AS waits FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND ("
    "(state LIKE 'idle in transaction%' "
    "AND state_change < clock_timestamp() - make_interval(secs => :long)) OR "
    "(wait_event_type = 'Lock' AND query_start < clock_timestamp() - make_interval(secs => :waiting))"
    ") ORDER BY seconds DESC LIMIT 1"
)
_CONNECTIONS: Final = text(
    "SELECT current_setting('max_connections')::int AS most, "
    "current_setting('superuser_reserved_connections')::int AS reserved, "
    "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
    "AND datname IS DISTINCT FROM current_database()) AS others"
)
_MEMORY: Final = text(
    "SELECT pg_database_size(current_database()) AS store, "
    "pg_size_bytes(current_setting('shared_buffers')) AS kept"
)
_MAY_WRITE: Final = text(
    "SELECT NOT pg_is_in_recovery() AND has_schema_privilege(current_schema(), 'USAGE') "
    "AND has_table_privilege('briefings', 'INSERT')"
)


def look_at_file(url: URL, *, patience: float = _PATIENCE) -> StoreSeen:
    """A SQLite store from outside: is it there, one of ours, free to be written, with room left."""
    path = Path(url.database or "")
    seen = StoreSeen(shown(url), State.OPENED, free=_free(path.parent), log=_size(Path(f"{path}-wal")))
    if not path.exists():
        return replace(seen, state=State.MISSING)
    try:
        # by hand and only to read: our own engine would make a log beside whatever lies there
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=patience)
        ) as file:
            version = _version(file)
        if version != schema.NEWEST:
            return _other_version(seen, version)
        may_write = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        return replace(seen, may_write=may_write, held_up_by=_turn(path, patience) if may_write else "")
    except (sqlite3.Error, OSError) as error:
        words = f"the store {seen.name} cannot be used ({error})"
        return replace(seen, state=State.UNUSABLE, words=words)


async def look_at_server(store: Database) -> StoreSeen:
    """A store on PostgreSQL."""
    seen = StoreSeen(shown(store.url), State.OPENED, is_sqlite=False)
    try:
        version = await schema.current_revision(store)
        if version != schema.NEWEST:
            return _other_version(seen, version)
        async with store.read() as connection:
            return await _of_server(connection, seen)
    except StoreError as error:
        return replace(seen, state=State.UNUSABLE, words=str(error))


async def why_closed(store: Database) -> str:
    """Why a store of today's version is closed; empty for an open one."""
    async with store.read() as connection:
        word = await openness.closed(connection)
    return "" if word is None else word.words(shown(store.url))


async def _of_server(connection: AsyncConnection, seen: StoreSeen) -> StoreSeen:
    counted = (await connection.execute(_CONNECTIONS)).one()
    room = (await connection.execute(_MEMORY)).one()
    held_up = (await connection.execute(_HELD_UP, {"long": _LONG, "waiting": _WAITING})).first()
    words = ""
    if held_up is not None:
        what = "waits for a lock" if held_up.waits else "has been silent within a transaction"
        words = f"process {held_up.pid} {held_up.name} {what} for {held_up.seconds} s"
    processes = max(1, len(await workers.here(connection)))
    return replace(
        seen,
        may_write=bool((await connection.execute(_MAY_WRITE)).scalar_one()),
        held_up_by=words,
        connections=ConnectionsSeen(counted.most, counted.reserved, counted.others, processes),
        memory=MemorySeen(room.store, room.kept),
    )


def _other_version(seen: StoreSeen, version: str | None) -> StoreSeen:
    if version is None:
        return replace(seen, state=State.MISSING)
    words, _, mend = words_for(seen.name, version).partition(": ")
    return replace(seen, state=State.OTHER_VERSION, words=words, mend=mend)


def _version(file: sqlite3.Connection) -> str | None:
    named = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if not file.execute(named).fetchone()[0]:
        return None
    row = file.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _turn(path: Path, patience: float) -> str:
    """Who keeps us from a turn to write; the turn is given back at once."""
    with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as file:
        try:
            file.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return f"another program has been writing for more than {patience:g} s"
        file.execute("ROLLBACK")
    return ""


def _free(folder: Path) -> int | None:
    """Octets that are left on the disk of a folder, or of the nearest one above that exists."""
    for one in (folder, *folder.absolute().parents):
        if one.is_dir():
            return shutil.disk_usage(one).free
    return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def zones(connection: AsyncConnection) -> dict[str, int]:
    """By its name, how many cadences go by a time zone."""
    query = select(cadences.c.zone, func.count()).group_by(cadences.c.zone)
    return {row[0]: row[1] for row in await connection.execute(query)}
