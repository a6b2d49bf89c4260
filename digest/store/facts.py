"""Facts about the store as a whole, written once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.tables import facts
from subscribers.interning import insert_missing

#: A random name that keeps this store's Message-IDs apart from those of every other one.
STORE_NAME: Final = "store-name"
#: Keys the hashes of suppressed addresses (hex). It stays for the life of the store, whatever becomes of the
#: keys that sign links: without it an erased address could come back.
SUPPRESSION_KEY: Final = "suppression-key"


async def store_name(connection: AsyncConnection) -> bytes:
    """The name of this store, as Message-IDs are made with it; empty before `digest init`."""
    return (await recall(connection, STORE_NAME) or "").encode()


async def remember(connection: AsyncConnection, name: str, value: str) -> bool:
    """Keep a fact unless it is known already; True when it was new."""
    if await recall(connection, name) is not None:
        return False
    await insert_missing(connection, facts, [{"name": name, "value": value}])
    return True


async def replace(connection: AsyncConnection, name: str, value: str) -> None:
    """Keep a fact in the place of what was known under this name before."""
    await connection.execute(delete(facts).where(facts.c.name == name))
    await remember(connection, name, value)


async def recall(connection: AsyncConnection, name: str) -> str | None:
    """A fact, or None."""
    found: str | None = (await connection.execute(select(facts.c.value).where(facts.c.name == name))).scalar()
    return found
