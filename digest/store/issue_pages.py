"""Issues by pages with all that is written of their copies, in rows and in volumes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, Select, Text, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.binding import unbind
from digest.core.damage import Damage
from digest.core.issue_sums import Cohort, Issue, judged
from digest.store.tables import cohorts, deliveries, issue_briefings, issues
from digest.store.volume_tables import leaves, volumes
from digest.store.wishes_read import Counted

#: Issues in memory at a time, with their cohorts.
_TOGETHER: Final = 50
_LEAVES: Final = 100

#: How many copies there are by cohort, status and reason.
Copies = Counter[tuple[int, str, str]]


async def wrong_issues(connection: AsyncConnection, newest: int, met: Counted) -> AsyncIterator[int]:
    """Meet all that is wrong with issues and volumes; after each page, how many issues it had."""
    async for some in _pages(connection, None, Counter(), newest, met):
        yield some
    for volume_id in (await connection.execute(select(volumes.c.id).order_by(volumes.c.id))).scalars().all():
        bound = await _bound(connection, volume_id, met)
        async for some in _pages(connection, volume_id, bound, newest, met):
            yield some
        strange = {cohort_id for cohort_id, _status, _reason in bound}
        for cohort_id in sorted(strange):
            met.meet(Damage.VOLUME_STRANGE, f"cohort {cohort_id}")


async def _pages(
    connection: AsyncConnection, volume_id: int | None, bound: Copies, newest: int, met: Counted
) -> AsyncIterator[int]:
    """The issues of a volume, or of none; what they have is taken out of `bound`."""
    after = 0
    while rows := await _issues_after(connection, volume_id, after):
        ids = [row.id for row in rows]
        cohorts_by_issue = await _cohorts_of(connection, ids)
        pins = await _pins_of(connection, ids)
        copies = await _copies_of(connection, rows)
        for row in rows:
            mine = cohorts_by_issue.get(row.id, [])
            its = copies.get(row.id, Counter()) + _taken(bound, {one.id for one in mine})
            issue = Issue(row.id, row.rounds, row.outcomes)
            for kind, key in judged(issue, mine, pins.get(row.id, set()), its, newest):
                met.meet(
                    kind, f"issue {key}" if kind is Damage.ISSUE_COUNTS else f"cohort {key} of issue {row.id}"
                )
        yield len(rows)
        after = ids[-1]


async def _issues_after(connection: AsyncConnection, volume_id: int | None, after: int) -> Sequence[Row[Any]]:
    mine = issues.c
    here = mine.volume_id.is_(None) if volume_id is None else mine.volume_id == volume_id
    columns = (
        mine.id,
        mine.rounds,
        mine.first_copy,
        mine.last_copy,
        cast(mine.outcomes, Text).label("outcomes"),
    )
    query: Select[Any] = select(*columns).where(here, mine.id > after).order_by(mine.id).limit(_TOGETHER)
    found: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return found


async def _cohorts_of(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[Cohort]]:
    mine = cohorts.c
    lists = (cast(one, Text).label(one.name) for one in (mine.groups, mine.deferred, mine.left_out))
    query: Select[Any] = select(mine.issue_id, mine.id, mine.round, mine.size, *lists)
    found: dict[int, list[Cohort]] = {}
    for row in await connection.execute(query.where(mine.issue_id.in_(ids)).order_by(mine.id)):
        found.setdefault(row.issue_id, []).append(Cohort._make(row[1:]))
    return found


async def _pins_of(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, set[tuple[int, int]]]:
    mine = issue_briefings.c
    query = select(mine.issue_id, mine.round, mine.number).where(mine.issue_id.in_(ids))
    found: dict[int, set[tuple[int, int]]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.issue_id, set()).add((row.round, row.number))
    return found


async def _copies_of(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[int, Copies]:
    """The copies of issues that have rows: one walk along the ids between which those of all of them lie."""
    spans = [(row.first_copy, row.last_copy) for row in rows if row.first_copy is not None]
    if not spans:
        return {}
    mine = deliveries.c
    first, last = min(one for one, _ in spans), max(one for _, one in spans if one is not None)
    here = and_(mine.id.between(first, last), mine.issue_id.in_([row.id for row in rows]))
    counted = (mine.issue_id, mine.cohort_id, mine.status, mine.reason)
    found: dict[int, Copies] = {}
    for row in await connection.execute(
        select(*counted, func.count().label("copies")).where(here).group_by(*counted)
    ):
        found.setdefault(row.issue_id, Counter())[row.cohort_id, row.status, row.reason] += row.copies
    return found


def _taken(bound: Copies, cohort_ids: set[int]) -> Copies:
    """Those of these cohorts, which are not among the bound any more."""
    mine: Copies = Counter()
    if bound:
        for key in [key for key in bound if key[0] in cohort_ids]:
            mine[key] = bound.pop(key)
    return mine


class _Leaf(NamedTuple):
    first_subscription: int
    last_subscription: int
    copies: int
    content: bytes


async def _bound(connection: AsyncConnection, volume_id: int, met: Counted) -> Copies:
    """The copies of a volume; leaves that cannot be read are met."""
    found: Copies = Counter()
    mine = leaves.c
    after = -1
    while True:
        query: Select[Any] = select(
            mine.first_subscription, mine.last_subscription, mine.copies, mine.content
        )
        query = query.where(mine.volume_id == volume_id, mine.first_subscription > after)
        rows = (await connection.execute(query.order_by(mine.first_subscription).limit(_LEAVES))).all()
        for row in rows:
            leaf = _Leaf._make(row)
            _count(leaf, f"leaf {volume_id}/{leaf.first_subscription}", found, met)
        if len(rows) < _LEAVES:
            return found
        after = rows[-1].first_subscription


def _count(leaf: _Leaf, name: str, found: Copies, met: Counted) -> None:
    try:
        copies = list(unbind(bytes(leaf.content)))
    except ValueError:
        met.meet(Damage.LEAF_UNREADABLE, name)
        return
    out_of_range = any(
        not leaf.first_subscription <= one.subscription_id <= leaf.last_subscription for one in copies
    )
    if len(copies) != leaf.copies or out_of_range:
        met.meet(Damage.LEAF_DIFFERS, name)
    for one in copies:
        found[one.cohort_id, one.fate.status.value, one.fate.reason] += 1
