"""The shelf of what became of copies by family of mailboxes: what servers answered, and what came back.

What servers answered is added up as it is sent; nothing here looks at readers or at copies that went well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.reputation import Counts, What
from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.store.provider_figures import OTHERS
from digest.store.return_tables import WATCHED, returns
from digest.store.tables import deliveries
from digest.store.watch_tables import family_answers
from subscribers.interning import insert_into

#: Answers of so long are one row.
SPAN: Final = timedelta(minutes=10)
#: How long rows are kept.
KEEP: Final = timedelta(days=35)

#: Copies by what became of them, by issue and family.
Answered = Mapping[tuple[int, str], Mapping[What, int]]

_mine = family_answers.c
#: How many had an answer.
_TRIED: Final = _mine.accepted + _mine.hard + _mine.blocked + _mine.refused
#: Copies that came back, and readers who complained: each once, whatever was told of it twice.
_COPIES: Final = func.count(returns.c.delivery_id.distinct())
_READERS: Final = func.count(returns.c.subscription_id.distinct())
#: In the words of the index, as with open copies.
_IS_WATCHED: Final = or_(*(returns.c.kind == bindparam(None, one, literal_execute=True) for one in WATCHED))


def beginning_of_span(instant: datetime) -> datetime:
    """Of the row to which answers of this moment are added."""
    return instant.replace(minute=instant.minute // 10 * 10, second=0, microsecond=0)


async def add(connection: AsyncConnection, found: Answered, now: datetime) -> None:
    """Add up what servers answered."""
    rows = [
        {"at": beginning_of_span(now), "issue_id": issue_id, "family": family[:255]}
        | {what.value: counts.get(what, 0) for what in What}
        for (issue_id, family), counts in found.items()
    ]
    if not rows:
        return
    query = insert_into(connection, family_answers)
    more = {what.value: _mine[what.value] + query.excluded[what.value] for what in What}
    keys = [_mine.at, _mine.family, _mine.issue_id]
    # in one order, or two processes could wait for each other
    rows.sort(key=lambda row: (row["family"], row["issue_id"]))
    await connection.execute(query.on_conflict_do_update(index_elements=keys, set_=more), rows)


async def named(connection: AsyncConnection, since: datetime) -> set[str]:
    """The families that have rows of their own since then."""
    query = select(_mine.family).where(_mine.at >= since).distinct()
    return set((await connection.execute(query)).scalars())


async def by_family(connection: AsyncConnection, since: datetime) -> dict[str, Counts]:
    """What became of copies since then; families that have no row of their own are among the others."""
    found: defaultdict[str, Counts] = defaultdict(Counts)
    for family, counts in await _answered(connection, _mine.family, _mine.at >= since):
        found[family] = counts
    known = frozenset(found)
    told = _told(returns.c.family, since)
    for row in await connection.execute(told):
        found[row.key if row.key in known else OTHERS] += _counted(row)
    return dict(found)


async def by_issue(connection: AsyncConnection, since: Mapping[int, datetime]) -> dict[int, Counts]:
    """What became of the copies of each of these issues, each since then."""
    found: dict[int, Counts] = {}
    for issue_id, instant in since.items():
        here = (_mine.at >= beginning_of_span(instant), _mine.issue_id == issue_id)
        answered = dict(await _answered(connection, _mine.issue_id, *here))
        told = _told(returns.c.issue_id, instant).where(returns.c.issue_id == issue_id)
        found[issue_id] = sum(
            (_counted(row) for row in await connection.execute(told)), answered.get(issue_id, Counts())
        )
    return found


async def of_copies_sent_since(connection: AsyncConnection, family: str, since: datetime) -> Counts:
    """What became of copies to a family that were sent since then: what is told of older ones is left out.

    Counted are whole spans, so for ten minutes perhaps nothing.
    """
    answered = dict(await _answered(connection, _mine.family, _mine.at > since, _mine.family == family))
    told = (
        _told(returns.c.family, since)
        .join(deliveries, deliveries.c.id == returns.c.delivery_id)
        .where(returns.c.family == family, deliveries.c.sent_at > since + SPAN)
    )
    return sum((_counted(row) for row in await connection.execute(told)), answered.get(family, Counts()))


async def forget(connection: AsyncConnection, now: datetime) -> None:
    """Forget what is too old to be looked at."""
    await connection.execute(delete(family_answers).where(_mine.at < now - KEEP))


async def _answered(
    connection: AsyncConnection, key: ColumnElement[Any], *where: ColumnElement[bool]
) -> list[tuple[Any, Counts]]:
    query = select(
        key,
        func.sum(_TRIED),
        *(func.sum(_mine[name]) for name in ("accepted", "hard", "blocked")),
    ).where(*where)
    # PostgreSQL's sums are decimals
    return [(row[0], Counts(*map(int, row[1:]))) for row in await connection.execute(query.group_by(key))]


def _told(key: ColumnElement[Any], since: datetime) -> Select[Any]:
    """What was told since then of copies of ours, by a key and by kind."""
    return (
        select(key.label("key"), returns.c.kind, _COPIES.label("copies"), _READERS.label("readers"))
        .where(
            _IS_WATCHED,
            returns.c.at >= since,
            returns.c.effect != Effect.UNMATCHED.value,
            returns.c.notice_id.is_(None),
        )
        .group_by(key, returns.c.kind)
    )


def _counted(row: Any) -> Counts:
    if row.kind == Kind.COMPLAINT:
        return Counts(complaints=row.readers)
    return Counts(hard=row.copies) if row.kind == Kind.HARD else Counts(blocked=row.copies)
