"""One-off issues are ordered: written down at once, planned when their time has come, by whoever plans.

An order comes with the token of its form, so a form that is sent twice is one order. Readers stand in it by
number, by topic or by filter, never by address; who is meant is decided when it is planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.access import PROGRAM, Actor
from digest.errors import DigestError, InputError, NotFoundError, StoreError
from digest.flows.by_hand import OneOff, Part, plan_in, rehearse
from digest.flows.publish import Planned
from digest.store import counters, newsletters, one_offs, orders
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.one_off_tables import OrderStatus
from digest.store.orders import Order

log = structlog.get_logger(__name__)

#: In an order's wish: the time on each reader's own clocks.
LOCAL_AT: Final = "local_at"
#: And the newest number when its first part was planned.
_UPTO: Final = "upto"
#: An order for a time further away is a slip of the pen.
FURTHEST: Final = timedelta(days=366)


@done_again
async def place(
    wish: OneOff,
    copies: int,
    *,
    token: str,
    due_at: datetime,
    by: Actor,
    store: Database,
    now: datetime,
    local_at: datetime | None = None,
) -> Order:
    """Order a one-off of which somebody has agreed to so many copies; the same token twice is one order.

    With `local_at`, a time that names no zone, each reader gets it when the clocks of the own zone read that,
    or at once where they have; `due_at` is not looked at then. Raises InputError when it would be another
    number by now, or when nothing would be sent.
    """
    async with store.read() as connection:
        known = await orders.by_token(connection, token)
    if known is not None:
        return known
    plan = await rehearse(wish, store=store)
    last = due_at
    if local_at is not None:
        async with store.read() as connection:
            instants = (await instants_by_zone(connection, plan.newsletter.id, local_at)).values()
        due_at, last = min(instants, default=now), max(instants, default=now)
    if not now - timedelta(minutes=5) <= last <= now + FURTHEST:
        raise InputError("the time to send at is past, or more than a year away")
    if not plan.counts.copies:
        raise InputError("nothing would be sent: no reader addressed has anything new to get")
    if plan.counts.copies != copies:
        raise InputError(f"{copies} mails were agreed to, and it would be {plan.counts.copies}")
    if wish.to:
        wish = replace(wish, to=(), reader_ids=tuple(sorted(plan.readers or ())))
    kept = _kept(wish) | ({} if local_at is None else {LOCAL_AT: local_at.isoformat(timespec="minutes")})
    new = Order(0, token, plan.newsletter.id, kept, copies, by.name[:140], now, due_at)
    async with store.write() as connection:
        is_new = await orders.add(connection, new)
        found = await orders.by_token(connection, token)
        assert found is not None
        if is_new:
            said = {"newsletter": wish.newsletter, "copies": copies, "due_at": due_at.isoformat()}
            said |= {} if local_at is None else {LOCAL_AT: local_at.isoformat(timespec="minutes")}
            await note_change(connection, by, "order.place", found.id, now, after=said)
    return found


@done_again
async def take_back(order_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Cancel an order that is not planned yet."""
    async with store.write() as connection:
        found = await orders.by_id(connection, order_id, alone=True)
        if found is None:
            raise NotFoundError(f"order {order_id} does not exist")
        if not await orders.settle(connection, order_id, OrderStatus.CANCELLED):
            raise InputError(f"order {order_id} is {found.status}: only one that waits can be taken back")
        await note_change(connection, by, "order.cancel", order_id, now)


async def plan_due(*, store: Database, now: datetime) -> list[Planned]:
    """Plan every order whose time has come; one of which nothing can be made is kept with the reason."""
    async with store.read() as connection:
        ids = await orders.due(connection, now)
    done = []
    for order_id in ids:
        try:
            planned = await _plan(order_id, store, now)
        except StoreError:
            raise
        except DigestError as error:
            log.warning("an order could not be planned", order=order_id, error=str(error))
            async with store.write() as connection:
                words = str(error)[:500]
                if await orders.settle(connection, order_id, OrderStatus.FAILED, words=words):
                    await note_change(connection, PROGRAM, "order.fail", order_id, now, after={"why": words})
        else:
            done += [planned] if planned else []
    return done


