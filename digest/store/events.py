"""The shelf of events: noted in the transaction of what happened, and handed to each webhook from there.

Two things are noted where they happen. An issue that is settled becomes an event in `note_issue`, which only
`issues.close_when_settled` calls. A change of standing is its own note: `standing_changes` has a mark that it
waits to be told, which `gather` finds. Nothing depends on an order of numbers, which on PostgreSQL is not the
order of commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import IssueStatus
from digest.core.webhooks import EventKind, Verdict, event_of_move, went_out
from digest.store import webhooks
from digest.store.outcomes import Outcomes
from digest.store.tables import issues, newsletters
from digest.store.webhook_tables import events, handovers
from digest.store.webhook_tables import webhooks as hooks
from subscribers.interning import insert_into
from subscribers.model import Standing
from subscribers.tables import standing_changes, subscribers, subscriptions

#: Notes that are taken up in one transaction.
TOGETHER: Final = 500


class Handover(Struct, frozen=True):
    """One event for one webhook, and how far it has come."""

    id: int
    webhook_id: int
    word: str
    kind: EventKind
    at: datetime
    data: Mapping[str, Any]
    #: of the reader whom it is about, where the webhook is told addresses, and the reader was not erased
    address: str | None
    attempts: int
    due_at: datetime | None
    tried_at: datetime | None
    taken_at: datetime | None
    status: int | None
    words: str


async def note_issue(connection: AsyncConnection, issue_id: int, outcomes: Outcomes) -> None:
    """Note that an issue is settled, if something of it went out and somebody wants to know."""
    counts = {status: sum(by_reason.values()) for status, by_reason in outcomes.items()}
    if not went_out(counts) or not await webhooks.is_anyone_told(connection):
        return
    query = (
        select(issues, newsletters.c.slug.label("newsletter"))
        .join(newsletters, newsletters.c.id == issues.c.newsletter_id)
        .where(issues.c.id == issue_id)
    )
    row = (await connection.execute(query)).one()
    data = {
        "issue": issue_id,
        "newsletter": row.newsletter,
        "kind": "scheduled" if row.cadence_id is not None else "by-hand",
        "status": IssueStatus(row.status),
        "subject": row.subject,
        "due_at": _written(row.due_at),
        # readers who come to be owed the slot later make another round of the same issue
        "round": row.rounds,
        "outcomes": {status: copies for status, copies in sorted(counts.items()) if copies},
    }
    await connection.execute(insert(events).values(_event(EventKind.ISSUE_SENT, data, datetime.now(UTC))))


async def note_alarm(
    connection: AsyncConnection, kind: EventKind, data: Mapping[str, Any], now: datetime
) -> None:
    """Note that something is late, or is so no more, if somebody wants to know."""
    if await webhooks.is_anyone_told(connection):
        await connection.execute(insert(events).values(_event(kind, data, now)))


async def note_removed(
    connection: AsyncConnection, before: Collection[tuple[int, int, Standing]], now: datetime
) -> None:
    """Note that subscriptions - number, newsletter, standing - are removed with their history.

    An import that is taken back leaves nothing behind that could be told later.
    """
    if not before or not await webhooks.is_anyone_told(connection):
        return
    slugs = await _slugs(connection)
    told = [(one, event_of_move(one[2], Standing.LEFT)) for one in before]
    rows = [
        _event(kind, _of_reader(id_, slugs[newsletter], standing, Standing.LEFT), now, id_)
        for (id_, newsletter, standing), kind in told
        if kind is not None
    ]
    if rows:
        await connection.execute(insert(events), rows)


async def note_test(
    connection: AsyncConnection, webhook_id: int, data: Mapping[str, Any], now: datetime
) -> int:
    """Note a test for one webhook, due at once; the number of its handover."""
    row = _event(EventKind.TEST, data, now) | {"is_new": False}
    event_id = (await connection.execute(insert(events).values(row).returning(events.c.id))).scalar_one()
    new = {"webhook_id": webhook_id, "event_id": event_id, "attempts": 0, "due_at": now, "words": ""}
    made: int = (
        await connection.execute(insert(handovers).values(new).returning(handovers.c.id))
    ).scalar_one()
    return made


async def is_something_new(connection: AsyncConnection) -> bool:
    """True when something happened that is not noted for each webhook yet."""
    changed = select(standing_changes.c.id).where(standing_changes.c.untold).limit(1)
    happened = select(events.c.id).where(events.c.is_new).limit(1)
    for query in (changed, happened):
        if (await connection.execute(query)).first() is not None:
            return True
    return False


async def gather(connection: AsyncConnection, now: datetime) -> int:
    """Make events of what changed, and note each new event for every webhook that is told of its kind.

    At most `TOGETHER` of both at a time; how many there were.
    """
    changed = await _gather_changes(connection)
    fresh = select(events.c.id, events.c.kind).where(events.c.is_new).order_by(events.c.id).limit(TOGETHER)
    rows = (await connection.execute(fresh.with_for_update(skip_locked=True))).all()
    told = [one for one in await webhooks.every(connection) if one.is_on]
    new = [
        {"webhook_id": one.id, "event_id": row.id, "attempts": 0, "due_at": now, "words": ""}
        for row in rows
        for one in told
        if row.kind in one.kinds
    ]
    if new:
        await connection.execute(insert_into(connection, handovers).on_conflict_do_nothing(), new)
    if rows:
        noted = update(events).where(events.c.id.in_([row.id for row in rows])).values(is_new=False)
        await connection.execute(noted)
    return changed + len(rows)


async def _gather_changes(connection: AsyncConnection) -> int:
    mine = standing_changes.c
    query = select(mine.id, mine.subscription_id, mine.at, mine.before, mine.after).where(mine.untold)
    query = query.order_by(mine.id).limit(TOGETHER).with_for_update(skip_locked=True)
    rows = (await connection.execute(query)).all()
    if not rows:
        return 0
    slugs = await _slugs(connection)
    whose = select(subscriptions.c.id, subscriptions.c.newsletter_id).where(
        subscriptions.c.id.in_({row.subscription_id for row in rows})
    )
    newsletter_of = {row.id: row.newsletter_id for row in await connection.execute(whose)}
    new = []
    for row in rows:
        before, after = None if row.before is None else Standing(row.before), Standing(row.after)
        kind = event_of_move(before, after)
        if kind is not None:
            slug = slugs[newsletter_of[row.subscription_id]]
            data = _of_reader(row.subscription_id, slug, before, after)
            new.append(_event(kind, data, row.at, row.subscription_id))
    if new:
        await connection.execute(insert(events), new)
    told = update(standing_changes).where(mine.id.in_([row.id for row in rows])).values(untold=False)
    await connection.execute(told)
    return len(rows)


async def waiting(connection: AsyncConnection, now: datetime) -> tuple[int, ...]:
    """The webhooks, by number, that are on, do not rest, and have something due that nobody is at."""
    due = select(handovers.c.id).where(handovers.c.webhook_id == hooks.c.id, *_is_due(now)).exists()
    awake = or_(hooks.c.rest_until.is_(None), hooks.c.rest_until <= now)
    query = select(hooks.c.id).where(hooks.c.off_at.is_(None), awake, due).order_by(hooks.c.id)
    return tuple((await connection.execute(query)).scalars())


async def claim(
    connection: AsyncConnection, webhook_id: int, *, limit: int, now: datetime, until: datetime
) -> tuple[Handover, ...]:
    """Take some that are due, the longest due first; nobody else takes them until then."""
    mine = handovers.c
    query = select(mine.id).where(mine.webhook_id == webhook_id, *_is_due(now))
    query = query.order_by(mine.due_at, mine.id).limit(limit).with_for_update(skip_locked=True)
    ids = list((await connection.execute(query)).scalars())
    if ids:
        await connection.execute(update(handovers).where(mine.id.in_(ids)).values(leased_until=until))
    return await _some(connection, ids)


async def claim_one(connection: AsyncConnection, handover_id: int, until: datetime) -> Handover | None:
    """Take one, due or not; None when it is gone."""
    taken = update(handovers).where(handovers.c.id == handover_id).values(leased_until=until)
    await connection.execute(taken)
    return next(iter(await _some(connection, [handover_id])), None)


async def by_id(connection: AsyncConnection, handover_id: int) -> Handover | None:
    """One, or None."""
    return next(iter(await _some(connection, [handover_id])), None)


async def record(
    connection: AsyncConnection,
    one: Handover,
    verdict: Verdict,
    *,
    status: int | None,
    words: str,
    now: datetime,
) -> None:
    """Write down what came of a try."""
    values = {
        "attempts": one.attempts + 1,
        "due_at": verdict.again_at,
        "leased_until": None,
        "tried_at": now,
        "taken_at": now if verdict.taken else None,
        "status": status,
        "words": words[:200],
    }
    await connection.execute(update(handovers).where(handovers.c.id == one.id).values(values))


async def of_webhook(
    connection: AsyncConnection, webhook_id: int, *, before: int | None = None, limit: int
) -> tuple[Handover, ...]:
    """What was told or waits to be, newest first, from below `before` on."""
    query = select(handovers.c.id).where(handovers.c.webhook_id == webhook_id)
    if before is not None:
        query = query.where(handovers.c.id < before)
    ids = list((await connection.execute(query.order_by(handovers.c.id.desc()).limit(limit))).scalars())
    return tuple(reversed(await _some(connection, ids)))


async def count_waiting(connection: AsyncConnection, webhook_id: int) -> int:
    """How many wait for a webhook."""
    mine = handovers.c
    query = select(func.count()).where(mine.webhook_id == webhook_id, mine.due_at.isnot(None))
    found: int = (await connection.execute(query)).scalar_one()
    return found


async def told_about(connection: AsyncConnection, subscription_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Rows of what was told to whom about readers, oldest first: as long as events are kept."""
    query: Select[Any] = (
        select(
            *(events.c.subscription_id, events.c.kind, events.c.at, handovers.c.taken_at),
            *(hooks.c.label, hooks.c.url, hooks.c.with_addresses),
        )
        .join(handovers, handovers.c.event_id == events.c.id)
        .join(hooks, hooks.c.id == handovers.c.webhook_id)
        .where(events.c.subscription_id.in_(subscription_ids), handovers.c.taken_at.isnot(None))
    )
    rows = await connection.execute(query.order_by(handovers.c.taken_at, handovers.c.id))
    found: Sequence[Row[Any]] = rows.all()
    return found


