"""What the tests of workers may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from digest.cli.company import set_up_engine
from digest.store.database import Database
from tests.crash.children import Born, nursery
from tests.jobs.company import CONNECTIONS, QUICK, House
from tests.walk.recording import recording


@pytest.fixture(scope="session")
def births() -> Iterator[Path]:
    """A nursery for all tests of the session."""
    with nursery() as address:
        yield address


@pytest.fixture
async def house(postgres_store: Database, tmp_path: Path, births: Path) -> AsyncIterator[House]:
    """An empty newsroom on PostgreSQL; all that was started is ended."""
    await set_up_engine(postgres_store)
    async with recording() as record:
        record.slowness = 0.01
        command = Born(tmp_path, postgres_store, record.server, CONNECTIONS, nursery=births, shorter=QUICK)
        found = House(postgres_store, record, command)
        try:
            yield found
        finally:
            await found.end()
