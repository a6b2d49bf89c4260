"""The shelf of notices: planned once an occasion, claimed with a lease, begun, recorded, listed.

As with deliveries each row is provably unsent, sent, or uncertain after a crash: `started_at` is committed
before the first byte may leave. Of the few that there are each has a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, Verdict
from digest.core.notices import WORTH_SENDING, Asked, Notice, NoticeKind, why_not
from digest.core.reasons import OurReason
from digest.core.verdict import Reason
from digest.store.claimable import CLAIMS_TOGETHER, MOST_CLAIMS, MOST_RESENDS
from digest.store.deliveries import Swept
from digest.store.recording import FREE, LEASE
from digest.store.tables import OPEN, notices
from subscribers import store as readers
from subscribers.interning import (
    cadence_from,
    insert_into,
    insert_missing,
    intern_cadences,
    intern_profiles,
    profile_from,
)
from subscribers.model import Standing
from subscribers.tables import cadences, profiles, subscribers, subscriptions
from subscribers.wishes import address_key

IS_OPEN: Final = or_(*(notices.c.status == bindparam(None, one, literal_execute=True) for one in OPEN))
#: What a notice is again when its claim led to nothing: a doubt is not forgotten by a claim.
_UNBEGUN: Final = case(
    (notices.c.doubts > 0, DeliveryStatus.UNCERTAIN.value), else_=DeliveryStatus.PLANNED.value
)


async def plan(connection: AsyncConnection, new: Notice) -> int | None:
    """Write a notice down, as it stands; None when that address has one of the same occasion."""
    query = insert_into(connection, notices).values(*await _rows(connection, [new]))
    made = await connection.execute(query.on_conflict_do_nothing().returning(notices.c.id))
    found: int | None = made.scalar()
    return found


async def plan_all(connection: AsyncConnection, new: Sequence[Notice]) -> None:
    """Write notices down, but for those whose address has one of the same occasion."""
    await insert_missing(connection, notices, await _rows(connection, new))


async def _rows(connection: AsyncConnection, new: Sequence[Notice]) -> list[dict[str, Any]]:
    cadence_ids = await intern_cadences(connection, {one.cadence for one in new if one.cadence is not None})
    profile_ids = await intern_profiles(connection, {one.profile for one in new if one.profile is not None})
    return [
        {
            "kind": one.kind,
            "occasion": one.occasion,
            "newsletter_id": one.newsletter_id,
            "subscription_id": one.subscription_id,
            "address": one.address,
            "address_key": address_key(one.address),
            "cadence_id": None if one.cadence is None else cadence_ids[one.cadence],
            "profile_id": None if one.profile is None else profile_ids[one.profile],
            "data": dict(one.data),
            "domain": one.domain,
            "due_at": one.due_at,
            "expires_at": one.expires_at,
            "status": one.status,
            "reason": one.reason,
        }
        for one in new
    ]


async def asked(
    connection: AsyncConnection, kind: NoticeKind, address: str, subscription_id: int
) -> tuple[Asked, ...]:
    """The questions of a kind that went to an address, or will; not those that were held back."""
    query = select(notices.c.due_at, notices.c.subscription_id, notices.c.answered_at).where(
        notices.c.address_key == address_key(address),
        notices.c.kind == kind,
        notices.c.status != DeliveryStatus.SKIPPED,
    )
    return tuple(
        Asked(row.due_at, row.subscription_id == subscription_id, row.answered_at is not None)
        for row in await connection.execute(query)
    )


async def asked_by(
    connection: AsyncConnection, kind: NoticeKind, subscriber_id: int, *, since: datetime
) -> tuple[dict[str, Any], ...]:
    """What the questions of a kind said that a reader had asked since then, held back or not."""
    theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    query = select(notices.c.data).where(
        notices.c.subscription_id.in_(theirs), notices.c.kind == kind, notices.c.due_at > since
    )
    return tuple((await connection.execute(query)).scalars())


async def are_due(connection: AsyncConnection, *, now: datetime, resend_uncertain: bool) -> bool:
    """Whether there is anything to send or to give up; asked every few seconds."""
    due = or_(*_claimable(now, resend_uncertain), _waits_in_vain(now))
    return (await connection.execute(select(notices.c.id).where(due).limit(1))).first() is not None


async def claim(
    connection: AsyncConnection,
    owner: str,
    *,
    now: datetime,
    wall: datetime,
    limit: int,
    resend_uncertain: bool,
) -> tuple[Notice, ...]:
    """Take up to `limit` notices that may be sent at `now`, oldest first, under a lease from `wall` on.

    One that was in the hands of several processes when they ended is taken alone.
    """
    due = or_(*_claimable(now, resend_uncertain))
    some = select(notices.c.id, notices.c.claims).where(due).order_by(notices.c.claims, notices.c.id)
    rows = (await connection.execute(some.limit(limit).with_for_update(skip_locked=True))).all()
    if rows and rows[0].claims >= CLAIMS_TOGETHER:
        rows = rows[:1]
    ids = [row.id for row in rows if len(rows) == 1 or row.claims < CLAIMS_TOGETHER]
    if not ids:
        return ()
    held = {**FREE, "owner": owner, "lease_until": wall + LEASE, "status": DeliveryStatus.SENDING}
    taken = update(notices).where(notices.c.id.in_(ids)).values(claims=notices.c.claims + 1, **held)
    await connection.execute(taken)
    found = await connection.execute(_whole().where(notices.c.id.in_(ids)).order_by(notices.c.id))
    return tuple(map(_notice_from, found))


async def begin(connection: AsyncConnection, owner: str, notice: Notice, wall: datetime) -> str | None:
    """Note that a notice may be on the wire from now on: an empty text.

    Standing is asked here, last: the reason when it is skipped instead. None when it is ours no longer.
    """
    standing, theirs = await _standing_behind(connection, notice)
    begins_again = notice.subscription_id in notice.ended_by
    reason = why_not(notice.kind, standing, is_their_address=theirs, begins_again=begins_again)
    now_begun = {"started_at": wall, "lease_until": wall + LEASE}
    skipped = {"status": DeliveryStatus.SKIPPED, "reason": reason, **FREE}
    query = update(notices).where(notices.c.id == notice.id, _held_by(owner), notices.c.address.isnot(None))
    done = await connection.execute(query.values(skipped if reason else now_begun))
    return reason if done.rowcount else None


async def record(
    connection: AsyncConnection, owner: str, notice: Notice, verdict: Verdict, now: datetime
) -> bool:
    """Write down what came of a notice; False when it is somebody else's by now."""
    tried = 0 if verdict.stop_run else 1
    doubted = tried if verdict.status is DeliveryStatus.UNCERTAIN else 0
    query = (
        update(notices)
        .where(notices.c.id == notice.id, _held_by(owner))
        .values(
            status=verdict.status,
            reason=verdict.reason,
            detail=verdict.detail,
            retry_at=verdict.retry_at,
            sent_at=now if verdict.status is DeliveryStatus.SENT else None,
            attempts=notices.c.attempts + tried,
            doubts=notices.c.doubts + doubted,
            claims=0,
            **FREE,
        )
    )
    if not (await connection.execute(query)).rowcount:
        return False
    if verdict.hard_bounce and notice.subscription_id is not None and notice.kind is not NoticeKind.MOVE:
        await readers.mark_bouncing(connection, notice.subscription_id, verdict.detail, now)
    return True


