"""The shelf of deliveries on their way: claimed with a lease, begun, recorded, swept up after a crash.

The states are such that after a crash each row is provably unsent, sent, or uncertain: `started_at` is
committed before the first byte of a message may leave, the verdict before the same connection goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Claimed, DeliveryStatus, Skip, Verdict
from digest.core.reasons import OurReason
from digest.core.verdict import Reason
from digest.store import recording
from digest.store.claimable import MOST_CLAIMS, open_of
from digest.store.issues import IS_OPEN, numbers_in
from digest.store.kept_apart import held_off_at_once
from digest.store.recording import FREE, LEASE, PULLED_FROM, TRIED
from digest.store.tables import cohorts, deliveries, issues
from digest.store.taking import Taken, is_among, takings
from subscribers import store as readers
from subscribers.groups import groups_with_bookmarks
from subscribers.interning import bookmark_from, chunks, intern_bookmarks
from subscribers.model import Bookmark, Standing
from subscribers.tables import bookmarks, groups, subscriptions


class Claim(Struct, frozen=True):
    """What a claim took, and the copies that were skipped on the way because of their readers' standing."""

    copies: tuple[Claimed, ...]
    skipped: Counter[str]


class Swept(NamedTuple):
    """How many copies were taken back: planned again, in doubt, and given up."""

    freed: int
    uncertain: int
    refused: int = 0


class Recorded(NamedTuple):
    """A verdict on a delivery, and the briefings that it owes the reader again, if any."""

    delivery_id: int
    verdict: Verdict


async def claim(
    connection: AsyncConnection,
    issue_id: int,
    owner: str,
    *,
    now: datetime,
    wall: datetime,
    limit: int,
    resend_uncertain: bool,
    alone: bool = False,
) -> Claim:
    """Take up to `limit` copies that may be sent at `now`, marked sending under a lease from `wall` on.

    With `alone` those are taken that were claimed `CLAIMS_TOGETHER` times without coming to a result, else
    all others. Standing is asked here, last: readers who may not be written to any more are skipped with that
    reason, and the next ones are taken in their place.
    """
    claimed: list[Claimed] = []
    skipped: Counter[str] = Counter()
    asked = {"its_issue": issue_id, "its_owner": owner, "now": now, "until": wall + LEASE}
    # kind after kind: each is one walk along the index in its order, however many copies wait or are sent
    for taking in takings(connection.dialect, resend_uncertain, alone):
        while len(claimed) < limit:
            taken = await connection.run_sync(taking.take, {**asked, "most": limit - len(claimed)})
            if not taken:
                break
            going, staying = _parted(taken)
            back, staying = _parted(await _looked_at_again(connection, staying))
            claimed += sorted([*going, *back]) if back else going
            skipped += await _skip(connection, owner, staying, now)
    return Claim(tuple(claimed), skipped)


async def begin(
    connection: AsyncConnection, owner: str, delivery_ids: Collection[int], wall: datetime
) -> set[int]:
    """Note that these messages may be on the wire from now on; the ids that are still this owner's."""
    return await connection.run_sync(recording.begin, owner, delivery_ids, wall)


async def record(connection: AsyncConnection, owner: str, results: Sequence[Recorded], now: datetime) -> int:
    """Write verdicts down. A row that meanwhile belongs to someone else is left alone: how many are so."""
    sent = [r.delivery_id for r in results if r.verdict.status is DeliveryStatus.SENT]
    stale = await connection.run_sync(recording.record_sent, owner, sent, now)
    for result in results:
        if result.verdict.status is not DeliveryStatus.SENT:
            stale += not await _record_one(connection, owner, result, now)
    return stale


async def release(connection: AsyncConnection, owner: str, issue_id: int) -> int:
    """Give back the copies of an issue that were claimed and not begun: how many. No attempt is counted.

    Those that were changed meanwhile go back as well: their sender knows nothing of the old ones any more.
    """
    held = and_(deliveries.c.status == DeliveryStatus.SENDING, deliveries.c.owner.in_(_names_of([owner])))
    query = (
        update(deliveries)
        .where(open_of(issue_id), deliveries.c.started_at.is_(None), held)
        .values(status=_UNBEGUN, **_UNCLAIMED, **FREE)
    )
    return (await connection.execute(query)).rowcount


