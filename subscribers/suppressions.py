"""Addresses that must not be written to, kept as keyed hashes alone: they outlive the erasure of a reader."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks, insert_missing
from subscribers.tables import subscribers, suppressions
from subscribers.wishes import address_key

#: The reason of an entry that somebody made by hand.
BY_HAND: Final = "by hand"


class Hashing(StrEnum):
    """How hashes on a list were made of addresses."""

    #: as this store makes them, with its own key: the list was written out here
    OWN = "own"
    #: of the address in small letters alone, as other programs write them out
    SHA256 = "sha256"
    MD5 = "md5"

    @property
    def octets(self) -> int:
        """How long such a hash is."""
        return 16 if self is Hashing.MD5 else 32


class Entry(Struct, frozen=True):
    """An address that must not be written to; which one, only its hash says."""

    id: int
    address_hash: bytes
    reason: str
    at: datetime
    #: who made it by hand; None for what its reader brought about
    made_by: str | None
    #: why, in that person's words
    note: str


async def suppress(connection: AsyncConnection, address: str, key: bytes, reason: str, now: datetime) -> None:
    """Remember that this address must not be written to; the first reason stays, but for one by hand.

    What its owner wants, or a mailbox said, weighs more than what an admin may lift again.
    """
    hashed = suppression_hash(address, key)
    forms = suppressions.c.address_hash.in_(hashes_of(address, key))
    await connection.execute(delete(suppressions).where(forms, suppressions.c.made_by.isnot(None)))
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
    hashes = {suppression_hash(address, key) for address in addresses}
    return await suppress_hashes_by_hand(connection, hashes, made_by, note, now)


async def suppress_hashes_by_hand(
    connection: AsyncConnection, hashes: Collection[bytes], made_by: str, note: str, now: datetime
) -> int:
    """The same of hashes as they are kept (`kept_hash`)."""
    known: set[bytes] = set()
    for some in chunks(list(hashes)):
        query = select(suppressions.c.address_hash).where(suppressions.c.address_hash.in_(some))
        known |= {bytes(one) for one in (await connection.execute(query)).scalars()}
    common = {"reason": BY_HAND, "at": now, "made_by": made_by, "note": note}
    new = [{"address_hash": hashed, **common} for hashed in hashes if hashed not in known]
    await insert_missing(connection, suppressions, new)
    return len(new)


async def addresses_after(
    connection: AsyncConnection, subscriber_id: int, *, limit: int
) -> list[tuple[int, str]]:
    """Readers with an address, by id: to be tried against a list of hashes."""
    mine = subscribers.c
    query = select(mine.id, mine.address).where(mine.id > subscriber_id, mine.address.isnot(None))
    rows = await connection.execute(query.order_by(mine.id).limit(limit))
    return [(row.id, row.address) for row in rows]


async def entry_of(connection: AsyncConnection, address: str, key: bytes) -> Entry | None:
    """The entry of an address, or None; of several, one that its reader brought about."""
    query = select(suppressions).where(suppressions.c.address_hash.in_(hashes_of(address, key)))
    row = (await connection.execute(query.order_by(suppressions.c.made_by.isnot(None)))).first()
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
    mine = suppressions.c.address_hash.in_(hashes_of(address, key))
    done = await connection.execute(delete(suppressions).where(mine))
    return done.rowcount > 0


async def suppression_reasons(
    connection: AsyncConnection, addresses: Collection[str], key: bytes
) -> dict[str, str]:
    """Why some of these addresses must not be written to, by the folded address."""
    folded = {hashed: address_key(address) for address in addresses for hashed in hashes_of(address, key)}
    found: dict[str, str] = {}
    for some in chunks(list(folded)):
        rows = await connection.execute(select(suppressions).where(suppressions.c.address_hash.in_(some)))
        found.update((folded[bytes(row.address_hash)], row.reason) for row in rows)
    return found


def kept_hash(given: bytes, hashing: Hashing, key: bytes) -> bytes:
    """A hash of an address from a list, as it is kept: those without a key get ours, or could be guessed."""
    if hashing is Hashing.OWN:
        return given
    return hmac.new(key, hashing.encode() + b":" + given, hashlib.sha256).digest()


def hashes_of(address: str, key: bytes) -> tuple[bytes, ...]:
    """All under which an address may stand on the list."""
    folded = address_key(address).encode()
    weak = hashlib.md5(folded, usedforsecurity=False).digest()
    return (
        suppression_hash(address, key),
        kept_hash(hashlib.sha256(folded).digest(), Hashing.SHA256, key),
        kept_hash(weak, Hashing.MD5, key),
    )


def suppression_hash(address: str, key: bytes) -> bytes:
    """HMAC-SHA256 of the folded address: without the key it cannot be tried out by guessing."""
    return hmac.new(key, address_key(address).encode(), hashlib.sha256).digest()