async def forget(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Forget some events of before an instant, with all that was noted of telling them; how many."""
    old = select(events.c.id).where(events.c.at < before).limit(limit)
    return (await connection.execute(delete(events).where(events.c.id.in_(old)))).rowcount


async def _some(connection: AsyncConnection, ids: Collection[int]) -> tuple[Handover, ...]:
    """Handovers by number, oldest first."""
    if not ids:
        return ()
    mine = handovers.c
    query: Select[Any] = (
        select(
            *(mine.id, mine.webhook_id, mine.attempts, mine.due_at, mine.tried_at, mine.taken_at),
            *(mine.status, mine.words, events.c.word, events.c.kind, events.c.at, events.c.data),
            *(hooks.c.with_addresses, subscribers.c.address),
        )
        .join(events, events.c.id == mine.event_id)
        .join(hooks, hooks.c.id == mine.webhook_id)
        .outerjoin(subscriptions, subscriptions.c.id == events.c.subscription_id)
        .outerjoin(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(mine.id.in_(ids))
        .order_by(mine.id)
    )
    return tuple(map(_handover_from, await connection.execute(query)))


def _is_due(now: datetime) -> tuple[Any, ...]:
    mine = handovers.c
    return (
        mine.due_at.isnot(None),
        mine.due_at <= now,
        or_(mine.leased_until.is_(None), mine.leased_until <= now),
    )


async def _slugs(connection: AsyncConnection) -> dict[int, str]:
    rows = await connection.execute(select(newsletters.c.id, newsletters.c.slug))
    return {row.id: row.slug for row in rows}


def _of_reader(id_: int, newsletter: str, before: Standing | None, after: Standing) -> dict[str, Any]:
    return {"subscription": id_, "newsletter": newsletter, "before": before, "standing": after}


def _event(
    kind: EventKind, data: Mapping[str, Any], at: datetime, subscription_id: int | None = None
) -> dict[str, Any]:
    word = f"evt_{secrets.token_urlsafe(18)}"
    return {
        "word": word,
        "kind": kind,
        "at": at,
        "subscription_id": subscription_id,
        "data": dict(data),
        "is_new": True,
    }


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _handover_from(row: Row[Any]) -> Handover:
    return Handover(
        id=row.id,
        webhook_id=row.webhook_id,
        word=row.word,
        kind=EventKind(row.kind),
        at=row.at,
        data=row.data,
        address=row.address if row.with_addresses else None,
        attempts=row.attempts,
        due_at=row.due_at,
        tried_at=row.tried_at,
        taken_at=row.taken_at,
        status=row.status,
        words=row.words,
    )
