"""Whether a store is open, by its own word; who does not ask is held off by `digest.store.closing`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.moving import Closed, Why
from digest.errors import StoreError
from digest.store import facts
from digest.store.database import Database
from digest.store.places import shown, without_driver
from digest.store.tables import facts as fact_rows

#: The fact that a store is closed, and why.
CLOSED: Final = "closed"


async def closed(connection: AsyncConnection) -> Closed | None:
    """Why a store is closed; None for one that is open, or not set up."""
    if not await connection.run_sync(lambda sync: inspect(sync).has_table(fact_rows.name)):
        return None
    said = await facts.recall(connection, CLOSED)
    if said is None:
        return None
    kept = json.loads(said)
    other, at = without_driver(kept["other"]), datetime.fromisoformat(kept["at"])
    return Closed(Why(kept["why"]), kept["copy"], other, at)


async def require_open(database: Database) -> None:
    """Refuse to work on a closed store: the words say where to go on."""
    async with database.read() as connection:
        found = await closed(connection)
    if found is not None:
        raise StoreError(found.words(shown(database.url)))


async def note_closed(connection: AsyncConnection, word: Closed) -> None:
    """Write down that the store is closed, in the place of what was said of that before.

    This alone holds nobody off who has the store open: see `close`.
    """
    kept = {"why": word.why, "copy": word.copy, "other": word.other, "at": word.at.isoformat()}
    await facts.replace(connection, CLOSED, json.dumps(kept))
