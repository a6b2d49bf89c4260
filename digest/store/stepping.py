"""SQLite's asynchronous driver with one step to its thread and back for each statement.

SQLAlchemy asks aiosqlite for a cursor, for the statement, for its rows and for the cursor's end: four steps,
each of which takes longer than a short statement itself. Here they are one. A look begins with its first
statement and ends on the spot: neither takes a lock, writes or waits. What has ended is not rolled back for
the pool once more.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")

#: What the address of an engine begins with to have it so.
DRIVER: Final = "sqlite+stepping"
registry.register("sqlite.stepping", __name__, "Dialect")


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """What came of one statement; all that may be asked of a cursor came with the step."""

    __slots__ = ("_lastrowid", "_rowcount", "_stepping", "_told")
    # nothing is left open in the thread
    _awaitable_cursor_close = False

    # not the base's own, which takes a step
    def __init__(self, adapt_connection: Any) -> None:
        self._stepping: SteppingConnection = adapt_connection
        self._rows = deque()
        self._told: Any = None
        self._rowcount = -1
        self._lastrowid: Any = None

    @property
    def description(self) -> Any:
        return self._told

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        return self._lastrowid

    def execute(self, operation: str, parameters: Any = None) -> None:
        self._step(lambda cursor: cursor.execute(operation, () if parameters is None else parameters))

    def executemany(self, operation: str, seq_of_parameters: Any) -> None:
        self._step(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def close(self) -> None:
        self._rows.clear()

    def _step(self, ask: Callable[[sqlite3.Cursor], object]) -> None:
        def whole(connection: sqlite3.Connection) -> None:
            cursor = connection.cursor()
            try:
                ask(cursor)
                self._told = cursor.description
                if self._told:
                    self._rows = deque(cursor.fetchall())
                # how many rows a change touched is known once all that it returns was fetched
                self._rowcount = cursor.rowcount
                self._lastrowid = cursor.lastrowid
            finally:
                cursor.close()

        self._stepping.step(whole)


class SteppingConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose thread is asked once for each statement."""

    __slots__ = ("_begins", "_is_away", "_is_look", "_may_be_open")
    _cursor_cls = _Cursor

    def __init__(self, dbapi: AsyncAdapt_aiosqlite_dbapi, connection: Any) -> None:
        """Take the connection that aiosqlite has opened."""
        super().__init__(dbapi, connection)
        #: True when a look was begun in which nothing was asked yet.
        self._begins = False
        #: False when there is no transaction for sure: what was called off may have begun one.
        self._may_be_open = False
        #: True while the thread has the connection, or may have it: nobody else may touch it then.
        self._is_away = False
        self._is_look = False

    def begin_look(self) -> None:
        """Begin a transaction that takes no lock, with the next statement."""
        self._begins = self._is_look = True

    def step(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with SQLite's own connection in its thread; errors are SQLite's."""
        begins, self._begins = self._begins, False
        self._may_be_open = self._is_away = True

        def whole(connection: sqlite3.Connection) -> T:
            if begins:
                connection.execute("BEGIN")
            return work(connection)

        try:
            found: T = await_(self._connection._execute(whole, self._connection._conn))
        except Exception as error:
            self._is_away = False
            self._handle_exception(error)
        self._is_away = False
        return found

    def cursor(self, server_side: bool = False) -> Any:
        """A cursor for one statement, or aiosqlite's own for what is read bit by bit."""
        if server_side:
            if self._begins:
                self.step(lambda _connection: None)
            # its rows are fetched in the thread, whenever that is
            self._is_look = False
        return super().cursor(server_side)

    def commit(self) -> None:
        """End what is open, if anything is."""
        self._end(sqlite3.Connection.commit, super().commit)

    def rollback(self) -> None:
        """Undo what is open, if anything is; the pool asks for it whenever a connection comes back."""
        self._end(sqlite3.Connection.rollback, super().rollback)

    def _end(self, at_once: Callable[[sqlite3.Connection], None], by_a_step: Callable[[], None]) -> None:
        on_the_spot = self._is_look and not self._is_away
        self._begins = self._is_look = False
        if not self._may_be_open:
            return
        if on_the_spot:
            try:
                at_once(self._connection._conn)
            except Exception as error:
                self._handle_exception(error)
        else:
            by_a_step()
        self._may_be_open = False


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *given: Any, **named: Any) -> SteppingConnection:
        return SteppingConnection(self, super().connect(*given, **named)._connection)


class Dialect(SQLiteDialect_aiosqlite):
    """SQLite by aiosqlite, in fewer steps."""

    driver = "stepping"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        """Load the driver only when there is an engine that wants it."""
        import aiosqlite

        return _Driver(aiosqlite, sqlite3)
