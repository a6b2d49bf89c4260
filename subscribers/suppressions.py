"""Addresses that must not be written to, kept as keyed hashes alone: they outlive the erasure of a reader."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks, insert_missing
from subscribers.tables import suppressions
from subscribers.wishes import address_key

#: The reason of an entry that somebody made by hand.
BY_HAND: Final = "by hand"


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that must not be written to; which one, only its hash says."""

    id: int
    address_hash: bytes
    reason: str
    at: datetime
    #: who made it by hand; None for one that its reader alone can lift
    made_by: str | None
    #: why, in that person's words
    note: str


async def suppress(connection: AsyncConnection, address: str, key: bytes, reason: str, now: datetime) -> None:
    """Remember that this address must not be written to; the first reason stays, but for one by hand.

    What its owner wants, or a mailbox said, weighs more than what an admin may lift again.
    """
    hashed = suppression_hash(address, key)
    by_hand = (suppressions.c.address_hash == hashed) & suppressions.c.made_by.isnot(None)
    await connection.execute(delete(suppressions).where(by_hand))
    row = {"address_hash": hashed, "reason": reason, "at": now, "note": ""}
    await insert_missing(connection, suppressions, [row])


async def suppress_by_hand(
    connection: AsyncConnection,
    addresses: Collection[str],
    key: bytes,
    made_by: str,
    note: str,
    now: datetime,
) -> int:
    """Remember that these must not be written to, on somebody's word; how many were not there before."""
    rows = {
        suppression_hash(address, key): {"reason": BY_HAND, "at": now, "made_by": made_by, "note": note}
        for address in addresses
    }
    known: set[bytes] = set()
    for some in chunks(list(rows)):
        query = select(suppressions.c.address_hash).where(suppressions.c.address_hash.in_(some))
        known |= {bytes(one) for one in (await connection.execute(query)).scalars()}
    new = [{"address_hash": hashed, **row} for hashed, row in rows.items() if hashed not in known]
    await insert_missing(connection, suppressions, new)
    return len(new)


async def entry_of(connection: AsyncConnection, address: str, key: bytes) -> Entry | None:
    """The entry of an address, or None."""
    query = select(suppressions).where(suppressions.c.address_hash == suppression_hash(address, key))
    row = (await connection.execute(query)).first()
    return None if row is None else Entry(**row._mapping)


async def page_of_entries(
    connection: AsyncConnection, *, before: int | None = None, limit: int = 50
) -> tuple[Entry, ...]:
    """Entries, the newest first."""
    query = select(suppressions).order_by(suppressions.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(suppressions.c.id < before)
    return tuple(Entry(**row._mapping) for row in await connection.execute(query))


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
