"""The shelf of pauses: families of mailboxes to which nothing is sent for a while."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.watch_tables import family_pauses
from subscribers.interning import insert_into

_mine = family_pauses.c


class Pause(Struct, frozen=True):
    """A family to which nothing is sent for a while."""

    family: str
    since: datetime
    until: datetime
    #: in words for people
    because: str
    #: who paused it; empty for the rule
    made_by: str

    @property
    def is_by_rule(self) -> bool:
        """Nobody asked for it."""
        return not self.made_by


async def under_way(connection: AsyncConnection, now: datetime) -> tuple[Pause, ...]:
    """Those that last now, by family: a handful of rows at most."""
    query = select(family_pauses).where(_mine.ended_at.is_(None), _mine.until > now).order_by(_mine.family)
    return tuple(
        Pause(row.family, row.since, row.until, row.because, row.made_by)
        for row in await connection.execute(query)
    )


async def begin(connection: AsyncConnection, new: Pause) -> bool:
    """Let a family rest from now on; False when it does already."""
    over = and_(_mine.ended_at.is_(None), _mine.family == new.family, _mine.until <= new.since)
    await connection.execute(update(family_pauses).where(over).values(ended_at=_mine.until))
    query = insert_into(connection, family_pauses).values(
        family=new.family,
        since=new.since,
        until=new.until,
        because=new.because,
        made_by=new.made_by[:140],
        ended_by="",
    )
    made = await connection.execute(query.on_conflict_do_nothing().returning(_mine.id))
    return made.scalar() is not None


async def end(connection: AsyncConnection, family: str, by: str, now: datetime) -> bool:
    """Let a family get mail again; False when it does already."""
    query = update(family_pauses).where(_mine.family == family, _mine.ended_at.is_(None), _mine.until > now)
    return (await connection.execute(query.values(ended_at=now, ended_by=by[:140]))).rowcount > 0


async def ended_since(connection: AsyncConnection, since: datetime, now: datetime) -> dict[str, datetime]:
    """Families of which a pause was over between these instants, and when the last one was."""
    over = case((_mine.ended_at.isnot(None), _mine.ended_at), else_=_mine.until)
    query = select(_mine.family, over).where(
        or_(_mine.ended_at >= since, and_(_mine.ended_at.is_(None), _mine.until.between(since, now)))
    )
    found: dict[str, datetime] = {}
    for family, at in await connection.execute(query):
        found[family] = max(at, found.get(family, at))
    return found
