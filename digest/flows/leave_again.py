"""Who left after a backup was made leaves again when it is put back, by the record that was kept beside it.

Each leaves at the time of then, between the issues that are planned as they were elsewhere: what a reader got
before leaving counts as sent, and nothing comes after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.leavings import Barred, Moved, Record, came_back, gone, mark_of_store, since_backup
from digest.errors import InputError, unreadable
from digest.flows.readers import ERASED, forget_reader, suppression_key
from digest.store import leavings
from digest.store.database import Database
from digest.store.forgotten import leave_nothing
from digest.store.leaving_files import LeavingFiles
from subscribers import store as shelf
from subscribers import together
from subscribers.model import Standing
from subscribers.suppressions import addresses_after, suppression_hash

#: How the history says by what a change is known.
REMARK: Final = "known by the record of leavings"
#: Readers in one transaction.
_AT_A_TIME: Final = 500
#: Addresses that are tried against hashes at a time.
_ADDRESSES: Final = 5000
_LAST: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


class LeftAgain(Struct):
    """What came of a record."""

    #: subscriptions that ended, addresses that must not be written to, readers who were erased
    readers: int = 0
    suppressed: int = 0
    erased: int = 0


class Leavers:
    """Those who left since a backup, and wait for their time."""

    def __init__(
        self, store: Database, moved: Sequence[Moved], erased: Sequence[tuple[datetime, str]]
    ) -> None:
        """Take who left, and the addresses of who was erased, both in the order of time."""
        self._store: Final = store
        self._moved: Final = list(moved)
        self._erased: Final = list(erased)
        self.done: Final = LeftAgain()

    @classmethod
    async def of(cls, record: Record, backup: datetime, store: Database) -> Leavers:
        """Find out who left since a backup of an instant; suppress here what was suppressed since."""
        async with store.write() as connection:
            unknown = await leavings.unknown_to(connection, since_backup(record.moved, backup))
            barred = await _still_barred(connection, since_backup(record.barred, backup), unknown)
            suppressed = await leavings.bar(connection, barred)
            # whose address was on the list before: their leaving alone says it
            erased = await _erased_by_number(connection, unknown)
        erased |= await _erased_by_hash(store, [one for one in barred if one.reason == ERASED])
        leavers = cls(store, gone(unknown), sorted((at, address) for address, at in erased.items()))
        leavers.done.suppressed = suppressed
        return leavers

    async def until(self, instant: datetime = _LAST) -> None:
        """Let all leave who had left by an instant; without one, all who are still here."""
        while self._moved and self._moved[0].at <= instant:
            some = [one for one in self._moved[:_AT_A_TIME] if one.at <= instant]
            del self._moved[: len(some)]
            async with self._store.write() as connection:
                self.done.readers += await _leave(connection, some)
        forgotten = False
        while self._erased and self._erased[0][0] <= instant:
            at, address = self._erased.pop(0)
            async with self._store.write() as connection:
                # nobody else has this store yet, so nobody comes in under the address meanwhile
                mine = await shelf.subscriptions_of(connection, address, to_change=True)
                # not who came under that address after the one who was erased
                if any(one.began_at <= at for one in mine):
                    await forget_reader(connection, mine, at)
                    self.done.erased += 1
                    forgotten = True
        if forgotten:
            await leave_nothing(self._store)


async def recorded(folder: Path, *, store: Database, must_be_there: bool = False) -> Record:
    """What the record of a store in a folder says; raises InputError for one that cannot be read.

    Where it `must_be_there`, that somebody named it wrongly is told as well.
    """
    async with store.read() as connection:
        mark = mark_of_store(await suppression_key(connection))
    try:
        record = await asyncio.to_thread(LeavingFiles(folder, mark).read)
    except OSError as error:
        raise InputError(f"the record of leavings: {unreadable(folder, error)}") from None
    if must_be_there and record.until is None:
        raise InputError(f"the folder {str(folder)!r} has no record of leavings of this store")
    return record


async def _leave(connection: AsyncConnection, moved: Sequence[Moved]) -> int:
    """End subscriptions, each with the standing that it had; how many were not in it yet."""
    as_of_then = {one.subscription_id: one for one in moved}
    mine = await together.subscriptions_by_id(connection, as_of_then)
    ended = [one for one in mine if one.standing is not as_of_then[one.id].after]
    for standing in Standing:
        ids = [one.id for one in ended if as_of_then[one.id].after is standing]
        await together.take_out(connection, ids, standing)
    history = [replace(as_of_then[one.id], before=one.standing) for one in ended]
    await leavings.note_moved(connection, history, REMARK)
    return len(ended)


async def _still_barred(
    connection: AsyncConnection, barred: Sequence[Barred], moved: Sequence[Moved]
) -> list[Barred]:
    """Without the addresses of readers who could be written to again later on."""
    back = came_back(moved)
    key = await suppression_key(connection)
    lifted = {
        suppression_hash(one.address, key): back[one.id]
        for one in await together.subscriptions_by_id(connection, back)
    }
    return [one for one in barred if lifted.get(one.address_hash, one.at) <= one.at]


async def _erased_by_number(connection: AsyncConnection, moved: Sequence[Moved]) -> dict[str, datetime]:
    """When readers of subscriptions were erased that ended by it, by address."""
    at_by_id = {one.subscription_id: one.at for one in moved if one.reason == ERASED}
    mine = await together.subscriptions_by_id(connection, at_by_id)
    return {one.address: at_by_id[one.id] for one in mine}


async def _erased_by_hash(store: Database, erased: Sequence[Barred]) -> dict[str, datetime]:
    """The same of all addresses that are here, whose hash alone says that they were erased since."""
    at_by_hash = {one.address_hash: one.at for one in erased}
    if not at_by_hash:
        return {}
    async with store.read() as connection:
        key = await suppression_key(connection)
    found: dict[str, datetime] = {}
    after = 0
    while True:
        async with store.read() as connection:
            page = await addresses_after(connection, after, limit=_ADDRESSES)
        if not page:
            return found
        after = page[-1][0]
        for _, address in page:
            at = at_by_hash.get(suppression_hash(address, key))
            if at is not None:
                found[address] = at
