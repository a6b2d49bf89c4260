"""What is written for every message: the last ones were sent, the next ones begin; one transaction for many.

It happens thousands of times a second, so the statements are made once, whatever the number of messages, and
run in one step (`Database.write_apart`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Update,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

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
    statements = _statements_for(connection)
    values = {"ids": statements.many(delivery_ids), "its_owner": owner, "now": now}
    return len(delivery_ids) - connection.execute(statements.sent, values).rowcount


def begin(connection: Connection, owner: str, delivery_ids: Collection[int], wall: datetime) -> set[int]:
    """Note that these messages may be on the wire from `wall` on; the ids that are still this owner's."""
    if not delivery_ids:
        return set()
    statements = _statements_for(connection)
    values = {"ids": statements.many(delivery_ids), "its_owner": owner, "wall": wall, "until": wall + LEASE}
    return set(connection.execute(statements.begun, values).scalars())


class _Statements:
    """The two statements, for stores that take many ids in one way."""

    def __init__(self, is_one_of_them: ColumnElement[bool], many: Any) -> None:
        ours = and_(
            is_one_of_them,
            deliveries.c.owner == bindparam("its_owner"),
            deliveries.c.status == DeliveryStatus.SENDING,
        )
        #: turns ids into the one value that is bound
        self.many: Final = many
        self.sent: Final[Update] = (
            update(deliveries)
            .where(ours)
            .values(
                status=DeliveryStatus.SENT, sent_at=bindparam("now"), reason="", detail="", **TRIED, **FREE
            )
        )
        self.begun: Final = (
            update(deliveries)
            .where(ours)
            .values(started_at=bindparam("wall"), lease_until=bindparam("until"))
            .returning(deliveries.c.id)
        )


_ON_SQLITE: Final = _Statements(
    deliveries.c.id.in_(select(literal_column("value")).select_from(func.json_each(bindparam("ids")))),
    lambda ids: json.dumps(list(ids)),
)
_ON_POSTGRESQL: Final = _Statements(
    deliveries.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    list,
)


def _statements_for(connection: Connection) -> _Statements:
    return _ON_SQLITE if connection.dialect.name == "sqlite" else _ON_POSTGRESQL
