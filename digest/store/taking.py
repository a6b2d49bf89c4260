"""What a claim asks of the store: up to so many copies are ours from now on, and who their readers are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Select,
    Update,
    any_,
    func,
    select,
    update,
)
from sqlalchemy.sql import FromClause

from digest.core.model import Claimed, DeliveryStatus
from digest.store.claimable import claimable
from digest.store.prepared import Prepared, given, is_one_of_them
from digest.store.recording import FREE
from digest.store.tables import deliveries
from subscribers.tables import subscribers, subscriptions


class Taken(NamedTuple):
    """A copy that is ours now, and the standing of its reader."""

    copy: Claimed
    standing: str


class Taking:
    """Takes copies of one kind, in the order of their numbers."""

    def __init__(self, dialect: Dialect, wanted: ColumnElement[bool], *, alone: bool) -> None:
        """Have the statements made for one kind of store."""
        taking = _taking(dialect, wanted, alone)
        # no UPDATE may stand in a query on SQLite, and what it returns is in no order
        self._ids: Final = (
            Prepared(taking.returning(deliveries.c.id), dialect) if dialect.name == "sqlite" else None
        )
        query = (
            _with_readers(deliveries).where(is_one_of_them(dialect))
            if self._ids
            else _with_readers(taking.returning(*_of_a_copy(deliveries)).cte("taken"))
        )
        self._with_readers: Final = Prepared(query, dialect)

    def take(self, connection: Connection, asked: Mapping[str, Any]) -> list[Taken]:
        """Up to `most` copies of `its_issue` that may be sent `now`: held by `its_owner` `until` then."""
        if self._ids is not None:
            ids = [row[0] for row in self._ids.run(connection, asked).fetchall()]
            rows = self._with_readers.run(connection, {"ids": ids}).fetchall() if ids else []
        else:
            rows = self._with_readers.run(connection, asked).fetchall()
        return [Taken(Claimed._make(row[:-1]), row[-1]) for row in rows]


@lru_cache(maxsize=32)
def takings(dialect: Dialect, resend_uncertain: bool, alone: bool) -> tuple[Taking, ...]:
    """Of each kind of copies that may be claimed, what takes them; with `alone` those that are claimed so."""
    kinds = claimable(given("its_issue"), given("now"), resend_uncertain, alone)
    return tuple(Taking(dialect, kind, alone=alone) for kind in kinds)


def _taking(dialect: Dialect, wanted: ColumnElement[bool], alone: bool) -> Update:
    mine = deliveries.c
    order = (mine.claims, mine.id) if alone else (mine.status, mine.id)
    some = select(mine.id).where(wanted).order_by(*order).limit(given("most", Integer))
    # named, so that PostgreSQL runs it once: it may run a plain subquery again, and lock more than the limit
    some_ids = some.with_for_update(skip_locked=True).cte("some_ids")
    held = {**FREE, "owner": given("its_owner"), "lease_until": given("until")}
    return (
        update(deliveries)
        .where(is_among(dialect, select(some_ids.c.id)))
        .values(status=DeliveryStatus.SENDING, claims=mine.claims + 1, **held)
    )


def is_among(dialect: Dialect, ids: Select[tuple[int]]) -> ColumnElement[bool]:
    """One of these copies; on PostgreSQL looked up one by one.

    There a subquery is joined, which it may do by a walk through all copies, those of former issues too.
    """
    if dialect.name == "sqlite":
        return deliveries.c.id.in_(ids)
    return deliveries.c.id == any_(func.array(ids.scalar_subquery()))


def _of_a_copy(taken: FromClause) -> tuple[ColumnElement[Any], ...]:
    of = taken.c
    return of.id, of.cohort_id, of.issue_id, of.subscription_id, of.attempts, of.doubts


def _with_readers(taken: FromClause) -> Select[Any]:
    *which, attempts, doubts = _of_a_copy(taken)
    return (
        # what makes a `Claimed`, in its order, and the standing
        select(*which, subscribers.c.address, subscribers.c.name, attempts, doubts, subscriptions.c.standing)
        .select_from(taken)
        .join(subscriptions, subscriptions.c.id == taken.c.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .order_by(taken.c.id)
    )
