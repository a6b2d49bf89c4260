"""A filter of readers as conditions on the tables: shared wishes are looked through, not readers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.audience import (
    OF_CADENCES,
    OF_PROFILES,
    Both,
    Clause,
    Either,
    Not,
    Term,
    matches_cadence,
    matches_profile,
)
from subscribers.interning import cadence_from, profile_from
from subscribers.tables import cadences, groups, profiles, subscriptions


async def condition_of(connection: AsyncConnection, clause: Clause) -> ColumnElement[bool]:
    """What holds of the readers meant, of subscriptions joined with their groups."""
    wishes = [(row.id, profile_from(row)) for row in await connection.execute(select(profiles))]
    times = [(row.id, cadence_from(row)) for row in await connection.execute(select(cadences))]

    def made(one: Clause) -> ColumnElement[bool]:
        match one:
            case Both(clauses):
                return and_(true(), *map(made, clauses))
            case Either(clauses):
                return or_(*map(made, clauses))
            case Not(clause):
                return not_(made(clause))
            case Term(field) if field in OF_PROFILES:
                return _among(groups.c.profile_id, [id_ for id_, it in wishes if matches_profile(one, it)])
            case Term(field) if field in OF_CADENCES:
                return _among(groups.c.cadence_id, [id_ for id_, it in times if matches_cadence(one, it)])
            case Term():
                return _of_subscription(one)

    return made(clause)


def _among(column: ColumnElement[int], ids: list[int]) -> ColumnElement[bool]:
    # numbers of ours, written out: there may be more than a statement takes values
    return column.in_(bindparam(None, ids, expanding=True, literal_execute=True))


def _of_subscription(term: Term) -> ColumnElement[bool]:
    if term.field == "standing":
        return subscriptions.c.standing == term.value
    began = subscriptions.c.began_at
    first = datetime.combine(date.fromisoformat(term.value), time(), UTC)
    after = first + timedelta(days=1)
    match term.op:
        case "<":
            return began < first
        case "<=":
            return began < after
        case ">":
            return began >= after
        case ">=":
            return began >= first
        case _:
            return and_(began >= first, began < after)
