"""A store of which a backup was made at night, and which is put back in another place the next noon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from digest.flows.back_up import back_up
from digest.flows.restore import restore
from digest.store.database import Database
from tests.flows.newsroom import at
from tests.stores import NewStore, opened

#: The night before, when the disk died, and when that is mended.
NIGHT = at(24, 3)
GONE = at(24, 9)
NOW = at(24, 12)


@asynccontextmanager
async def put_back(
    store: Database, new_store: NewStore, folder: Path, *, of: datetime = NIGHT
) -> AsyncIterator[Database]:
    """The store, as it is now, in another place; its backup says that it was made at `of`."""
    file = folder / "kept.gz"
    await back_up(store, file, now=of, program="1")
    kind = "sqlite" if store.is_sqlite else "postgresql"
    async with opened(await asyncio.to_thread(new_store, kind, False)) as back:
        await restore(file, back, now=NOW)
        yield back
