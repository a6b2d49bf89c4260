"""Many subscriptions changed in one transaction: read together, and their histories written together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.entering import hold_addresses
from subscribers.groups import resting_groups
from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.store import keep_others_off, subscription_from, whole_subscriptions
from subscribers.subscription import Subscription
from subscribers.tables import standing_changes, subscribers, subscriptions
from subscribers.wishes import address_key


async def subscriptions_by_id(connection: AsyncConnection, ids: Collection[int]) -> tuple[Subscription, ...]:
    """Those of these subscriptions whose reader is not erased; nobody else's to change until commit."""
    found: list[Subscription] = []
    for some in chunks(sorted(ids)):
        mine = subscriptions.c.id.in_(some)
        await keep_others_off(connection, mine)
        query = whole_subscriptions().where(mine, subscribers.c.address.isnot(None))
        found += [subscription_from(row) for row in await connection.execute(query)]
    return tuple(found)


async def subscriptions_among(
    connection: AsyncConnection, addresses: Collection[str]
) -> tuple[Subscription, ...]:
    """All subscriptions of these addresses, to be changed: others are kept off them until commit."""
    found: list[Subscription] = []
    for some in chunks(sorted({address_key(address) for address in addresses})):
        mine = subscribers.c.address_key.in_(some)
        whose = select(subscribers.c.id).where(mine)
        await keep_others_off(connection, subscriptions.c.subscriber_id.in_(whose))
        rows = await connection.execute(whole_subscriptions().where(mine))
        found += [subscription_from(row) for row in rows]
    return tuple(found)


async def addresses_of(connection: AsyncConnection, ids: Collection[int]) -> dict[int, str | None]:
    """The addresses of subscriptions, by id: None of readers who are erased."""
    found: dict[int, str | None] = {}
    query = select(subscriptions.c.id, subscribers.c.address_key).join(
        subscribers, subscribers.c.id == subscriptions.c.subscriber_id
    )
    for some in chunks(sorted(ids)):
        rows = await connection.execute(query.where(subscriptions.c.id.in_(some)))
        found.update((row.id, row.address_key) for row in rows)
    return found


async def hold_readers(
    connection: AsyncConnection, known: Mapping[int, str | None], more: Collection[str]
) -> bool:
    """Keep others off readers, all that they have and their addresses until commit, at once and in one order.

    `known` has their addresses by subscription, `more` further ones, whoever reads there. False when one of
    them has got another address meanwhile: then the wrong one is held.
    """
    if connection.dialect.name != "postgresql":
        return True
    keys = {address_key(one) for one in (*known.values(), *more) if one}
    await hold_addresses(connection, keys)
    ids = set(known)
    query = select(subscriptions.c.id).join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    for some in chunks(sorted(keys)):
        ids |= set((await connection.execute(query.where(subscribers.c.address_key.in_(some)))).scalars())
    for some in chunks(sorted(ids)):
        await keep_others_off(connection, subscriptions.c.id.in_(some))
    after = await addresses_of(connection, known)
    return all(after.get(id_) == (address_key(one) if one else None) for id_, one in known.items())


async def pauses_ending_by(connection: AsyncConnection, now: datetime) -> tuple[Subscription, ...]:
    """Paused subscriptions whose time is up, and nobody else's until commit."""
    ending = and_(subscriptions.c.paused_until <= now, subscriptions.c.standing == Standing.PAUSED)
    await keep_others_off(connection, ending)
    rows = await connection.execute(whole_subscriptions().where(ending).order_by(subscriptions.c.id))
    return tuple(subscription_from(row) for row in rows)


async def take_out(connection: AsyncConnection, ids: Collection[int], standing: Standing) -> None:
    """Give subscriptions a standing in which nothing is sent, with no end to it; what they want stays.

    The caller keeps others off them.
    """
    group_ids = await resting_groups(connection, ids)
    rows = [{"its_id": id_, "its_group": group_id} for id_, group_id in group_ids.items()]
    if rows:
        query = update(subscriptions).where(subscriptions.c.id == bindparam("its_id"))
        rest = {"standing": standing, "away_after": None, "paused_until": None}
        await connection.execute(query.values(group_id=bindparam("its_group"), **rest), rows)


async def note_standings(
    connection: AsyncConnection,
    before: Collection[Subscription],
    after: Standing,
    reasons: Mapping[int, str],
    now: datetime,
) -> None:
    """Keep that subscriptions, given as they were, have another standing now; reasons are by their ids."""
    rows = [
        {
            "subscription_id": one.id,
            "at": now,
            "before": one.standing,
            "after": after,
            "reason": reasons[one.id],
        }
        for one in before
    ]
    if rows:
        await connection.execute(insert(standing_changes), rows)
