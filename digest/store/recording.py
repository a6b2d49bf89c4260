"""What is written for every message: the last ones were sent, the next ones begin; one transaction for many.

It happens thousands of times a second, so the statements are made once, whatever the number of messages, and
run in one step (`Database.write_apart`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Connection, Dialect, and_, bindparam, select, update

from digest.core.model import DeliveryStatus
from digest.store.prepared import Prepared, given, is_one_of_them
from digest.store.tables import deliveries

#: How long a claim holds without a sign of life. RFC 5321 allows ten minutes for the final dot alone.
LEASE: Final = timedelta(minutes=15)
#: What a row looks like that nobody holds.
FREE: Final[Mapping[str, Any]] = {"owner": None, "lease_until": None, "started_at": None}
#: Before the name of a sender from whose hands a copy was taken: nobody has it until that sender has let go
#: of all that it held, or the lease is over. No sender goes by such a name.
PULLED_FROM: Final = "pulled "
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


class _Statements(NamedTuple):
    """The statements for one kind of store."""

    sent: Prepared
    begun: Prepared
    #: which of some are this owner's
    held: Prepared


@lru_cache(maxsize=8)
def _prepared(dialect: Dialect) -> _Statements:
    # a bound status might tell SQLite whether the index of open copies helps: it would think anew each time
    sending: BindParameter[str] = bindparam(None, DeliveryStatus.SENDING, literal_execute=True)
    ours = and_(
        is_one_of_them(dialect),
        deliveries.c.owner == given("its_owner"),
        deliveries.c.status == sending,
    )
    sent = update(deliveries).where(ours)
    begun = update(deliveries).where(ours)
    return _Statements(
        Prepared(
            sent.values(
                status=DeliveryStatus.SENT, sent_at=given("now"), reason="", detail="", **TRIED, **FREE
            ),
            dialect,
        ),
        Prepared(begun.values(started_at=given("wall"), lease_until=given("until")), dialect),
        Prepared(select(deliveries.c.id).where(ours), dialect),
    )