async def release(connection: AsyncConnection, owner: str) -> int:
    """Give back what was claimed and not begun: how many. No attempt is counted."""
    query = update(notices).where(_held_by(owner), notices.c.started_at.is_(None))
    done = await connection.execute(query.values(status=_UNBEGUN, claims=notices.c.claims - 1, **FREE))
    return done.rowcount


async def expire(connection: AsyncConnection, now: datetime) -> int:
    """Give up what was not sent in time and cannot have arrived: how many."""
    gone = {"status": DeliveryStatus.EXPIRED, "reason": Reason.GAVE_UP, "retry_at": None}
    return (await connection.execute(update(notices).where(_waits_in_vain(now)).values(gone))).rowcount


async def owners_at_work(connection: AsyncConnection) -> set[str]:
    """Who holds claims now, alive or not."""
    at_work = and_(IS_OPEN, notices.c.status == DeliveryStatus.SENDING)
    rows = await connection.execute(select(notices.c.owner).where(at_work).distinct())
    return {row.owner for row in rows if row.owner}


async def sweep(connection: AsyncConnection, *, dead: Collection[str], wall: datetime) -> Swept:
    """Take back what a dead or silent sender holds, as with deliveries."""
    silent = or_(notices.c.lease_until < wall, notices.c.owner.in_(dead))
    abandoned = and_(IS_OPEN, notices.c.status == DeliveryStatus.SENDING, silent)
    unsent = and_(abandoned, notices.c.started_at.is_(None))
    deadly = and_(unsent, notices.c.doubts == 0, notices.c.claims >= MOST_CLAIMS)
    refused = {"status": DeliveryStatus.REFUSED, "reason": OurReason.ENDS_SENDERS, **FREE}
    doubtful = {
        "status": DeliveryStatus.UNCERTAIN,
        "reason": OurReason.INTERRUPTED,
        "attempts": notices.c.attempts + 1,
        "doubts": notices.c.doubts + 1,
        **FREE,
    }
    counts = [
        (await connection.execute(update(notices).where(which).values(values))).rowcount
        for which, values in (
            (deadly, refused),
            (unsent, {"status": _UNBEGUN, **FREE}),
            (abandoned, doubtful),
        )
    ]
    return Swept(freed=counts[1], uncertain=counts[2], refused=counts[0])


async def answer(connection: AsyncConnection, notice_id: int, now: datetime) -> bool:
    """Note that a question was answered with yes; True the first time."""
    query = update(notices).where(notices.c.id == notice_id, notices.c.answered_at.is_(None))
    return (await connection.execute(query.values(answered_at=now))).rowcount > 0


