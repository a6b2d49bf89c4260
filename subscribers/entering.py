"""Keeps others off an address that becomes a reader's: no row stands for it yet that could be locked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from sqlalchemy import ARRAY, Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.wishes import address_key

#: The first half of the advisory locks of addresses; any number that nothing else takes.
_ENTERING: Final = 0x656E_7465
#: The advisory lock that all share who hold addresses, and that one takes alone who holds every address.
_EVERY: Final = 0x6576_6572_7961


async def hold_addresses(connection: AsyncConnection, addresses: Iterable[str]) -> None:
    """Let nobody else make readers of these addresses, give them to one, or forbid them, until commit.

    It comes before any reader is held, and all that a transaction needs come at once: they are taken in one
    order, so nobody waits in a circle. SQLite has one writer at a time and needs none of this.
    """
    halves = sorted({_half(address) for address in addresses})
    if connection.dialect.name != "postgresql" or not halves:
        return
    each = func.unnest(bindparam(None, halves, ARRAY(Integer))).column_valued("half")
    shared = func.pg_advisory_xact_lock_shared(_EVERY)
    await connection.execute(select(shared, func.pg_advisory_xact_lock(_ENTERING, each)))


async def hold_every_address(connection: AsyncConnection) -> None:
    """The same of all addresses that there are: for who forbids some that are not known."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_EVERY)))


def _half(address: str) -> int:
    """The other half: two addresses that share one wait for each other, which does no harm."""
    digest = hashlib.blake2b(address_key(address).encode(), digest_size=4).digest()
    return int.from_bytes(digest, signed=True)