async def put_off(
    connection: AsyncConnection,
    owner: str,
    until: Mapping[int, datetime],
    reason: str = OurReason.WAITS_ITS_TURN,
) -> None:
    """Give copies back that were claimed and not begun, until it is their turn; no attempt is counted."""
    by_instant: dict[datetime, list[int]] = {}
    for delivery_id, instant in until.items():
        by_instant.setdefault(_soon_after(instant), []).append(delivery_id)
    for instant, ids in by_instant.items():
        for some in chunks(ids):
            mine = and_(deliveries.c.id.in_(some), deliveries.c.started_at.is_(None), _held_by(owner))
            waits = {"status": _UNBEGUN_AND_WAITS, "reason": reason, "retry_at": instant}
            await connection.execute(update(deliveries).where(mine).values(**waits, **_UNCLAIMED, **FREE))


async def wake(connection: AsyncConnection, now: datetime) -> int:
    """Let copies go now that wait for families of mailboxes: how many.

    Those of families that still rest are put off again when it is their turn.
    """
    waits = and_(IS_OPEN, deliveries.c.reason == OurReason.FAMILY_PAUSED, deliveries.c.retry_at > now)
    return (await connection.execute(update(deliveries).where(waits).values(retry_at=now))).rowcount


async def owners_at_work(connection: AsyncConnection) -> set[str]:
    """Who holds claims now, or held what was pulled from it since; alive or not."""
    at_work = and_(IS_OPEN, deliveries.c.status == DeliveryStatus.SENDING)
    query = select(deliveries.c.owner).where(at_work).distinct()
    return {row.owner.removeprefix(PULLED_FROM) for row in await connection.execute(query) if row.owner}


async def sweep(connection: AsyncConnection, *, dead: Collection[str], wall: datetime) -> Swept:
    """Take back what a dead or silent sender holds.

    A copy that has been in the hands of so many that ended, and never came to a result, is given up; one
    that may have arrived stays in doubt then, and waits for a person.
    """
    abandoned = and_(
        IS_OPEN,
        deliveries.c.status == DeliveryStatus.SENDING,
        or_(deliveries.c.lease_until < wall, deliveries.c.owner.in_(_names_of(dead))),
    )
    deadly = (
        update(deliveries)
        .where(abandoned, deliveries.c.started_at.is_(None), _CERTAIN, deliveries.c.claims >= MOST_CLAIMS)
        .values(status=DeliveryStatus.REFUSED, reason=OurReason.ENDS_SENDERS, detail=_ENDED_SENDERS, **FREE)
    )
    refused = (await connection.execute(deadly)).rowcount
    unsent = (
        update(deliveries).where(abandoned, deliveries.c.started_at.is_(None)).values(status=_UNBEGUN, **FREE)
    )
    freed = (await connection.execute(unsent)).rowcount
    doubtful = (
        update(deliveries)
        .where(abandoned, deliveries.c.started_at.isnot(None))
        .values(status=DeliveryStatus.UNCERTAIN, reason=OurReason.INTERRUPTED, **TRIED, **_DOUBTED, **FREE)
    )
    return Swept(freed, (await connection.execute(doubtful)).rowcount, refused)


async def expire(connection: AsyncConnection, issue_id: int, planned_by: datetime) -> list[int]:
    """Give up the copies of an issue planned by then that still wait; their briefings go back to the readers.

    An issue that has opened another round since is as young as that round. The caller holds the readers; so
    copies that a claim under way has taken are left for another time, for it may wait for these readers.
    """
    waiting = [DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED]
    too_old = exists().where(issues.c.id == issue_id, issues.c.planned_at <= planned_by)
    late = select(deliveries.c.id).where(
        open_of(issue_id), deliveries.c.status.in_(waiting), _CERTAIN, too_old
    )
    some = late.with_for_update(skip_locked=True).cte("some")
    query = (
        update(deliveries)
        .where(is_among(connection.dialect, select(some.c.id)))
        .values(status=DeliveryStatus.EXPIRED, reason=Reason.GAVE_UP, retry_at=None)
        .returning(deliveries.c.id)
    )
    ids = [row.id for row in await connection.execute(query)]
    await give_back(connection, ids)
    return ids


