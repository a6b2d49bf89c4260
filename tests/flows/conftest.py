"""What tests of flows may ask for: a watched folder, and somebody else who acts at the same time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store.database import Database
from tests.flows.inbox import Inbox
from tests.flows.meanwhile import Meanwhile


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that may belong to somebody else, below none that is closed to others."""
    path = Path(tempfile.mkdtemp(prefix="digest-inbox-"))
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@pytest.fixture
def inbox(sqlite_store: Database, folder: Path) -> Inbox:
    """A watched folder, whatever the store."""
    return Inbox(sqlite_store, folder)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, second_postgres_store: Database) -> Meanwhile:
    """Somebody else, through connections of their own."""
    return Meanwhile(monkeypatch, second_postgres_store)
