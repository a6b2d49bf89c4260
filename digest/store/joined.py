"""A store within one transaction: what flows read and write through it is kept together, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.database import Database

T = TypeVar("T")


class Joined(Database):
    """Stands in for a store while one writing transaction is open; each of its own is a part of that one."""

    def __init__(self, connection: AsyncConnection, store: Database) -> None:
        """Go through `connection`, which whoever opened it commits."""
        # it is the same store: an engine of its own would open it a second time
        vars(self).update(vars(store))
        self._joined = connection
        #: that the log is to be folded once the transaction is over
        self.wants_folding = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Look, with what the transaction changed so far."""
        yield self._joined

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """Look, with what the transaction changed so far."""
        yield self._joined

    @asynccontextmanager
    async def write(
        self, *, copies_known_ids: bool = False, of_any_version: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """Change rows; an error leaves them changed only if it is caught before it ends the transaction."""
        yield self._joined

    async def write_briefly(self, work: Callable[[AsyncConnection], Coroutine[Any, Any, T]]) -> T:
        """Change rows."""
        return await work(self._joined)

    async def write_apart(self, work: Callable[[Connection], T]) -> T:
        """Change rows."""
        return await self._joined.run_sync(work)

    async def fold_log(self) -> None:
        """Put it off: within the transaction it would wait for its end."""
        self.wants_folding = True
