"""Addresses that must not be written to, kept as keyed hashes alone: they outlive the erasure of a reader."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks, insert_missing
from subscribers.tables import suppressions
from subscribers.wishes import address_key


async def suppress(connection: AsyncConnection, address: str, key: bytes, reason: str, now: datetime) -> None:
    """Remember that this address must not be written to; the first reason stays."""
    row = {"address_hash": suppression_hash(address, key), "reason": reason, "at": now}
    await insert_missing(connection, suppressions, [row])


async def lift_suppression(connection: AsyncConnection, address: str, key: bytes) -> bool:
    """Allow this address again; True when it was suppressed."""
    hashed = suppression_hash(address, key)
    done = await connection.execute(delete(suppressions).where(suppressions.c.address_hash == hashed))
    return done.rowcount > 0


async def suppression_reasons(
    connection: AsyncConnection, addresses: Collection[str], key: bytes
) -> dict[str, str]:
    """Why some of these addresses must not be written to, by the folded address."""
    folded = {suppression_hash(address, key): address_key(address) for address in addresses}
    found: dict[str, str] = {}
    for some in chunks(list(folded)):
        rows = await connection.execute(select(suppressions).where(suppressions.c.address_hash.in_(some)))
        found.update((folded[bytes(row.address_hash)], row.reason) for row in rows)
    return found


def suppression_hash(address: str, key: bytes) -> bytes:
    """HMAC-SHA256 of the folded address: without the key it cannot be tried out by guessing."""
    return hmac.new(key, address_key(address).encode(), hashlib.sha256).digest()
