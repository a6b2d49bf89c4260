"""The version of a store, and who may write: a process of another version looks, and writes nothing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, column, func, select, table
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import StoreError
from digest.store.by_driver import say
from digest.store.places import shown

#: The version that this program writes: the last of `migrations/versions/`.
NEWEST: Final = "0034"
#: Where Alembic writes the version down.
VERSION: Final = table("alembic_version", column("version_num"))
#: The advisory lock of PostgreSQL that who writes shares and who migrates takes alone; any number that
#: nothing else in the database takes.
MIGRATING: Final = 0x6469_6765_7374

_SILENCE: Final = "idle_in_transaction_session_timeout"
_FOUND: Final = "SELECT version_num FROM alembic_version"


def require_to_write(connection: Connection, url: URL, *, silent_for: int | None = None) -> None:
    """Refuse a transaction that is about to write when the store became another version's meanwhile.

    A program that was started before an upgrade goes on running; it would write what its own version means,
    without what the new one needs. The store cannot become another version's before the transaction ends: on
    SQLite it holds the one lock for writers already.

    PostgreSQL ends it when it was `silent_for` so many milliseconds, if that is given.
    """
    # by the driver: this comes before everything that is recorded
    if connection.dialect.name == "postgresql":
        # a statement of its own, for what one sees that had to wait is what was there before
        brief = f", set_config('{_SILENCE}', '{silent_for}', true)" if silent_for else ""
        say(connection, f"SELECT pg_advisory_xact_lock_shared({MIGRATING}){brief}").close()
    cursor = say(connection, _FOUND)
    row = cursor.fetchone()
    cursor.close()
    if row is None or row[0] != NEWEST:
        raise StoreError(words_while_running(shown(url), None if row is None else str(row[0])))


async def hold_writers_off(connection: AsyncConnection) -> None:
    """Let nobody write, nor migrate, until commit; who writes now is waited for."""
    if connection.dialect.name == "postgresql":
        # SQLite has one writer at a time anyway
        await connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))


def is_newer(found: str) -> bool:
    """Whether a version is of a program that came after this one."""
    return found > NEWEST


def words_for(where: str, found: str) -> str:
    """What is told to who asks for a store of another version, with the mend."""
    if is_newer(found):
        return (
            f"the store {where} has version {found}, which is newer than {NEWEST} of this program: run the "
            "program that made it, or put back a backup from before the upgrade"
        )
    return f"the store {where} has version {found}, this program works on {NEWEST}: run digest init"


def words_while_running(where: str, found: str | None) -> str:
    """The same for a process at work, under which the store was changed."""
    if found is None:
        return f"the store {where} is not set up: run digest init"
    if is_newer(found):
        return (
            f"the store {where} was upgraded to version {found}, and this process works on {NEWEST}: it "
            "writes nothing any more; end it and start the new program"
        )
    return (
        f"the store {where} has version {found} by now, and this process works on {NEWEST}: run digest init"
    )
