"""What tests of flows may ask for: a watched folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store.database import Database
from tests.flows.inbox import Inbox


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
