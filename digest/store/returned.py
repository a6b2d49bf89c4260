"""The shelf of what came back: whom a copy was for, what was said of it, and how much speaks against whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.core.settling import Effect, Score
from digest.store.return_tables import bounce_scores, returns
from digest.store.tables import deliveries, notices
from subscribers.interning import chunks, insert_into
from subscribers.model import AWAY, Standing
from subscribers.tables import standing_changes, subscribers, subscriptions
from subscribers.wishes import address_key

#: Of the lock under which returned mail is settled on PostgreSQL; on SQLite only one writes anyway.
_LOCK: Final = 0x72657475726E
#: A copy may be told of after it was handed over; who was doubted may turn out to have been refused.
_CAN_COME_BACK: Final = (DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN)


class Mailed(Struct, frozen=True):
    """A copy, or a mail that is no issue, and whom it was for."""

    delivery_id: int | None
    notice_id: int | None
    #: of a notice
    kind: NoticeKind | None
    status: DeliveryStatus
    #: tries that have ended
    attempts: int
    sent_at: datetime | None
    issue_id: int | None
    #: None for a notice to the newsroom, or after the reader was erased
    subscription_id: int | None
    subscriber_id: int | None
    address: str

    @property
    def is_for_its_reader(self) -> bool:
        """False for what went to the newsroom, or to an address that is not the reader's yet."""
        return self.subscriber_id is not None and self.kind is not NoticeKind.MOVE


async def take_the_floor(connection: AsyncConnection) -> None:
    """Nobody else settles until commit: the same told twice at once is told once."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


async def of_deliveries(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Mailed]:
    """Copies by their numbers, as far as there are such."""
    mine = deliveries.c
    query = (
        select(
            *(mine.id.label("delivery_id"), literal(None).label("notice_id"), literal(None).label("kind")),
            *(mine.status, mine.attempts, mine.sent_at, mine.issue_id, mine.subscription_id),
            *(subscribers.c.id.label("subscriber_id"), subscribers.c.address),
        )
        .join(subscriptions, subscriptions.c.id == mine.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    )
    return {found.delivery_id: found for found in await _mailed(connection, query, mine.id, ids)}  # type: ignore[misc]


async def are_being_sent(connection: AsyncConnection, ids: Collection[int]) -> bool:
    """Whether a sender has one of these copies in its hands."""
    for some in chunks(sorted(ids)):
        mine = deliveries.c.id.in_(some), deliveries.c.status == DeliveryStatus.SENDING
        if (await connection.execute(select(deliveries.c.id).where(*mine).limit(1))).first() is not None:
            return True
    return False


async def of_notices(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Mailed]:
    """Mails that are no issue, by their numbers."""
    mine = notices.c
    query = (
        select(
            *(literal(None).label("delivery_id"), mine.id.label("notice_id"), mine.kind),
            *(
                mine.status,
                mine.attempts,
                mine.sent_at,
                literal(None).label("issue_id"),
                mine.subscription_id,
            ),
            *(subscribers.c.id.label("subscriber_id"), mine.address),
        )
        .outerjoin(subscriptions, subscriptions.c.id == mine.subscription_id)
        .outerjoin(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    )
    return {found.notice_id: found for found in await _mailed(connection, query, mine.id, ids)}  # type: ignore[misc]


async def of_addresses(
    connection: AsyncConnection, addresses: Collection[str], since: datetime
) -> dict[str, tuple[Mailed, ...]]:
    """The newest copy of each subscription of readers, sent since then, by the folded address."""
    newest = (
        select(func.max(deliveries.c.id))
        .where(deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.sent_at >= since)
        .correlate(subscriptions)
        .scalar_subquery()
    )
    found: dict[str, tuple[Mailed, ...]] = {}
    for some in chunks(sorted({address_key(one) for one in addresses})):
        query = (
            select(newest)
            .select_from(subscriptions)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(subscribers.c.address_key.in_(some))
        )
        ids = [one for one in (await connection.execute(query)).scalars() if one is not None]
        for copy in (await of_deliveries(connection, ids)).values():
            key = address_key(copy.address)
            found[key] = (*found.get(key, ()), copy)
    return found


async def known(connection: AsyncConnection, keys: Collection[bytes]) -> dict[bytes, Effect]:
    """Those of these keys that something was recorded under, and what became of it."""
    found: dict[bytes, Effect] = {}
    for some in chunks(sorted(keys)):
        query = select(returns.c.key, returns.c.effect).where(returns.c.key.in_(some))
        found |= {bytes(row.key): Effect(row.effect) for row in await connection.execute(query)}
    return found


async def number_under(connection: AsyncConnection, key: bytes) -> int | None:
    """The number of what was recorded under a key and whose mail is kept, or None."""
    query = select(returns.c.id).where(returns.c.key == key, returns.c.mail_id.isnot(None))
    return (await connection.execute(query)).scalar()


async def keep(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down what was said and what became of it."""
    if rows:
        await connection.execute(insert(returns), list(rows))