@done_again
async def _plan(order_id: int, store: Database, now: datetime) -> Planned | None:
    async with store.write() as connection:
        order = await orders.by_id(connection, order_id, alone=True)
        if order is None or order.status is not OrderStatus.WAITING:
            return None
        newsletter = await newsletters.by_id(connection, order.newsletter_id)
        if LOCAL_AT in order.wish:
            return await _plan_part(connection, order, _wish(order, newsletter.slug), now)
        planned = await plan_in(connection, _wish(order, newsletter.slug), order.due_at, planned_at=now)
        await orders.settle(connection, order_id, OrderStatus.PLANNED, issue_id=planned.issue_id)
        return planned


async def instants_by_zone(
    connection: AsyncConnection, newsletter_id: int, wall: datetime
) -> dict[str, datetime]:
    """When the clocks of each zone in which the newsletter is read show a time."""
    zones = await one_offs.zones(connection, newsletter_id)
    return {zone: timetable.wall_instant(wall, zone) for zone in zones}


async def _plan_part(
    connection: AsyncConnection, order: Order, wish: OneOff, now: datetime
) -> Planned | None:
    """Plan for all by whose clocks it is time, and who are in no part before; then wait for the next zone.

    Whoever changes zones meanwhile is in one part: in the first one at whose planning their time has come.
    """
    wall = datetime.fromisoformat(order.wish[LOCAL_AT])
    instants = await instants_by_zone(connection, order.newsletter_id, wall)
    # news of the hours between the parts is for nobody: all get the same
    upto = order.wish.get(_UPTO) or await counters.newest_number(connection)
    before = await orders.parts_of(connection, order.id)
    come = frozenset(zone for zone, instant in instants.items() if instant <= now)
    to_come = [instant for instant in instants.values() if instant > now]
    planned: Planned | None = None
    try:
        part = replace(wish, part=Part(come, tuple(before), upto))
        planned = await plan_in(connection, part, now)
        await orders.add_part(connection, order.id, planned.issue_id)
    except InputError:
        # nobody there, or nothing new for those who are; of the whole order that would be a failure
        if not to_come and not before:
            raise
    if to_come:
        await orders.go_on_at(connection, order.id, min(to_come), {**order.wish, _UPTO: upto})
    else:
        last = before[-1] if planned is None else planned.issue_id
        await orders.settle(connection, order.id, OrderStatus.PLANNED, issue_id=last)
    return planned


def _kept(wish: OneOff) -> dict[str, Any]:
    """The wish in plain values."""
    return {
        "reader_ids": None if wish.reader_ids is None else list(wish.reader_ids),
        "topics": sorted(wish.topics),
        "audience": wish.audience,
        "briefing_ids": list(wish.briefing_ids),
        "since": None if wish.since is None else wish.since.isoformat(),
        "subject": wish.subject,
        "intro": wish.intro,
        "ignore_bookmarks": wish.ignore_bookmarks,
        "intro_only": wish.intro_only,
    }


def _wish(order: Order, slug: str) -> OneOff:
    kept: Mapping[str, Any] = order.wish
    return OneOff(
        newsletter=slug,
        reader_ids=None if kept["reader_ids"] is None else tuple(kept["reader_ids"]),
        topics=frozenset(kept["topics"]),
        audience=kept["audience"],
        briefing_ids=tuple(kept["briefing_ids"]),
        since=None if kept["since"] is None else datetime.fromisoformat(kept["since"]),
        subject=kept["subject"],
        intro=kept["intro"],
        ignore_bookmarks=kept["ignore_bookmarks"],
        intro_only=kept["intro_only"],
    )
