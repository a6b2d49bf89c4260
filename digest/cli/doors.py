"""How a command gets to the store: settings read once, the store opened and checked."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url

from digest import wiring
from digest.config import Settings
from digest.errors import StoreError
from digest.settings_file import load_settings
from digest.store.database import Database
from digest.store.openness import require_open
from digest.store.places import mend_of, shown

#: How a command is told of a store.
A_STORE: Final = "A URL as in DIGEST_DATABASE_URL, env:NAME for the variable that holds one, or `settings`."


def url_of(word: str, settings: Settings) -> str:
    """The URL of a store that is named in one of these ways."""
    return wiring.store_named(word, settings, os.environ)


@asynccontextmanager
async def store_of(config: Path | None) -> AsyncIterator[Database]:
    """The store that the settings name."""
    async with store_at(load_settings(config)) as store:
        yield store


@asynccontextmanager
async def store_at(settings: Settings) -> AsyncIterator[Database]:
    """A store that is set up; a wrong name leaves no empty file and no folder behind."""
    wiring.hush_logging(settings)
    url = make_url(settings.database_url)
    if _is_missing(url):
        raise StoreError(f"the store {shown(url)} is not set up: run digest init")
    _require_openable(url)
    async with wiring.open_store(settings) as store:
        yield store


@asynccontextmanager
async def new_store_at(settings: Settings) -> AsyncIterator[Database]:
    """A store that is about to be set up or migrated."""
    wiring.hush_logging(settings)
    async with wiring.open_store(settings, must_be_current=False) as store:
        _require_openable(store.url)
        await require_open(store)
        yield store


@asynccontextmanager
async def store_to_act_on(settings: Settings) -> AsyncIterator[Database]:
    """A store that is set up and open: for who does more than look, and may send."""
    async with store_at(settings) as store:
        await require_open(store)
        yield store


@asynccontextmanager
async def store_by_url(url: str, *, may_be_new: bool = False) -> AsyncIterator[Database]:
    """A store that a command names beside that of the settings, in whatever state it is."""
    if _is_missing(make_url(url)) and not may_be_new:
        raise StoreError(f"the store {shown(make_url(url))} is not set up: run digest init")
    async with wiring.opened(url) as store:
        _require_openable(store.url)
        yield store


def _is_missing(url: URL) -> bool:
    """True for a file that SQLite would make, since it does not find it."""
    return url.get_backend_name() == "sqlite" and bool(url.database) and not Path(str(url.database)).exists()


def _require_openable(url: URL) -> None:
    """Try a file by hand: the driver's thread, when it cannot open one, may end in a traceback."""
    if url.get_backend_name() != "sqlite":
        return
    try:
        sqlite3.connect(url.database or "").close()
    except sqlite3.Error as error:
        raise StoreError(f"the store {shown(url)} cannot be used ({error}): {mend_of(url)}") from None
