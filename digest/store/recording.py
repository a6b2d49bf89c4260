"""What is written for every message: the last ones were sent, the next ones begin; one transaction for many.

It happens thousands of times a second, so the statements are made once, whatever the number of messages, and
run in one step (`Database.write_apart`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    TypeDecorator,
    Update,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

from digest.core.model import DeliveryStatus
from digest.store.tables import deliveries

#: How long a claim holds without a sign of life. RFC 5321 allows ten minutes for the final dot alone.
LEASE: Final = timedelta(minutes=15)
#: What a row looks like that nobody holds.
FREE: Final[Mapping[str, Any]] = {"owner": None, "lease_until": None, "started_at": None}
#: One try more.
TRIED: Final[Mapping[str, Any]] = {"attempts": deliveries.c.attempts + 1}


def record_sent(connection: Connection, owner: str, delivery_ids: Collection[int], now: datetime) -> int:
    """Record copies as sent at `now`, but for those that are somebody else's by now: how many these are."""
    if not delivery_ids:
        return 0
    done = _prepared(connection.dialect).sent.run(
        connection, {"ids": delivery_ids, "its_owner": owner, "now": now}
    )
    return len(delivery_ids) - done.rowcount


def begin(connection: Connection, owner: str, delivery_ids: Collection[int], wall: datetime) -> set[int]:
    """Note that these messages may be on the wire from `wall` on; the ids that are still this owner's."""
    if not delivery_ids:
        return set()
    statements = _prepared(connection.dialect)
    done = statements.begun.run(
        connection, {"ids": delivery_ids, "its_owner": owner, "wall": wall, "until": wall + LEASE}
    )
    if done.rowcount == len(delivery_ids):
        # nearly always; rows that come back one by one each cost a change of threads
        return set(delivery_ids)
    held = statements.held.run(connection, {"ids": delivery_ids, "its_owner": owner})
    return {row[0] for row in held.fetchall()}


class _Prepared:
    """A statement in the words of the driver.

    SQLAlchemy takes longer to execute one than SQLite to do what it says, so it is asked for the words and
    for what turns values into the driver's, once; then the driver's own cursor does the rest.
    """

    def __init__(self, statement: Update | Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql: Final = str(compiled)
        self._dialect: Final = dialect
        self._usual: Final[Mapping[str, Any]] = compiled.params
        #: the names of values by their places; None where the driver knows them by name
        self._places: Final[list[str] | None] = getattr(compiled, "positiontup", None)
        found = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for bound, name in compiled.bind_names.items()
        }
        self._turned: Final = {name: turn for name, turn in found.items() if turn is not None}

    def run(self, connection: Connection, given: Mapping[str, Any]) -> DBAPICursor:
        """Do it within the connection's transaction; raises SQLAlchemy's DBAPIError, as it would itself."""
        values = {**self._usual, **given}
        for name, turn in self._turned.items():
            values[name] = turn(values[name])
        assert self._dialect.dbapi is not None
        cursor = connection.connection.cursor()
        try:
            cursor.execute(
                self._sql, values if self._places is None else [values[name] for name in self._places]
            )
        except self._dialect.dbapi.Error as error:
            raise DBAPIError.instance(self._sql, None, error, self._dialect.dbapi.Error) from error
        return cursor


class _Statements(NamedTuple):
    """The statements for one kind of store."""

    sent: _Prepared
    begun: _Prepared
    #: which of some are this owner's
    held: _Prepared


@lru_cache(maxsize=8)
def _prepared(dialect: Dialect) -> _Statements:
    ours = and_(
        _is_one_of_them(dialect),
        deliveries.c.owner == bindparam("its_owner"),
        deliveries.c.status == DeliveryStatus.SENDING,
    )
    sent = update(deliveries).where(ours)
    begun = update(deliveries).where(ours)
    return _Statements(
        _Prepared(
            sent.values(
                status=DeliveryStatus.SENT, sent_at=bindparam("now"), reason="", detail="", **TRIED, **FREE
            ),
            dialect,
        ),
        _Prepared(begun.values(started_at=bindparam("wall"), lease_until=bindparam("until")), dialect),
        _Prepared(select(deliveries.c.id).where(ours), dialect),
    )


def _is_one_of_them(dialect: Dialect) -> ColumnElement[bool]:
    """All ids are one value, so that the words are the same for any number of them."""
    if dialect.name == "sqlite":
        many = func.json_each(bindparam("ids", type_=_AsJson()))
        return deliveries.c.id.in_(select(literal_column("value")).select_from(many))
    return deliveries.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))


class _AsJson(TypeDecorator[Collection[int]]):
    """Ids as SQLite's `json_each` reads them."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> str:
        """The list as text."""
        return json.dumps(list(value or ()))
