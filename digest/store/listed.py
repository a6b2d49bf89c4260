"""Readers as a list: a page at a time, filtered, and counted; quick at a million of them.

A page is read along an index from where the last one ended. Wishes are shared, so who follows a topic is
found through the groups: when those hold few readers, all of them are looked up; when they hold many, the
newest readers are looked through, and most pages are full soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    CompoundSelect,
    Row,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.reader_words import matching
from digest.store.tables import newsletters
from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.store import subscription_from, whole_subscriptions
from subscribers.subscription import Subscription
from subscribers.tables import cadences, groups, profiles, subscribers, subscriptions

#: Above every number of a reader.
FROM_THE_NEWEST: Final = 2**31 - 1
#: So many readers are few: looked up, and sorted.
_FEW: Final = 10_000
#: So many of the newest are looked through for one page.
_LOOKED_THROUGH: Final = 100_000
#: So many of those with the words are looked at for what else is asked of them: on PostgreSQL to ask the
#: index takes much longer than to look at what it found.
_LOOKED_AT: Final = 1_000


class Wanted(Struct, frozen=True):
    """Which readers are asked for: those with a subscription that is all that is said here."""

    newsletter_id: int | None = None
    standing: Standing | None = None
    #: who follows it, everything included
    topic: str | None = None
    cadence_id: int | None = None
    #: any part of the address or the name
    part: str = ""

    @property
    def by_wishes(self) -> bool:
        """True when groups have to be looked at."""
        return self.topic is not None or self.cadence_id is not None

    @property
    def everybody(self) -> bool:
        """True when nothing is asked for in particular."""
        return self == Wanted()


class Listed(Struct, frozen=True):
    """A reader in the list."""

    id: int
    address: str
    name: str
    subscriptions: tuple[Subscription, ...]


async def page(
    connection: AsyncConnection, wanted: Wanted, *, before: int = FROM_THE_NEWEST, count: int
) -> tuple[tuple[Listed, ...], int | None]:
    """Readers below a number, the newest first, and where the next page begins; None when there is none.

    A page may hold fewer than `count`, even none, and the next one more.
    """
    ids, following = await page_of_ids(connection, wanted, before=before, count=count)
    return await _with_subscriptions(connection, ids), following


async def page_of_ids(
    connection: AsyncConnection, wanted: Wanted, *, before: int = FROM_THE_NEWEST, count: int
) -> tuple[list[int], int | None]:
    """As `page`, the numbers alone."""
    if wanted.part:
        return await _with_part(connection, wanted, before, count)
    if wanted.by_wishes:
        return await _by_wishes(connection, wanted, before, count)
    if wanted.everybody:
        query = select(subscribers.c.id).where(subscribers.c.id < before, subscribers.c.address.isnot(None))
        ids = (await connection.execute(query.order_by(subscribers.c.id.desc()).limit(count))).scalars()
    else:
        walks = await _walks(connection, wanted, before, count)
        ids = (await connection.execute(walks)).scalars()
    found = list(ids)
    return found, found[-1] if len(found) == count else None


async def by_id(connection: AsyncConnection, subscriber_id: int) -> Listed | None:
    """One reader; None for nobody, and after an erasure."""
    found = await _with_subscriptions(connection, [subscriber_id])
    return found[0] if found and found[0].address else None


async def counts(connection: AsyncConnection) -> dict[tuple[int, Standing], int]:
    """How many subscriptions there are, by newsletter and standing: a walk through a whole index."""
    mine = subscriptions.c
    query = select(mine.newsletter_id, mine.standing, func.count()).group_by(
        mine.newsletter_id, mine.standing
    )
    return {(row[0], Standing(row[1])): row[2] for row in await connection.execute(query)}


async def cadences_in_use(connection: AsyncConnection, limit: int = 300) -> Sequence[Row[Any]]:
    """Cadences that somebody has or had, by their time of day."""
    used = exists().where(groups.c.cadence_id == cadences.c.id)
    query = select(cadences).where(used).order_by(cadences.c.at_once, cadences.c.at, cadences.c.zone)
    return (await connection.execute(query.limit(limit))).all()


async def _walks(
    connection: AsyncConnection, wanted: Wanted, before: int, count: int
) -> Select[Any] | CompoundSelect[Any]:
    """One walk along the index for each newsletter and standing, merged."""
    if wanted.newsletter_id is not None:
        among = [wanted.newsletter_id]
    else:
        among = list((await connection.execute(select(newsletters.c.id))).scalars())
    standings = [wanted.standing] if wanted.standing is not None else list(Standing)
    mine = subscriptions.c
    walks = [
        select(
            select(mine.subscriber_id)
            .where(mine.newsletter_id == one, mine.standing == standing, mine.subscriber_id < before)
            .order_by(mine.subscriber_id.desc())
            .limit(count)
            .subquery()
            .c.subscriber_id
        )
        for one in among
        for standing in standings
    ]
    merged = union_all(*walks).subquery()
    living = exists().where(subscribers.c.id == merged.c.subscriber_id, subscribers.c.address.isnot(None))
    ids = select(merged.c.subscriber_id).where(living).distinct()
    return ids.order_by(merged.c.subscriber_id.desc()).limit(count)


async def _with_part(
    connection: AsyncConnection, wanted: Wanted, before: int, count: int
) -> tuple[list[int], int | None]:
    if wanted == Wanted(part=wanted.part):
        found, following = await matching(connection, wanted.part, before=before, count=max(count, 200))
    else:
        some, following = await matching(connection, wanted.part, before=before, count=_LOOKED_AT)
        found = await _among(connection, some, wanted)
    return (found[:count], found[count - 1]) if len(found) > count else (found, following)


async def _among(connection: AsyncConnection, ids: Sequence[int], wanted: Wanted) -> list[int]:
    """Those of these readers who are wanted, in the same order."""
    mine = subscriptions.c
    query = select(mine.subscriber_id).join(groups, groups.c.id == mine.group_id)
    kept: set[int] = set()
    for some in chunks(ids):
        rows = await connection.execute(query.where(mine.subscriber_id.in_(some), *_conditions(wanted)))
        kept |= set(rows.scalars())
    return [one for one in ids if one in kept]


async def _by_wishes(
    connection: AsyncConnection, wanted: Wanted, before: int, count: int
) -> tuple[list[int], int | None]:
    mine = subscriptions.c
    these = select(groups.c.id).where(*_conditions(wanted, groups_alone=True))
    few = select(mine.id).where(mine.group_id.in_(these)).limit(_FEW + 1).subquery()
    size = (await connection.execute(select(func.count()).select_from(few))).scalar_one()
    alike = select(mine.subscriber_id).join(groups, groups.c.id == mine.group_id)
    alike = alike.where(mine.subscriber_id < before, *_conditions(wanted))
    alike = alike.order_by(mine.subscriber_id.desc()).limit(count).distinct()
    if size <= _FEW:
        ids = list((await connection.execute(alike.where(mine.group_id.in_(these)))).scalars())
        return ids, ids[-1] if len(ids) == count else None
    before = min(before, await _newest(connection) + 1)
    last = before - _LOOKED_THROUGH
    ids = await _looked_through(connection, wanted, before, last, count)
    if len(ids) == count:
        return ids, ids[-1]
    return ids, last if last > 1 else None


async def _looked_through(
    connection: AsyncConnection, wanted: Wanted, before: int, last: int, count: int
) -> list[int]:
    """Wanted readers between two numbers, looked for from the newest on.

    The hint keeps SQLite, which knows nothing of sizes, from beginning with the groups.
    """
    mine = subscriptions.c
    group_of = mine.group_id + 0 if connection.dialect.name == "sqlite" else mine.group_id
    query = select(mine.subscriber_id).join(groups, groups.c.id == group_of)
    query = query.where(mine.subscriber_id < before, mine.subscriber_id >= last, *_conditions(wanted))
    query = query.order_by(mine.subscriber_id.desc()).limit(count).distinct()
    return list((await connection.execute(query)).scalars())


async def _newest(connection: AsyncConnection) -> int:
    found: int = (await connection.execute(text("SELECT coalesce(max(id), 0) FROM subscribers"))).scalar_one()
    return found


def _conditions(wanted: Wanted, *, groups_alone: bool = False) -> list[Any]:
    conditions: list[Any] = []
    if wanted.newsletter_id is not None:
        conditions.append(groups.c.newsletter_id == wanted.newsletter_id)
    if wanted.cadence_id is not None:
        conditions.append(groups.c.cadence_id == wanted.cadence_id)
    if wanted.topic is not None:
        conditions.append(groups.c.profile_id.in_(_following(wanted.topic)))
    if wanted.standing is not None:
        active = wanted.standing is Standing.ACTIVE
        conditions.append(groups.c.is_active.is_(active))
        if not groups_alone:
            conditions.append(subscriptions.c.standing == wanted.standing)
    return conditions


def _following(topic: str) -> Select[Any]:
    """Profiles that follow a topic. In JSON a slug stands between quotes, and it never holds one."""
    named = cast(profiles.c.topics, Text).like(f'%"{_literal(topic)}"%', escape="\\")
    return select(profiles.c.id).where(or_(profiles.c.topics.is_(None), named))


def _literal(word: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in word)


async def _with_subscriptions(connection: AsyncConnection, ids: Sequence[int]) -> tuple[Listed, ...]:
    people: dict[int, Listed] = {}
    mine: dict[int, list[Subscription]] = {}
    for some in chunks(ids):
        rows = await connection.execute(
            whole_subscriptions()
            .where(and_(subscriptions.c.subscriber_id.in_(some), subscribers.c.address.isnot(None)))
            .order_by(subscriptions.c.newsletter_id)
        )
        for row in rows:
            mine.setdefault(row.subscriber_id, []).append(subscription_from(row))
        query = select(subscribers.c.id, subscribers.c.address, subscribers.c.name)
        for row in await connection.execute(query.where(subscribers.c.id.in_(some))):
            people[row.id] = Listed(row.id, row.address or "", row.name, tuple(mine.get(row.id, ())))
    return tuple(people[one] for one in ids if one in people)
