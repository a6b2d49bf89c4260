"""The shelf of calls that may be repeated: begun once, answered again with what was answered before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.api_tables import api_calls
from subscribers.interning import insert_into

#: How long a call is known again.
KEPT: Final = timedelta(hours=24)
#: A call that is under way for so long is taken to be dead with its process.
LONGEST: Final = timedelta(minutes=10)


class Known(Struct, frozen=True):
    """A call that was made before under the same word."""

    asked_hash: bytes
    #: None while it is under way
    status: int | None
    location: str | None
    #: None when it may not be kept
    answer: str | None


async def begin(
    connection: AsyncConnection, call_hash: bytes, asked_hash: bytes, now: datetime, *, names_reader: bool
) -> Known | None:
    """Write down that a call begins; the one that was made before, if any, in its place.

    Of two that begin at the same time the second one waits for the transaction of the first.
    """
    over = api_calls.c.begun_at <= now - KEPT
    dead = api_calls.c.status.is_(None) & (api_calls.c.begun_at <= now - LONGEST)
    mine = api_calls.c.call_hash == call_hash
    await connection.execute(delete(api_calls).where(mine, over | dead))
    row = {"call_hash": call_hash, "asked_hash": asked_hash, "begun_at": now, "names_reader": names_reader}
    query = insert_into(connection, api_calls).values(row).on_conflict_do_nothing()
    if (await connection.execute(query.returning(api_calls.c.call_hash))).first() is not None:
        return None
    found = (await connection.execute(select(api_calls).where(mine))).one()
    return Known(bytes(found.asked_hash), found.status, found.location, found.answer)


async def finish(
    connection: AsyncConnection, call_hash: bytes, status: int, location: str | None, answer: str | None
) -> None:
    """Keep what is answered."""
    values = {"status": status, "location": location, "answer": answer}
    await connection.execute(update(api_calls).where(api_calls.c.call_hash == call_hash).values(values))


async def abandon(connection: AsyncConnection, call_hash: bytes) -> None:
    """The call was refused, and may be made again."""
    await connection.execute(delete(api_calls).where(api_calls.c.call_hash == call_hash))


async def forget_readers(connection: AsyncConnection) -> None:
    """Keep no answer any more that names a reader; that the calls were made is known as before."""
    names = api_calls.c.names_reader & api_calls.c.answer.isnot(None)
    await connection.execute(update(api_calls).where(names).values(answer=None, location=None))


async def forget(connection: AsyncConnection, now: datetime) -> int:
    """Forget what is of no use any more: how many."""
    return (await connection.execute(delete(api_calls).where(api_calls.c.begun_at <= now - KEPT))).rowcount
