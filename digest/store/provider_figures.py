"""Outcomes by who runs the mailboxes: counted once an issue is settled, kept with it, added up for a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.families import family_of
from digest.store.tables import deliveries, issues
from subscribers.tables import subscribers, subscriptions

#: Families named for an issue; all others are one.
_NAMED: Final = 40
OTHERS: Final = "others"
#: Of readers who were erased since.
_ERASED: Final = "erased"

#: Copies by status, by family.
Families = dict[str, dict[str, int]]


async def to_be_counted(connection: AsyncConnection, since: datetime, limit: int) -> list[int]:
    """Settled issues due since then of which the families are not counted, newest first."""
    mine = issues.c
    query = select(mine.id).where(mine.due_at >= since, mine.outcomes.isnot(None), mine.families.is_(None))
    return list((await connection.execute(query.order_by(mine.id.desc()).limit(limit))).scalars())


async def count(connection: AsyncConnection, issue_id: int) -> Families:
    """Count an issue's copies by family: a walk along the ids between which they lie."""
    span = select(issues.c.first_copy, issues.c.last_copy).where(issues.c.id == issue_id)
    row = (await connection.execute(span)).first()
    if row is None or row.first_copy is None:
        return {}
    mine = deliveries.c
    domain = func.coalesce(_domain(connection), "")
    here = and_(mine.id >= row.first_copy, mine.id <= row.last_copy, mine.issue_id == issue_id)
    query = (
        select(domain, mine.status, func.count())
        .select_from(deliveries)
        .join(subscriptions, subscriptions.c.id == mine.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(here)
        .group_by(domain, mine.status)
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, status, copies in await connection.execute(query):
        found[family_of(name) if name else _ERASED][status] += copies
    return _with_others(found)


async def keep(connection: AsyncConnection, issue_id: int, found: Families) -> None:
    """Keep them until something of the issue changes; not when something has changed meanwhile."""
    query = update(issues).where(issues.c.id == issue_id, issues.c.outcomes.isnot(None))
    await connection.execute(query.values(families=found))


async def since(connection: AsyncConnection, instant: datetime) -> Mapping[str, Mapping[str, int]]:
    """What became of the copies of issues due since then, as far as it is counted; most copies first."""
    query = select(issues.c.families).where(issues.c.due_at >= instant, issues.c.families.isnot(None))
    whole: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for families in (await connection.execute(query)).scalars():
        for family, counts in families.items():
            whole[family].update(counts)
    return dict(sorted(whole.items(), key=lambda one: (one[0] == OTHERS, -one[1].total(), one[0])))


def _with_others(found: Mapping[str, Counter[str]]) -> Families:
    largest = sorted(found, key=lambda family: (-found[family].total(), family))
    kept: Families = {family: dict(found[family]) for family in largest[:_NAMED]}
    rest = Counter[str]()
    for family in largest[_NAMED:]:
        rest.update(found[family])
    return kept | ({OTHERS: dict(rest)} if rest else {})


def _domain(connection: AsyncConnection) -> ColumnElement[Any]:
    key = subscribers.c.address_key
    if connection.dialect.name == "sqlite":
        return func.substr(key, func.instr(key, "@") + 1)
    return func.split_part(key, "@", 2)
