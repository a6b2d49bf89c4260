"""Notices that a person settles: tried again, or told what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.model import DeliveryStatus
from digest.core.notices import Notice
from digest.errors import InputError, missing
from digest.store import notices
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database

#: What a person may have tried again; what was skipped has a reason that a retry does not lift.
RETRIABLE: Final = frozenset({DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED, DeliveryStatus.EXPIRED})


@done_again
async def retry(ids: Sequence[int], *, store: Database, now: datetime, by: Actor = PROGRAM) -> list[Notice]:
    """Try notices again with the next run that were refused, deferred or given up."""
    async with store.write() as connection:
        for notice_id in ids:
            before = await require(connection, notice_id)
            if before.status is DeliveryStatus.UNCERTAIN:
                raise InputError(f"notice {notice_id} is uncertain", at_shell="see digest notices resolve")
            if before.status not in RETRIABLE or not before.address:
                known = ", ".join(sorted(RETRIABLE))
                raise InputError(f"notice {notice_id} is {before.status}: retried is what is {known}")
            await notices.retry(connection, before, now)
            await _note(connection, by, "notice.retry", before, now)
        return [await require(connection, notice_id) for notice_id in ids]


@done_again
async def resolve(
    notice_id: int, *, was_sent: bool, store: Database, now: datetime, by: Actor = PROGRAM
) -> Notice:
    """Settle a notice in doubt: it was sent, or it shall be sent again."""
    async with store.write() as connection:
        before = await require(connection, notice_id)
        if not await notices.resolve(connection, before, was_sent=was_sent, now=now):
            raise InputError(
                f"notice {notice_id} is {before.status}: only uncertain ones are resolved",
                at_shell="see digest notices list --status uncertain",
            )
        await _note(connection, by, "notice.resolve", before, now)
        return await require(connection, notice_id)


async def require(connection: AsyncConnection, notice_id: int) -> Notice:
    """The notice of this number; raises NotFoundError."""
    found = await notices.by_id(connection, notice_id)
    if found is None:
        raise missing(f"notice {notice_id}", "notices list")
    return found


async def _note(connection: AsyncConnection, by: Actor, act: str, before: Notice, now: datetime) -> None:
    after = await require(connection, before.id)
    old, new = {"status": before.status}, {"status": after.status}
    await note_change(connection, by, act, before.id, now, before=old, after=new)
