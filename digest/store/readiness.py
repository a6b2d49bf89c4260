"""Whether a store can be worked on: asked again and again, so it takes two small looks and makes nothing."""

from __future__ import annotations

from pathlib import Path

from digest.core.readiness import StoreState, state_of_version
from digest.store import openness, schema
from digest.store.database import Database


async def state_of(store: Database) -> StoreState:
    """How a store is; raises StoreError for one that cannot be used at all."""
    if is_missing(store):
        return StoreState.UNREACHABLE
    state = state_of_version(await schema.current_revision(store), schema.NEWEST)
    if state is StoreState.READY:
        async with store.read() as connection:
            if await openness.closed(connection) is not None:
                return StoreState.CLOSED
    return state


def is_missing(store: Database) -> bool:
    """True for a file that is not there any more: who has it open would go on, and who opens it makes one."""
    name = store.url.database
    return store.is_sqlite and bool(name) and name != ":memory:" and not Path(str(name)).exists()
