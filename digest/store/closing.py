"""A store that was copied is closed: whoever has it open, nothing can be written to it any more.

The store itself refuses, by triggers, for a process that opened it before would not ask whether it may go
on. As a row is written before anything is sent, a closed store sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.moving import Closed, Why
from digest.errors import StoreError
from digest.store.database import Database
from digest.store.every_table import every_table
from digest.store.openness import CLOSED, closed, note_closed
from digest.store.places import shown
from digest.store.tables import deliveries, facts, notices
from digest.store.trouble import CLOSED_MARK

#: How long writers are waited for on PostgreSQL, in milliseconds; as long as SQLite waits.
_PATIENCE_MS: Final = 30_000
_ACTS: Final = ("INSERT", "UPDATE", "DELETE")
#: What a closed store says to who would write; of one that was copied, where it went.
_WENT: Final = {Why.TRIAL: "it is a copy of", Why.RESTORED: "it was put back from the backup"}


async def close(database: Database, word: Closed, *, now: datetime) -> None:
    """Close a store for whoever may write, in one transaction with a look at who is sending.

    Raises StoreError, with nothing changed, when copies are on their way. From a copy for trial, or what was
    put back from a backup, nobody sends.
    """
    async with database.write() as connection:
        await _hold_writers_off(connection)
        if word.why not in {Why.TRIAL, Why.RESTORED}:
            await require_nothing_on_its_way(connection, shown(database.url), now)
        await note_closed(connection, word)
        for statement in _locks(database.is_sqlite, word):
            await connection.execute(text(statement))


async def reopen(database: Database) -> Closed | None:
    """Open a closed store again; why it was closed, or None when it was open."""
    async with database.write() as connection:
        found = await closed(connection)
        if found is None:
            return None
        if found.why.is_unfinished or found.why is Why.RESTORED:
            # of the latter it has to be said first what was sent: `digest.flows.reopen`
            raise StoreError(found.words(shown(database.url)))
        await let_write(connection)
        await connection.execute(delete(facts).where(facts.c.name == CLOSED))
    return found


async def let_write(connection: AsyncConnection) -> None:
    """Let rows be written again; the store goes on saying that it is closed to who asks."""
    for statement in _unlocks(connection.dialect.name == "sqlite"):
        await connection.execute(text(statement))


async def require_nothing_on_its_way(connection: AsyncConnection, where: str, now: datetime) -> None:
    """Refuse while somebody is sending: what is on the wire has to be recorded where it was claimed."""
    count, until = 0, None
    for table in (deliveries, notices):
        mine = table.c
        query = select(func.count(), func.max(mine.lease_until)).where(
            mine.status == DeliveryStatus.SENDING, mine.lease_until > now
        )
        some, last = (await connection.execute(query)).one()
        count += some
        until = max(filter(None, (until, last)), default=None)
    if count:
        raise StoreError(
            f"{count} mails of the store {where} are being sent: stop digest serve, run and worker (SIGTERM "
            f"lets them end well), and call again; if they were killed, wait until {until:%H:%M:%S} UTC or "
            "let digest run take their work over"
        )


async def _hold_writers_off(connection: AsyncConnection) -> None:
    """Wait for who is writing; SQLite has done so already when a transaction that writes begins."""
    if connection.dialect.name == "sqlite":
        return
    await connection.execute(text(f"SET LOCAL lock_timeout = {_PATIENCE_MS}"))
    names = ", ".join(f'"{name}"' for name in _locked_tables())
    await connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def _locked_tables() -> list[str]:
    """All but the facts, in which the word itself stands."""
    return [table.name for table in every_table() if table is not facts]


def _locks(is_sqlite: bool, word: Closed) -> Iterator[str]:
    """The statements after which the store refuses what is written."""
    went = _WENT.get(word.why, "it was copied to") + f" {word.other}"
    mend = ": open it with digest store reopen" if word.why is Why.RESTORED else ""
    said = f"{CLOSED_MARK}{went} ({word.at:%Y-%m-%d %H:%M} UTC){mend}".replace("'", "''")
    # a colon would begin a parameter
    said = said.replace(":", "\\:")
    if is_sqlite:
        for name in _locked_tables():
            for act in _ACTS:
                yield (
                    f'CREATE TRIGGER "{_trigger(name, act)}" BEFORE {act} ON "{name}" '
                    f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
                )
        return
    # the class of errors that PostgreSQL has for a store that only reads
    yield (
        "CREATE FUNCTION digest_closed() RETURNS trigger LANGUAGE plpgsql AS $digest$ BEGIN "
        f"RAISE EXCEPTION USING MESSAGE = '{said}', ERRCODE = '25006'; END $digest$"
    )
    for name in _locked_tables():
        yield (
            f'CREATE TRIGGER digest_closed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{name}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION digest_closed()"
        )


def _unlocks(is_sqlite: bool) -> Iterator[str]:
    if is_sqlite:
        for name in _locked_tables():
            for act in _ACTS:
                yield f'DROP TRIGGER IF EXISTS "{_trigger(name, act)}"'
        return
    yield "DROP FUNCTION IF EXISTS digest_closed() CASCADE"


def _trigger(name: str, act: str) -> str:
    return f"closed_{name}_{act.lower()}"
