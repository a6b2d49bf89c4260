"""What each connection to SQLite is told when it opens, and how its transactions begin."""

from __future__ import annotations

import sqlite3
from sqlite3 import SQLITE_BUSY, OperationalError
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

from digest.store.by_driver import say
from digest.store.stepping import SteppingConnection

#: How long a writer waits for another one on SQLite, in milliseconds, before the store counts as locked.
BUSY_TIMEOUT_MS: Final = 30_000
#: Pages of the log after which SQLite folds it into the file; a page written by many commits is copied once.
LOG_PAGES: Final = 8000
#: What a connection keeps of the file at most, in kilobytes. Sending needs little: what one connection writes
#: is news to the other, which then forgets all it has. To plan is to touch the same pages again and again: a
#: quarter of this took a fifth more processor time (measured once); four times as much saved next to nothing.
KILOBYTES_KEPT: Final = 3072
KILOBYTES_TO_PLAN: Final = 16_384
#: Where a connection notes that it does not look references up.
_UNCHECKED: Final = "digest_unchecked"
#: In seconds.
_BEFORE_ANOTHER_TRY: Final = 0.005


def make_sqlite_safe(engine: Engine) -> None:
    """Give every connection of this engine what it needs to be durable, checked and patient."""
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    if isinstance(connection, SteppingConnection):
        connection.step(_prepare)
    else:
        _prepare(connection)


def _prepare(connection: sqlite3.Connection) -> None:
    # the driver's own transaction control would begin late and never IMMEDIATE
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _keep_a_log(cursor)
    # FULL makes each commit durable against power loss; NORMAL could lose the last ones and send twice
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    cursor.execute("PRAGMA foreign_keys = ON")
    # what is erased is overwritten: an erased address may not linger in free pages
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute(f"PRAGMA cache_size = -{KILOBYTES_KEPT}")
    cursor.close()


def _keep_a_log(cursor: Any) -> None:
    """Switch to the write-ahead log, patiently.

    Of several who open a new file at once, SQLite refuses some without waiting; the others hold it for one
    statement.
    """
    patient_until = monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            # the lowest byte is the kind, whatever more is said of it
            if error.sqlite_errorcode & 0xFF != SQLITE_BUSY or monotonic() >= patient_until:
                raise
        sleep(_BEFORE_ANOTHER_TRY)


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    unchecked = options.get("digest_unchecked", False)
    if connection.info.get(_UNCHECKED, False) != unchecked:
        # has no effect within a transaction
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {'OFF' if unchecked else 'ON'}")
        room = KILOBYTES_TO_PLAN if unchecked else KILOBYTES_KEPT
        connection.exec_driver_sql(f"PRAGMA cache_size = -{room}")
        connection.info[_UNCHECKED] = unchecked
    if options.get("digest_write", False):
        # a writer takes its lock at once: upgrading later fails with "database is locked" without waiting
        say(connection, "BEGIN IMMEDIATE").close()
        return
    near: object = connection.connection.dbapi_connection
    if isinstance(near, SteppingConnection):
        near.begin_look()
        return
    say(connection, "BEGIN").close()