async def give_back(connection: AsyncConnection, delivery_ids: Sequence[int]) -> None:
    """Put the briefings of copies that were not delivered back into their readers' bookmarks.

    Those of a copy that may have arrived are not owed again: they would come under another Message-ID.
    Readers who shared a copy and a bookmark still share one afterwards: one update for each such group.
    """
    back: dict[int, tuple[int, Bookmark]] = {}
    for some in chunks(delivery_ids):
        whose = select(deliveries.c.subscription_id).where(deliveries.c.id.in_(some))
        await readers.keep_others_off(connection, subscriptions.c.id.in_(whose))
        for row in await connection.execute(_bookmarks_behind(some)):
            _group, before = back.get(row.subscription_id, (0, bookmark_from(row)))
            back[row.subscription_id] = row.group_id, before.given_back(numbers_in(row.groups))
    ids = await intern_bookmarks(connection, {bookmark for _, bookmark in back.values()})
    owed: dict[tuple[int, int], list[int]] = {}
    for subscription_id, (group_id, bookmark) in back.items():
        owed.setdefault((group_id, ids[bookmark]), []).append(subscription_id)
    group_ids = await groups_with_bookmarks(connection, owed.keys())
    for where, whom in owed.items():
        for some in chunks(whom):
            move = update(subscriptions).where(subscriptions.c.id.in_(some))
            await connection.execute(move.values(group_id=group_ids[where]))


async def forget_words(connection: AsyncConnection, subscription_ids: Collection[int]) -> None:
    """Wipe what servers said of copies to these readers: they like to repeat the address."""
    mine = deliveries.c.subscription_id.in_(subscription_ids)
    await connection.execute(update(deliveries).where(mine, deliveries.c.detail != "").values(detail=""))


#: A claim that led to nothing, and not because the process ended.
_UNCLAIMED: Final[Mapping[str, Any]] = {"claims": deliveries.c.claims - 1}
_ENDED_SENDERS: Final = f"claimed {MOST_CLAIMS} times, and each time the process ended before it was begun"
#: It cannot have arrived but by the try under way.
_CERTAIN: Final = deliveries.c.doubts == 0
#: One more try after which it may have arrived.
_DOUBTED: Final[Mapping[str, Any]] = {"doubts": deliveries.c.doubts + 1}
#: What a copy is again when its claim led to nothing: a doubt is not forgotten by a claim.
_UNBEGUN: Final = case(
    (deliveries.c.doubts > 0, DeliveryStatus.UNCERTAIN.value), else_=DeliveryStatus.PLANNED.value
)

_UNBEGUN_AND_WAITS: Final = case(
    (deliveries.c.doubts > 0, DeliveryStatus.UNCERTAIN.value), else_=DeliveryStatus.DEFERRED.value
)


def _soon_after(instant: datetime) -> datetime:
    """The next full ten seconds: a few instants for many copies, and none that has come already."""
    return instant.replace(microsecond=0) + timedelta(seconds=10 - instant.second % 10)


def _names_of(owners: Collection[str]) -> list[str]:
    """What stands in the rows of these senders: their names, and those for what was pulled from them."""
    return [*owners, *(PULLED_FROM + owner for owner in owners)]


def _held_by(owner: str) -> ColumnElement[bool]:
    return and_(deliveries.c.owner == owner, deliveries.c.status == DeliveryStatus.SENDING)