async def refuse(connection: AsyncConnection, mailed: Mailed, reason: str, detail: str) -> bool:
    """The mail did not reach its reader, though a server took it; False when that was known or is not so."""
    values = {"status": DeliveryStatus.REFUSED, "reason": reason, "detail": detail}
    return await _change(connection, mailed, _CAN_COME_BACK, values)


async def arrive(connection: AsyncConnection, mailed: Mailed, now: datetime) -> bool:
    """The mail was in doubt, and did arrive; False when it was not in doubt."""
    values = {"status": DeliveryStatus.SENT, "sent_at": now, "reason": "", "detail": "", "claims": 0}
    return await _change(connection, mailed, (DeliveryStatus.UNCERTAIN,), values)


async def has_moved_on(connection: AsyncConnection, mailed: Mailed) -> bool:
    """Whether the reader moved to another address, or came back, after this mail was sent."""
    if mailed.sent_at is None or mailed.subscription_id is None:
        return False
    whose = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == mailed.subscriber_id)
    moved = exists().where(
        notices.c.subscription_id.in_(whose),
        notices.c.kind == NoticeKind.MOVE,
        notices.c.answered_at > mailed.sent_at,
    )
    back = exists().where(
        standing_changes.c.subscription_id == mailed.subscription_id,
        standing_changes.c.at > mailed.sent_at,
        standing_changes.c.before.in_(sorted(AWAY)),
        standing_changes.c.after == Standing.ACTIVE,
    )
    return bool((await connection.execute(select(moved | back))).scalar())


async def score_of(connection: AsyncConnection, subscriber_id: int) -> Score:
    """How much speaks against a reader's address."""
    query = select(bounce_scores).where(bounce_scores.c.subscriber_id == subscriber_id)
    row = (await connection.execute(query)).first()
    return Score() if row is None else Score(row.points, row.day, row.probed_at)


async def save_score(connection: AsyncConnection, subscriber_id: int, score: Score) -> None:
    """Keep it."""
    values = {"points": score.points, "day": score.day, "probed_at": score.probed_at}
    query = insert_into(connection, bounce_scores).values(subscriber_id=subscriber_id, **values)
    await connection.execute(query.on_conflict_do_update(index_elements=["subscriber_id"], set_=values))


async def forget_score(connection: AsyncConnection, subscriber_id: int) -> None:
    """Nothing speaks against this address any more: it is new, or its owner said so."""
    await connection.execute(delete(bounce_scores).where(bounce_scores.c.subscriber_id == subscriber_id))


async def good_days(connection: AsyncConnection, subscriber_id: int, score: Score, now: datetime) -> int:
    """On how many days after the last that counted, and before today, mail was sent and did not come back."""
    if not score.points:
        return 0
    whose = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    first = datetime.combine(score.day + timedelta(days=1), time(), UTC)
    sent_at = deliveries.c.sent_at
    query = select(func.count(func.date(sent_at).distinct())).where(
        deliveries.c.subscription_id.in_(whose),
        deliveries.c.status == DeliveryStatus.SENT,
        and_(sent_at >= first, sent_at < datetime.combine(now.date(), time(), UTC)),
    )
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def _mailed(
    connection: AsyncConnection, query: Select[Any], column: ColumnElement[int], ids: Collection[int]
) -> list[Mailed]:
    found = []
    for some in chunks(sorted(ids)):
        for row in await connection.execute(query.where(column.in_(some))):
            erased = row.address is None
            found.append(
                Mailed(
                    delivery_id=row.delivery_id,
                    notice_id=row.notice_id,
                    kind=None if row.kind is None else NoticeKind(row.kind),
                    status=DeliveryStatus(row.status),
                    attempts=row.attempts,
                    sent_at=row.sent_at,
                    issue_id=row.issue_id,
                    subscription_id=None if erased else row.subscription_id,
                    subscriber_id=None if erased else row.subscriber_id,
                    address=row.address or "",
                )
            )
    return found


async def _change(
    connection: AsyncConnection,
    mailed: Mailed,
    expected: Collection[DeliveryStatus],
    values: Mapping[str, Any],
) -> bool:
    table = notices if mailed.delivery_id is None else deliveries
    its_id = mailed.notice_id if mailed.delivery_id is None else mailed.delivery_id
    query = update(table).where(table.c.id == its_id, table.c.status.in_(expected))
    done = await connection.execute(query.values(retry_at=None, **values))
    return done.rowcount > 0
