"""The shelf of mails that came back: which are kept, and how many there was no room for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.returned import Kind
from digest.core.unread import SILENT, Bounds, Lying
from digest.store.return_tables import returned_mails, returns, unkept_mails
from subscribers.interning import insert_into

#: Those that say nothing count as long as they wait, others until they are forgotten.
_SILENT: Final = (returned_mails.c.done_at.is_(None), returns.c.kind == Kind.UNKNOWN)
_TELLING: Final = (returns.c.kind != Kind.UNKNOWN,)


class Unkept(Struct, frozen=True):
    """Mails that were counted and not kept."""

    mails: int = 0
    octets: int = 0
    #: the last day (UTC) on which there were some; None for none
    day: date | None = None


async def lying(connection: AsyncConnection, bounds: Bounds) -> tuple[Lying, ...]:
    """Those that say nothing and wait, or all others: whichever these are the bounds of."""
    query = (
        select(returned_mails.c.id, returns.c.delivery_id, returns.c.notice_id, returned_mails.c.octets)
        .join_from(returned_mails, returns, returns.c.mail_id == returned_mails.c.id)
        .where(*(_SILENT if bounds is SILENT else _TELLING))
    )
    # a mail that tells of many recipients lies there once
    found = {row.id: row for row in await connection.execute(query)}
    return tuple(
        Lying(row.delivery_id, row.notice_id, min(row.octets, bounds.kept)) for row in found.values()
    )


async def count_unkept(connection: AsyncConnection, mails: int, octets: int, now: datetime) -> None:
    """Add to what there was no room for today."""
    mine = unkept_mails.c
    query = insert_into(connection, unkept_mails).values(day=now.date(), mails=mails, octets=octets)
    more = {"mails": mine.mails + mails, "octets": mine.octets + octets}
    await connection.execute(query.on_conflict_do_update(index_elements=["day"], set_=more))


async def unkept(connection: AsyncConnection) -> Unkept:
    """What there was no room for, as far back as that is remembered."""
    mine = unkept_mails.c
    query = select(func.sum(mine.mails), func.sum(mine.octets), func.max(mine.day))
    mails, octets, day = (await connection.execute(query)).one()
    return Unkept(int(mails or 0), int(octets or 0), day)


async def forget_unkept(connection: AsyncConnection, before: date) -> None:
    """Forget what was counted on days before."""
    await connection.execute(delete(unkept_mails).where(unkept_mails.c.day < before))
