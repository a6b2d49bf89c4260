"""What a round of an issue names beside its items: kept, so that what is sent again says the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Integer, and_, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.telling_once import Pin
from digest.store.story_tables import issue_stories
from digest.store.tables import issues
from subscribers.interning import cadence_columns, chunks
from subscribers.model import Cadence
from subscribers.tables import cadences

_TOGETHER = 5000


async def pin(connection: AsyncConnection, issue_id: int, round_: int, pins: Sequence[Pin]) -> None:
    """Remember what a round of an issue names beside its items."""
    rows = [{"issue_id": issue_id, "round": round_, **one._asdict()} for one in pins]
    for some in chunks(rows, _TOGETHER):
        await connection.execute(insert(issue_stories), some)


async def pinned(connection: AsyncConnection, issue_id: int, round_: int) -> tuple[Pin, ...]:
    """What a round of an issue names beside its items, in the order of numbers."""
    mine = issue_stories.c
    query = select(mine.number, mine.beside, mine.revision, mine.is_earlier).where(
        mine.issue_id == issue_id, mine.round == round_
    )
    rows = await connection.execute(query.order_by(mine.number, mine.beside))
    return tuple(Pin(*row) for row in rows)


async def last_planned(
    connection: AsyncConnection, newsletter_id: int, cadence: Cadence, before: datetime
) -> datetime | None:
    """When the newest issue was planned that these readers had before one that is due at an instant."""
    its = issues.c
    same = and_(*(cadences.c[name] == value for name, value in cadence_columns(cadence).items()))
    query = (
        select(its.planned_at)
        .join(cadences, cadences.c.id == its.cadence_id)
        .where(its.newsletter_id == newsletter_id, its.due_at < before, same)
        .order_by(its.due_at.desc(), its.id.desc())
        .limit(1)
    )
    found: datetime | None = (await connection.execute(query)).scalar()
    return found


async def rounds_naming(connection: AsyncConnection, number: int) -> frozenset[tuple[int, int]]:
    """The rounds of issues, as (issue, round), that name a number beside an item."""
    query = select(issue_stories.c.issue_id, issue_stories.c.round).where(issue_stories.c.beside == number)
    return frozenset((row.issue_id, row.round) for row in await connection.execute(query))


async def pin_again(
    connection: AsyncConnection,
    issue_id: int,
    round_: int,
    new_round: int,
    *,
    without: int | None,
    heirs: Collection[int] = (),
) -> None:
    """Name in a new round what a round named, without a number; its heirs name what it named."""
    mine = issue_stories.c
    kept = select(
        mine.issue_id, literal(new_round, Integer), mine.number, mine.beside, mine.revision, mine.is_earlier
    ).where(mine.issue_id == issue_id, mine.round == round_)
    if without is not None:
        kept = kept.where(mine.number != without, mine.beside != without)
    names = ("issue_id", "round", "number", "beside", "revision", "is_earlier")
    await connection.execute(insert(issue_stories).from_select(names, kept))
    known = {(one.number, one.beside) for one in await pinned(connection, issue_id, new_round)}
    left = [one for one in await pinned(connection, issue_id, round_) if one.number == without]
    passed_on = [
        one._replace(number=heir)
        for heir in heirs
        for one in left
        if heir != one.beside and (heir, one.beside) not in known
    ]
    await pin(connection, issue_id, new_round, passed_on)
