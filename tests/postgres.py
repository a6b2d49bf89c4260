"""PostgreSQL for tests: a running server, and stores on it that are emptied and lent again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from psycopg import Connection

#: What the server we start leaves out: what a test leaves behind need not outlive a power cut, and nobody
#: tidies up or looks at tables meanwhile, so that plans depend on a test alone.
WITHOUT: Final = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
#: With more rows than this another copy of the model costs less than emptying.
_MANY: Final = 2_000

#: What a store is made of, by the numbers that the server gave to it: those of a copy are the same.
_SHAPE: Final = """
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
    SELECT concat_ws(' ', 'class', oid, relname, relkind) AS line FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'column', attrelid, attnum, attname, atttypid, attnotnull, atthasdef)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'constraint', oid, conname, convalidated) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'trigger', pg_trigger.oid, tgname, tgenabled)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'schema', oid, nspname) FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast_temp)'
    UNION ALL
    SELECT concat_ws(' ', 'function', oid, proname, md5(prosrc)) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
) AS shape
"""
#: What was learned of tables by ANALYZE bends the plans of whoever comes next.
_LEARNED: Final = "SELECT EXISTS (SELECT 1 FROM pg_stats WHERE schemaname = 'public')"
_OTHERS: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid != pg_backend_pid()
"""
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SEQUENCES: Final = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename"


class PostgresServer:
    """A running server."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._made: list[str] = []

    def create(self, template: str = "template0") -> str:
        """A new database; its name."""
        name = f"digest_test_{secrets.token_hex(8)}"
        self.command(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return name

    def drop_all(self) -> None:
        """Leave the server as it was."""
        self.command(*(f'DROP DATABASE "{name}" WITH (FORCE)' for name in self._made))

    def url_of(self, name: str) -> str:
        """As the settings have it."""
        url = self._url.set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def command(self, *statements: str) -> None:
        """Give commands outside of transactions."""
        with closing(self.connect()) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def connect(self, name: str | None = None) -> Connection[Any]:
        """A connection that commits by itself, to a database or to the one that was given."""
        import psycopg

        url = self._url.set(drivername="postgresql")
        url = url if name is None else url.set(database=name)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


class PostgresStores:
    """Databases on a server: copies of one that was set up once, each lent to one test at a time."""

    def __init__(self, server: PostgresServer, set_up: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        self._server = server
        self._model = server.create()
        asyncio.run(set_up(server.url_of(self._model)))
        with closing(server.connect(self._model)) as connection:
            self._as_new = _Contents.of(connection)
        self._free: list[str] = []

    def make(self, seeded: bool) -> str:
        """The URL of a store; `seeded` is False for one without any table."""
        if not seeded:
            return self._server.url_of(self._server.create())
        # files are what a new database costs, some hundreds of them
        return self._server.url_of(self._free.pop() if self._free else self._server.create(self._model))

    def take_back(self, url: str) -> None:
        """Lend a seeded store again, as new; one that cannot be made so stays unused until the end."""
        name = make_url(url).database or ""
        with closing(self._server.connect(name)) as connection:
            if self._as_new.restore(connection):
                self._free.append(name)


@dataclass(frozen=True)
class _Contents:
    """All that a store holds when it was just set up."""

    #: a digest of tables, columns, constraints, triggers and functions
    shape: str
    #: rows by table, as COPY writes them; empty for a table without rows
    rows: dict[str, bytes]
    #: by sequence its last value, and whether it was given out
    counters: dict[str, tuple[int, bool]]

    @classmethod
    def of(cls, connection: Connection[Any]) -> _Contents:
        """Read it all."""
        return cls(
            _value(connection, _SHAPE),
            {table: _copied(connection, table) for table in _names(connection, _TABLES)},
            {name: _counter(connection, name) for name in _names(connection, _SEQUENCES)},
        )

    def restore(self, connection: Connection[Any]) -> bool:
        """Make a store as it was; False when its tables were changed, or that would cost much."""
        import psycopg

        connection.execute(_OTHERS.encode())
        if _value(connection, _SHAPE) != self.shape or _value(connection, _LEARNED):
            return False
        counted = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in self.rows)
        found = dict(connection.execute(counted.encode()).fetchall())
        if sum(found.values()) > _MANY:
            return False
        try:
            with connection.transaction():
                # neither triggers nor foreign keys: rows go and come in any order
                connection.execute("SET LOCAL session_replication_role = replica")
                self._put_back(connection, [table for table, count in found.items() if count])
        except psycopg.errors.InsufficientPrivilege:
            return False
        return True

    def _put_back(self, connection: Connection[Any], filled: list[str]) -> None:
        for table in filled:
            connection.execute(f'DELETE FROM "{table}"'.encode())
        for table, rows in self.rows.items():
            if rows:
                with connection.cursor().copy(f'COPY "{table}" FROM STDIN'.encode()) as copy:
                    copy.write(rows)
        calls = (f"setval('\"{name}\"', {last}, {given})" for name, (last, given) in self.counters.items())
        connection.execute(f"SELECT {', '.join(calls)}".encode())


def _value(connection: Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def _names(connection: Connection[Any], query: str) -> list[str]:
    return [name for (name,) in connection.execute(query.encode())]


def _copied(connection: Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(f'COPY "{table}" TO STDOUT'.encode()) as copy:
        return b"".join(bytes(piece) for piece in copy)


def _counter(connection: Connection[Any], name: str) -> tuple[int, bool]:
    row = connection.execute(f'SELECT last_value, is_called FROM "{name}"'.encode()).fetchone()
    assert row is not None
    return row[0], row[1]