async def close_question(
    connection: AsyncConnection, kind: NoticeKind, occasion: str, subscription_id: int, now: datetime
) -> None:
    """Note that the question of this occasion needs no answer any more."""
    mine = and_(notices.c.subscription_id == subscription_id, notices.c.kind == kind)
    query = update(notices).where(mine, notices.c.occasion == occasion, notices.c.answered_at.is_(None))
    await connection.execute(query.values(answered_at=now))


async def by_id(connection: AsyncConnection, notice_id: int) -> Notice | None:
    """One notice, or None."""
    row = (await connection.execute(_whole().where(notices.c.id == notice_id))).first()
    return None if row is None else _notice_from(row)


async def page(
    connection: AsyncConnection,
    *,
    after: int = 0,
    limit: int = 100,
    status: DeliveryStatus | None = None,
    kind: NoticeKind | None = None,
) -> tuple[Notice, ...]:
    """Notices by id, from `after` on."""
    query = _whole().where(notices.c.id > after)
    if status is not None:
        query = query.where(notices.c.status == status)
    if kind is not None:
        query = query.where(notices.c.kind == kind)
    return tuple(map(_notice_from, await connection.execute(query.order_by(notices.c.id).limit(limit))))


async def retry(connection: AsyncConnection, notice: Notice, now: datetime) -> None:
    """Try a notice again with the next run; what was given up gets as long as a new one."""
    again = {"status": _UNBEGUN, "reason": "", "detail": "", "retry_at": None, "claims": 0}
    until = now + WORTH_SENDING[notice.kind]
    await connection.execute(
        update(notices).where(notices.c.id == notice.id).values(expires_at=until, **again)
    )


async def resolve(connection: AsyncConnection, notice: Notice, *, was_sent: bool, now: datetime) -> bool:
    """Settle a notice in doubt by a person's word; False when it is not in doubt any more.

    One that is to be sent again gets as long for it as a new one.
    """
    settled: dict[str, Any] = {"reason": "", "detail": "", "retry_at": None, "doubts": 0, "claims": 0}
    if was_sent:
        settled |= {"status": DeliveryStatus.SENT, "sent_at": now}
    else:
        settled |= {"status": DeliveryStatus.PLANNED, "expires_at": now + WORTH_SENDING[notice.kind]}
    in_doubt = and_(notices.c.id == notice.id, notices.c.status == DeliveryStatus.UNCERTAIN)
    return (await connection.execute(update(notices).where(in_doubt).values(settled))).rowcount > 0


def _claimable(now: datetime, resend_uncertain: bool) -> list[ColumnElement[bool]]:
    """Planned and due, deferred and due again, uncertain and rested."""
    mine = notices.c
    kinds = [and_(mine.status == DeliveryStatus.PLANNED, mine.due_at <= now, mine.expires_at > now)]
    kinds.append(and_(mine.status == DeliveryStatus.DEFERRED, mine.retry_at <= now, mine.expires_at > now))
    if resend_uncertain:
        rested = or_(mine.retry_at.is_(None), mine.retry_at <= now)
        few = and_(mine.doubts < MOST_RESENDS, mine.claims < MOST_CLAIMS)
        kinds.append(and_(mine.status == DeliveryStatus.UNCERTAIN, rested, few))
    return [and_(IS_OPEN, kind) for kind in kinds]


def _waits_in_vain(now: datetime) -> ColumnElement[bool]:
    waiting = or_(notices.c.status == DeliveryStatus.PLANNED, notices.c.status == DeliveryStatus.DEFERRED)
    return and_(IS_OPEN, waiting, notices.c.doubts == 0, notices.c.expires_at <= now)


def _held_by(owner: str) -> ColumnElement[bool]:
    return and_(notices.c.owner == owner, notices.c.status == DeliveryStatus.SENDING)


async def _standing_behind(connection: AsyncConnection, notice: Notice) -> tuple[Standing | None, bool]:
    """The standing of the subscription, None when its reader was erased; and whether this is the address."""
    query = (
        select(subscriptions.c.standing, subscribers.c.address_key)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(subscriptions.c.id == notice.subscription_id, subscribers.c.address_key.isnot(None))
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None, False
    return Standing(row.standing), row.address_key == address_key(notice.address)


def _whole() -> Select[Any]:
    wished: Sequence[Any] = (
        *(cadences.c.days, cadences.c.at, cadences.c.zone, cadences.c.at_once),
        *(profiles.c.topics, profiles.c.sections, profiles.c.format),
        *(profiles.c.max_items, profiles.c.language),
    )
    return (
        select(notices, *wished)
        .outerjoin(cadences, cadences.c.id == notices.c.cadence_id)
        .outerjoin(profiles, profiles.c.id == notices.c.profile_id)
    )


def _notice_from(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        kind=NoticeKind(row.kind),
        newsletter_id=row.newsletter_id,
        subscription_id=row.subscription_id,
        address=row.address or "",
        occasion=row.occasion,
        due_at=row.due_at,
        expires_at=row.expires_at,
        domain=row.domain,
        data=row.data,
        cadence=None if row.cadence_id is None else cadence_from(row),
        profile=None if row.profile_id is None else profile_from(row),
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        doubts=row.doubts,
        reason=row.reason,
        detail=row.detail,
        retry_at=row.retry_at,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
    )
