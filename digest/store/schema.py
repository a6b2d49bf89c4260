"""Bringing a store of any age to today's tables, and telling which age it has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, column, func, inspect, select, table
from sqlalchemy.exc import PendingRollbackError

from digest.core.moving import Why
from digest.errors import StoreError
from digest.store.database import Database
from digest.store.openness import closed
from digest.store.places import shown

if TYPE_CHECKING:
    from alembic.config import Config

#: The version that this program writes: the last of `migrations/versions/`.
NEWEST: Final = "0027"

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: Where Alembic writes the version down.
_VERSION: Final = table("alembic_version", column("version_num"))
#: The advisory lock of who migrates; any number that nothing else in the database takes.
_MIGRATING: Final = 0x6469_6765_7374


async def migrate(database: Database, upto: str = "head") -> None:
    """Apply every migration that the store has not seen; safe to repeat, and when two do it at once.

    `upto` names the last one to apply, for who needs a store of an earlier age.
    """
    async with database.rebuild() as connection:
        word = await closed(connection)
        is_held = word is not None and word.why is not Why.UNFINISHED
        if word is not None and is_held and await connection.run_sync(_revision_of) != NEWEST:
            # what holds writers off would go with the tables that are made anew
            raise StoreError(word.words(shown(database.url)))
        if not database.is_sqlite:
            # SQLite has one writer at a time anyway; PostgreSQL would let two make the same table
            await connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        try:
            await connection.run_sync(_upgrade, upto)
        except PendingRollbackError:
            # a stop in the middle: Alembic tidies up over a connection that is no more, and hides the stop
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            raise


async def current_revision(database: Database) -> str | None:
    """The store's own version; None for an empty one."""
    async with database.read() as connection:
        return await connection.run_sync(_revision_of)


async def require_current(database: Database) -> None:
    """Refuse to work on a store that is not set up, too old, too new or not all there: the words say so."""
    async with database.read() as connection:
        found = await connection.run_sync(_revision_of)
        word = await closed(connection) if found == NEWEST else None
    where = shown(database.url)
    if word is not None and word.why is Why.UNFINISHED:
        raise StoreError(word.words(where))
    if found == NEWEST:
        return
    if found is None:
        raise StoreError(f"the store {where} is not set up: run digest init")
    raise StoreError(
        f"the store {where} has version {found}, this program works on {NEWEST}: "
        "run digest init, or the program that made it"
    )


def _upgrade(connection: Connection, upto: str) -> None:
    # here, for it is as large as the rest of the store's code, and every command asks for the version
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config()
    found = _revision_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(f"the store has version {found}, which this program does not know: use a newer one")
    config.attributes["connection"] = connection
    command.upgrade(config, upto)


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(select(_VERSION.c.version_num)).scalar()
    return found


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
