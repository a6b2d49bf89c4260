"""The shelf of totals: what became of copies and what came back, added up for good.

What was settled since is added now and then; whoever asks before that gets both together. A total never goes
down: a copy that was sent and came back later has been sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import IssueStatus
from digest.store import outcomes
from digest.store.outcomes import Outcomes
from digest.store.return_tables import returns
from digest.store.tables import issues
from digest.store.total_tables import totals
from subscribers.interning import insert_into

#: Issues that are added in one transaction.
_AT_A_TIME: Final = 500


class What(StrEnum):
    """What is added up."""

    ISSUES = "issues"
    COPIES = "copies"
    RETURNS = "returns"
    #: the number of the newest return that was added
    UPTO = "upto"


class Total(NamedTuple):
    """What a total is of."""

    what: What
    #: 0 for none
    newsletter_id: int = 0
    outcome: str = ""
    reason: str = ""


#: How far returns are added up.
_UPTO: Final = Total(What.UPTO, outcome=What.RETURNS)


async def whole(connection: AsyncConnection) -> Counter[Total]:
    """Everything, with what was settled and came back since it was added up."""
    found = await _kept(connection)
    for row in await connection.execute(_settled_since()):
        found.update(_new_of(row, row.outcomes))
    found.update(await _returned_since(connection, found.pop(_UPTO, 0)))
    return found


async def is_behind(connection: AsyncConnection) -> bool:
    """Whether there is something to add up."""
    if (await connection.execute(_untotalled(1))).first() is not None:
        return True
    return await _newest_return(connection) != (await _kept(connection))[_UPTO]


async def add_up(connection: AsyncConnection) -> int:
    """Add what was settled and came back since: how many issues. Within the transaction of a writer."""
    # two who add at once would wait for each other here, and the later one finds nothing left
    upto = await _lock(connection)
    found: Counter[Total] = Counter()
    rows = (await connection.execute(_untotalled(_AT_A_TIME).with_for_update(key_share=True))).all()
    for row in rows:
        outcome = row.outcomes
        if outcome is None:
            # something of it has changed since it was settled
            outcome = await outcomes.counts_of(connection, row.id)
        found.update(_new_of(row, outcome))
        mine = update(issues).where(issues.c.id == row.id)
        await connection.execute(mine.values(untotalled=False, in_totals=_most(row.in_totals, outcome)))
    newest = await _newest_return(connection)
    found.update(await _returned_since(connection, upto, newest))
    # which may go back: SQLite gives a number again when the newest was forgotten
    found[_UPTO] = newest - upto
    await _add(connection, found)
    return len(rows)


async def _kept(connection: AsyncConnection) -> Counter[Total]:
    rows = await connection.execute(select(totals))
    return Counter(
        {Total(What(row.what), row.newsletter_id, row.outcome, row.reason): row.value for row in rows}
    )


async def _lock(connection: AsyncConnection) -> int:
    """Have the one row that whoever adds takes first; how far returns are added up."""
    await _add(connection, Counter({_UPTO: 0}), and_nothing=True)
    mine = totals.c
    query = select(mine.value).where(mine.what == _UPTO.what, mine.outcome == _UPTO.outcome)
    value: int = (await connection.execute(query.with_for_update())).scalar_one()
    return value


async def _add(connection: AsyncConnection, found: Counter[Total], *, and_nothing: bool = False) -> None:
    rows = [
        {**total._asdict(), "value": value} for total, value in sorted(found.items()) if value or and_nothing
    ]
    if rows:
        query = insert_into(connection, totals)
        keys = [totals.c.what, totals.c.newsletter_id, totals.c.outcome, totals.c.reason]
        more = {"value": totals.c.value + query.excluded.value}
        await connection.execute(query.on_conflict_do_update(index_elements=keys, set_=more), rows)


def _settled_since() -> Select[Any]:
    """In the index's own words; of what is opened again or counted anew nothing is known for a moment."""
    return _columns().where(issues.c.untotalled, issues.c.outcomes.isnot(None))


def _untotalled(most: int) -> Select[Any]:
    ended = issues.c.status.in_((IssueStatus.DONE, IssueStatus.CANCELLED))
    return _columns().where(issues.c.untotalled, ended).order_by(issues.c.id).limit(most)


def _columns() -> Select[Any]:
    mine = issues.c
    return select(mine.id, mine.newsletter_id, mine.status, mine.outcomes, mine.in_totals)


async def _newest_return(connection: AsyncConnection) -> int:
    found: int | None = (await connection.execute(select(func.max(returns.c.id)))).scalar()
    return found or 0


async def _returned_since(
    connection: AsyncConnection, upto: int, newest: int | None = None
) -> Counter[Total]:
    """What came back behind a number; whoever settles does so alone, so numbers come in their order."""
    mine = returns.c
    query = select(mine.kind, func.count()).where(mine.id > upto).group_by(mine.kind)
    if newest is not None:
        query = query.where(mine.id <= newest)
    rows = await connection.execute(query)
    return Counter({Total(What.RETURNS, outcome=kind): count for kind, count in rows})


def _new_of(row: Row[Any], found: Outcomes) -> Counter[Total]:
    """What an issue adds: all of it the first time, what has grown when it was opened again."""
    before = dict(_flat(row.in_totals or {}))
    new = Counter(
        {
            Total(What.COPIES, row.newsletter_id, *key): copies - before.get(key, 0)
            for key, copies in _flat(found)
            if copies > before.get(key, 0)
        }
    )
    if row.in_totals is None:
        new[Total(What.ISSUES, row.newsletter_id, row.status)] = 1
    return new


def _most(before: Outcomes | None, after: Outcomes) -> Outcomes:
    """Of each the larger number: what stands in the totals after `after` was added."""
    merged: Outcomes = {outcome: dict(by_reason) for outcome, by_reason in (before or {}).items()}
    for (outcome, reason), copies in _flat(after):
        mine = merged.setdefault(outcome, {})
        mine[reason] = max(copies, mine.get(reason, 0))
    return merged


def _flat(found: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[tuple[str, str], int]]:
    for outcome, by_reason in found.items():
        for reason, copies in by_reason.items():
            yield (outcome, reason), copies
