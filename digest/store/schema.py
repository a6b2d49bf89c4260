"""Bringing a store of any age to today's tables, and telling which age it has."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.openness import closed
from digest.store.places import shown
from digest.store.tables import deliveries, notices
from digest.store.version import NEWEST as NEWEST
from digest.store.version import VERSION, hold_writers_off, is_newer, words_for

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def migrate(database: Database, upto: str = "head") -> None:
    """Apply every migration that the store has not seen; safe to repeat, and when two do it at once.

    `upto` names the last one to apply, for who needs a store of an earlier age.
    """
    async with database.rebuild() as connection:
        word = await closed(connection)
        is_held = word is not None and not word.why.is_unfinished
        if word is not None and is_held and await connection.run_sync(_revision_of) != NEWEST:
            # what holds writers off would go with the tables that are made anew
            raise StoreError(word.words(shown(database.url)))
        # two would make the same table; and who writes does so by one version or the other
        await hold_writers_off(connection)
        await _require_to_migrate(connection, shown(database.url))
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


def is_known(revision: str) -> bool:
    """Whether this program has a migration to this version."""
    from alembic.script import ScriptDirectory

    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


async def revision_in(connection: AsyncConnection) -> str | None:
    """The version of a store, as a transaction sees it; None for an empty one."""
    return await connection.run_sync(_revision_of)


async def require_current(database: Database) -> None:
    """Refuse to work on a store that is not set up, too old, too new or not all there: the words say so."""
    async with database.read() as connection:
        found = await connection.run_sync(_revision_of)
        word = await closed(connection) if found == NEWEST else None
    where = shown(database.url)
    if word is not None and word.why.is_unfinished:
        raise StoreError(word.words(where))
    if found == NEWEST:
        return
    if found is None:
        raise StoreError(f"the store {where} is not set up: run digest init")
    raise StoreError(words_for(where, found))


async def _require_to_migrate(connection: AsyncConnection, where: str) -> None:
    """Refuse a store of a newer program, and one of an older program that is sending.

    What is on the wire has to be recorded by who sent it, and that one writes nothing after the upgrade.
    """
    found = await connection.run_sync(_revision_of)
    if found is not None and is_newer(found):
        raise StoreError(words_for(where, found))
    if found in {None, NEWEST}:
        return
    now = datetime.now(UTC)
    tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    for mails in (deliveries, notices):
        if mails.name not in tables:
            continue
        mine = mails.c
        query = select(func.count(), func.max(mine.lease_until))
        some, until = (
            await connection.execute(query.where(mine.status == "sending", mine.lease_until > now))
        ).one()
        if some:
            raise StoreError(
                f"{some} {'mail' if some == 1 else 'mails'} of the store {where} "
                f"{'is' if some == 1 else 'are'} being sent by the program from before: stop "
                "digest serve, run and worker (SIGTERM lets them end well), and call again; if they were "
                f"killed, let the old digest run take their work over, or wait until {until:%H:%M:%S} UTC"
            )


def _upgrade(connection: Connection, upto: str) -> None:
    # here, for it is as large as the rest of the store's code, and every command asks for the version
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, upto)


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION.name):
        return None
    found: str | None = connection.execute(select(VERSION.c.version_num)).scalar()
    return found


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