def _parted(taken: Iterable[Taken]) -> tuple[list[Claimed], list[Taken]]:
    """What may be sent, and what must not be."""
    going: list[Claimed] = []
    staying: list[Taken] = []
    for one in taken:
        if one.standing == Standing.ACTIVE and one.copy.address:
            going.append(one.copy)
        else:
            staying.append(one)
    return going, staying


async def _looked_at_again(connection: AsyncConnection, staying: Sequence[Taken]) -> list[Taken]:
    """The same with the standings that their readers have by now.

    Who takes a leaving back waits for whoever holds a copy of theirs (`owe_again`); but a statement of
    PostgreSQL that began before sees the standing of then, and would skip the copy after all was said.
    """
    if not staying or connection.dialect.name == "sqlite":
        return list(staying)
    standings: dict[int, str] = {}
    for some in chunks([one.copy.subscription_id for one in staying]):
        query = select(subscriptions.c.id, subscriptions.c.standing).where(subscriptions.c.id.in_(some))
        standings.update((row.id, row.standing) for row in await connection.execute(query))
    return [one._replace(standing=standings[one.copy.subscription_id]) for one in staying]


async def _skip(
    connection: AsyncConnection, owner: str, taken: Iterable[Taken], now: datetime
) -> Counter[str]:
    """Skip copies of readers who may not be written to; who paused is owed the briefings afterwards.

    That changes bookmarks. Whoever corrects or takes back holds all of them, and may be about to wait for
    these copies: they wait a moment in the store then.
    """
    by_reason: dict[Skip, list[int]] = {}
    for copy, standing in taken:
        reason = Skip(standing) if copy.address else Skip.LEFT
        by_reason.setdefault(reason, []).append(copy.delivery_id)
    if Skip.PAUSED in by_reason and not await held_off_at_once(connection):
        await put_off(connection, owner, dict.fromkeys(by_reason.pop(Skip.PAUSED), now))
    for reason, ids in by_reason.items():
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids))
            .values(status=DeliveryStatus.SKIPPED, reason=reason, **FREE)
        )
    await give_back(connection, by_reason.get(Skip.PAUSED, []))
    return Counter({reason.value: len(ids) for reason, ids in by_reason.items()})


async def _record_one(connection: AsyncConnection, owner: str, result: Recorded, now: datetime) -> bool:
    """Write one verdict down; False when the row is not this owner's any more."""
    verdict = result.verdict
    tried: Mapping[str, Any] = {} if verdict.stop_run else TRIED
    doubted = _DOUBTED if tried and verdict.status is DeliveryStatus.UNCERTAIN else {}
    query = (
        update(deliveries)
        .where(deliveries.c.id == result.delivery_id, _held_by(owner))
        .values(
            status=verdict.status,
            reason=verdict.reason,
            detail=verdict.detail,
            retry_at=verdict.retry_at,
            claims=0,
            **tried,
            **doubted,
            **FREE,
        )
    )
    row = (await connection.execute(query.returning(deliveries.c.subscription_id))).first()
    if row is None:
        return False
    if verdict.status is DeliveryStatus.EXPIRED:
        await give_back(connection, [result.delivery_id])
    if verdict.hard_bounce:
        await readers.mark_bouncing(connection, row.subscription_id, verdict.detail, now)
    return True


def _bookmarks_behind(delivery_ids: Sequence[int]) -> Any:
    """Deliveries with their cohort's groups and their reader's bookmark of today."""
    return (
        select(
            deliveries.c.subscription_id,
            cohorts.c.groups,
            subscriptions.c.group_id,
            *(bookmarks.c.cut, bookmarks.c.deferred, bookmarks.c.ahead),
        )
        .join(cohorts, cohorts.c.id == deliveries.c.cohort_id)
        .join(issues, and_(issues.c.id == deliveries.c.issue_id, ~issues.c.ignores_bookmarks))
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .join(groups, groups.c.id == subscriptions.c.group_id)
        .join(bookmarks, bookmarks.c.id == groups.c.bookmark_id)
        .where(deliveries.c.id.in_(delivery_ids), _CERTAIN)
    )
