"""One engine and its two kinds of transaction: reading, and writing that takes its lock at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from digest.errors import StoreError
from digest.store import postgres, stepping
from digest.store.crossing import tried
from digest.store.glance import driven, on_the_spot
from digest.store.postgres import kept_alive, make_postgres_ready
from digest.store.sqlite import make_sqlite_safe
from digest.store.trouble import in_words_of
from digest.store.version import require_to_write

#: Connections for glances that stay open.
_MOST_IDLE: Final = 8

T = TypeVar("T")


class Database:
    """The store's engine. `read()` and `write()` give a connection inside one transaction.

    On SQLite the writers of one process take turns here: SQLite itself lets a writer sleep and look again,
    for up to a tenth of a second, when another one is just done.
    """

    def __init__(self, url: str, *, echo: bool = False) -> None:
        """Prepare an engine; nothing is opened before the first transaction."""
        self.url: Final = make_url(url)
        self._engine: Final = _sqlite_engine(self.url, echo) if self.is_sqlite else _engine(self.url, echo)
        self._one_writes: Final = asyncio.Lock()
        self._apart: _Apart | None = None
        self._nearby: Engine | None = None
        self._idle: Final[list[Connection]] = []

    @property
    def is_sqlite(self) -> bool:
        """True when the store is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> AsyncEngine:
        """The engine itself, for migrations."""
        return self._engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only looks: a consistent snapshot on SQLite, read committed on PostgreSQL."""
        async with self._connection() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only looks, and sees the store as it is at its first look."""
        async with self._connection() as connection:
            if not self.is_sqlite:
                options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                connection = await connection.execution_options(**options)
            async with connection.begin() as looking:
                yield connection
                # of a damaged file SQLite refuses even the end of a look, if that is a commit
                await looking.rollback()

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """A look at a few rows for somebody who waits for a page: as `read()`, but quicker on SQLite.

        There it is done on the spot, and everything else in this process waits for it: nothing that looks
        through whole tables may be asked here.
        """
        if not self.is_sqlite:
            async with self.read() as connection:
                yield connection
            return
        with in_words_of(self.url), self._near() as near:
            yield on_the_spot(near)

    async def write_briefly(self, work: Callable[[AsyncConnection], Coroutine[Any, Any, T]]) -> T:
        """Do a short piece of writing in one transaction; on SQLite one step off the event loop in all.

        `work` may await nothing but statements. It is done again when others were in its way.
        """
        if self.is_sqlite:
            return await self.write_apart(lambda connection: driven(work(on_the_spot(connection))))

        async def once() -> T:
            async with self.write() as connection:
                return await work(connection)

        return await tried(once)

    @asynccontextmanager
    async def write(
        self, *, copies_known_ids: bool = False, of_any_version: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A transaction that changes rows; commits at the end of the block, rolls back on any error.

        `copies_known_ids` promises that every reference written was read from its own table in the same
        transaction: SQLite then does not look it up a second time, which takes longer than writing the row.
        Whoever writes that much may also keep more of the file in memory meanwhile. `of_any_version` is for
        who fills a store whose tables are older than this program.
        """
        async with self._turn(), self._connection() as connection:
            connection = await connection.execution_options(
                digest_write=True, digest_unchecked=copies_known_ids
            )
            async with connection.begin():
                if not of_any_version:
                    # reads lock nothing, and who writes that much thinks in between
                    silent_for = None if copies_known_ids else postgres.LONGEST_SILENCE_MS
                    await connection.run_sync(require_to_write, self.url, silent_for=silent_for)
                yield connection

    async def write_apart(self, work: Callable[[Connection], T]) -> T:
        """Do a short piece of writing in one transaction and one step off the event loop.

        An asynchronous connection hops between threads for every statement, which costs more than a short
        statement itself. For what is written for each message that is too much.
        """
        if self._apart is None:
            self._apart = _Apart(self.url)
        async with self._turn():
            with in_words_of(self.url):
                return await self._apart.write(work)

    @asynccontextmanager
    async def rebuild(self) -> AsyncIterator[AsyncConnection]:
        """A writing transaction that may replace whole tables; what refers to a row is checked at its end.

        SQLite changes a table by making another one under its name, and would meanwhile take each row that
        is referred to for deleted.
        """
        async with self._connection() as connection:
            connection = await connection.execution_options(digest_write=True, digest_unchecked=True)
            async with connection.begin():
                yield connection
                if self.is_sqlite and (await connection.execute(text("PRAGMA foreign_key_check"))).first():
                    raise StoreError("the store has rows that refer to nothing: nothing was changed")

    async def let_go(self) -> None:
        """Close the connections that nobody has at the moment; the next transaction opens one.

        With them goes what a large piece of work has left in memory, for good: SQLite frees a page here and
        there when it needs it no more, and memory that is free in pieces stays with the process.
        """
        if self.is_sqlite:
            await self._engine.dispose()

    async def fold_log(self) -> None:
        """Fold SQLite's write-ahead log into the file."""
        if self.is_sqlite:
            async with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    async def close(self) -> None:
        """Give every connection back."""
        apart, self._apart = self._apart, None
        if apart is not None:
            await apart.close()
        while self._idle:
            self._idle.pop().close()
        nearby, self._nearby = self._nearby, None
        if nearby is not None:
            nearby.dispose()
        await self._engine.dispose()

    @contextmanager
    def _near(self) -> Iterator[Connection]:
        """A transaction on a connection that stays open: to take one from a pool costs as much as a look.

        Glances may overlap where somebody prints in between, and none of them may wait for another.
        """
        connection = self._idle.pop() if self._idle else self._engine_nearby().connect()
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        if self._nearby is None or len(self._idle) >= _MOST_IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def _engine_nearby(self) -> Engine:
        if self._nearby is None:
            self._nearby = create_engine(
                self.url.set(drivername="sqlite"), pool_size=_MOST_IDLE, max_overflow=-1, **_OPTIONS
            )
            make_sqlite_safe(self._nearby)
        return self._nearby

    def _turn(self) -> AbstractAsyncContextManager[object]:
        return self._one_writes if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        with in_words_of(self.url):
            async with self._engine.connect() as connection:
                yield connection


class _Apart:
    """A thread and its connection, which stays open: to take one from a pool costs half a commit."""

    def __init__(self, url: URL) -> None:
        self._url: Final = url
        self._engine: Final = _engine_apart(url)
        self._connection: Connection | None = None
        self._thread: Final = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def write(self, work: Callable[[Connection], T]) -> T:
        writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, work)
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            # the thread cannot be stopped: nobody else may write before it has ended
            await asyncio.wait([writing])
            raise

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._dispose)
        self._thread.shutdown()

    def _write(self, work: Callable[[Connection], T]) -> T:
        connection = self._connection or self._engine.connect()
        try:
            with connection.begin():
                require_to_write(connection, self._url)
                found = work(connection)
        except BaseException:
            # whatever it was, the next try begins with a connection that is known to work
            self._connection = None
            connection.close()
            raise
        self._connection = connection
        return found

    def _dispose(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


def _to_json(value: object) -> str:
    return to_json(value).decode()


#: Planning writes three lists for each cohort: the standard library would take a tenth of its time for that.
_OPTIONS: Final[Mapping[str, Any]] = {
    "json_serializer": _to_json,
    "json_deserializer": from_json,
    # an error tells its statement, and not the addresses of readers that went with it
    "hide_parameters": True,
}


def _engine(url: URL, echo: bool) -> AsyncEngine:
    engine = create_async_engine(url, echo=echo, pool_pre_ping=True, connect_args=kept_alive(url), **_OPTIONS)
    make_postgres_ready(engine.sync_engine, is_brief=False)
    return engine


def _sqlite_engine(url: URL, echo: bool) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        try:
            # addresses and secrets are in it: others on this machine have no business there
            Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(
                f"the folder of the store {url.database} cannot be made ({error.strerror}): "
                "set DIGEST_DATABASE_URL to a place that can be written"
            ) from error
    engine = create_async_engine(url.set(drivername=stepping.DRIVER), echo=echo, **_OPTIONS)
    make_sqlite_safe(engine.sync_engine)
    return engine


def _engine_apart(url: URL) -> Engine:
    """An engine for one thread: pysqlite, or psycopg, which speaks both ways."""
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_size=1, pool_pre_ping=True, connect_args=kept_alive(url), **_OPTIONS)
        make_postgres_ready(engine, is_brief=True)
        return engine
    engine = create_engine(url.set(drivername="sqlite"), pool_size=1, **_OPTIONS)
    make_sqlite_safe(engine)
    return engine.execution_options(digest_write=True)


async def checkpoint(database: Database) -> None:
    """Fold SQLite's write-ahead log into the file, so that nothing erased remains in the log."""
    await database.fold_log()
