"""Readers in the store: found, added, changed, listed, erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Row, Select, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.groups import Place, groups_at, hold_together
from subscribers.interning import (
    bookmark_from,
    cadence_from,
    intern_bookmarks,
    intern_cadences,
    intern_profiles,
    new_ids,
    profile_from,
)
from subscribers.model import Standing
from subscribers.subscription import TRANSITIONS, Event, Gap, Subscription
from subscribers.tables import (
    bookmarks,
    cadences,
    gaps,
    groups,
    profiles,
    standing_changes,
    subscribers,
    subscriptions,
)
from subscribers.wishes import address_key

_PAGE: Final = 1000


async def subscriber_id_of(connection: AsyncConnection, address: str) -> int | None:
    """The reader with this address, or None."""
    query = select(subscribers.c.id).where(subscribers.c.address_key == address_key(address))
    found: int | None = (await connection.execute(query)).scalar()
    return found


async def add_subscriber(connection: AsyncConnection, address: str, name: str, now: datetime) -> int:
    """Make a reader; the caller has asked before that there is none."""
    (new_id,) = await add_subscribers(connection, {address: name}, now)
    return new_id


async def add_subscribers(
    connection: AsyncConnection, name_by_address: Mapping[str, str], now: datetime
) -> list[int]:
    """Make readers, none of whom exists; their ids in the same order."""
    rows = [
        {"address": address, "address_key": address_key(address), "name": name, "created_at": now}
        for address, name in name_by_address.items()
    ]
    return await new_ids(connection, subscribers, rows)


async def set_identity(
    connection: AsyncConnection, subscriber_id: int, *, address: str | None = None, name: str | None = None
) -> None:
    """Change a reader's address or name."""
    values: dict[str, Any] = {}
    if address is not None:
        values |= {"address": address, "address_key": address_key(address)}
    if name is not None:
        values["name"] = name
    if values:
        await connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(values))


async def set_names(connection: AsyncConnection, name_by_subscriber: Mapping[int, str]) -> None:
    """Change the names of readers."""
    rows = [{"its_id": id_, "name": name} for id_, name in name_by_subscriber.items()]
    if rows:
        query = update(subscribers).where(subscribers.c.id == bindparam("its_id"))
        await connection.execute(query.values(name=bindparam("name")), rows)


async def add_subscription(connection: AsyncConnection, new: Subscription) -> int:
    """Write a subscription down; its own id is not looked at."""
    (new_id,) = await add_subscriptions(connection, [new])
    return new_id


async def add_subscriptions(connection: AsyncConnection, new: Sequence[Subscription]) -> list[int]:
    """Write subscriptions down; their new ids in the same order."""
    changeable = await _changeable(connection, new)
    rows = [
        {
            "subscriber_id": one.subscriber_id,
            "newsletter_id": one.newsletter_id,
            "began_after": one.began_after,
            "began_at": one.began_at,
            **row,
        }
        for one, row in zip(new, changeable, strict=True)
    ]
    return await new_ids(connection, subscriptions, rows)


async def save(connection: AsyncConnection, changed: Subscription) -> None:
    """Write the new state of a subscription over the old one."""
    await save_all(connection, [changed])


async def save_all(connection: AsyncConnection, changed: Sequence[Subscription]) -> None:
    """Write the new states of subscriptions over the old ones."""
    rows = await _changeable(connection, changed)
    if rows:
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0]}
        query = update(subscriptions).where(subscriptions.c.id == bindparam("its_id")).values(values)
        named = [{"its_id": one.id, **row} for one, row in zip(changed, rows, strict=True)]
        await connection.execute(query, named)


async def note_standing(
    connection: AsyncConnection,
    subscription_id: int,
    before: Standing | None,
    after: Standing,
    reason: str,
    now: datetime,
) -> None:
    """Keep the history of a standing: every change has a reason."""
    row = {"subscription_id": subscription_id, "at": now, "before": before, "after": after, "reason": reason}
    await connection.execute(insert(standing_changes).values(row))


async def note_beginnings(
    connection: AsyncConnection, begun: Mapping[int, tuple[Standing, str]], now: datetime
) -> None:
    """Keep the first standing of many, with its reason, by subscription."""
    rows = [
        {"subscription_id": id_, "at": now, "before": None, "after": standing, "reason": reason}
        for id_, (standing, reason) in begun.items()
    ]
    if rows:
        await connection.execute(insert(standing_changes), rows)


async def note_gap(connection: AsyncConnection, subscription_id: int, gap: Gap, now: datetime) -> None:
    """Keep which numbers a reader was not to get, and why."""
    row = {
        "subscription_id": subscription_id,
        "after": gap.after,
        "upto": gap.upto,
        "numbers": list(gap.numbers),
        "reason": gap.reason,
        "at": now,
    }
    await connection.execute(insert(gaps).values(row))


async def gaps_of(connection: AsyncConnection, subscription_id: int) -> tuple[Gap, ...]:
    """The gaps of a subscription, oldest first."""
    query = select(gaps).where(gaps.c.subscription_id == subscription_id).order_by(gaps.c.id)
    rows = await connection.execute(query)
    return tuple(Gap(row.after, row.upto, tuple(row.numbers), row.reason) for row in rows)


async def standing_history(connection: AsyncConnection, subscription_id: int) -> Sequence[Row[Any]]:
    """Rows (at, before, after, reason) of a subscription, oldest first."""
    query = select(standing_changes).where(standing_changes.c.subscription_id == subscription_id)
    return (await connection.execute(query.order_by(standing_changes.c.id))).all()


async def subscriptions_of(
    connection: AsyncConnection, address: str, *, to_change: bool = False
) -> tuple[Subscription, ...]:
    """All subscriptions of one address, by newsletter; `to_change` keeps others off them until commit."""
    whose = select(subscribers.c.id).where(subscribers.c.address_key == address_key(address))
    theirs = subscriptions.c.subscriber_id == whose.scalar_subquery()
    if to_change:
        await keep_others_off(connection, theirs)
    return tuple(map(subscription_from, await connection.execute(_all_with(theirs))))


async def subscriptions_beside(
    connection: AsyncConnection, subscription_id: int, *, to_change: bool = False
) -> tuple[Subscription, ...]:
    """All that the reader of this subscription has, it included, by newsletter; nothing after an erasure.

    `to_change` keeps others off them until commit.
    """
    if to_change:
        await keep_others_off(connection, _is_beside(subscription_id))
    rows = await connection.execute(_beside(), {"subscription_id": subscription_id})
    return tuple(map(subscription_from, rows))


async def subscription_by_id(
    connection: AsyncConnection, subscription_id: int, *, to_change: bool = False
) -> Subscription | None:
    """One subscription, or None; also None after its reader was erased.

    `to_change` keeps others off it until commit.
    """
    if to_change:
        await keep_others_off(connection, subscriptions.c.id == subscription_id)
    query = whole_subscriptions().where(
        subscriptions.c.id == subscription_id, subscribers.c.address.isnot(None)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else subscription_from(row)


async def page_of_subscriptions(
    connection: AsyncConnection,
    *,
    after: int = 0,
    limit: int = _PAGE,
    newsletter_id: int | None = None,
    standing: Standing | None = None,
) -> tuple[Subscription, ...]:
    """Subscriptions of readers who are not erased, by id, from `after` on."""
    query = whole_subscriptions().where(subscriptions.c.id > after, subscribers.c.address.isnot(None))
    if newsletter_id is not None:
        # the sum keeps the store from another index, whose rows it would sort anew for each page
        query = query.where(subscriptions.c.newsletter_id + 0 == newsletter_id)
    if standing is not None:
        query = query.where(subscriptions.c.standing == standing)
    rows = await connection.execute(query.order_by(subscriptions.c.id).limit(limit))
    return tuple(subscription_from(row) for row in rows)


async def every_subscription(
    connection: AsyncConnection, newsletter_id: int | None = None
) -> AsyncIterator[Subscription]:
    """All subscriptions in pages, so that a million readers never stand in memory at once."""
    after = 0
    while page := await page_of_subscriptions(connection, after=after, newsletter_id=newsletter_id):
        for subscription in page:
            yield subscription
        after = page[-1].id


async def keep_others_off(connection: AsyncConnection, condition: ColumnElement[bool]) -> None:
    """Let nobody else change the subscriptions that fulfil a condition, nor move their groups, until commit.

    Always a statement of its own, before the one that reads: PostgreSQL compares a row that it had to wait
    for with what that row was joined to before. SQLite has one writer at a time and needs none of this.
    """
    if connection.dialect.name != "postgresql":
        return
    while True:
        # first the cadences, then the readers, as who plans an issue does: nobody waits in a circle
        async with connection.begin_nested() as attempt:
            held = await _cadences_of(connection, condition)
            await hold_together(connection, held)
            # in one order, so that two who want the same rows wait for each other in one direction only
            rows = select(subscriptions.c.id).where(condition).order_by(subscriptions.c.id)
            await connection.execute(
                select(func.count()).select_from(rows.with_for_update(key_share=True).subquery())
            )
            if await _cadences_of(connection, condition) <= held:
                return
            # somebody got another cadence meanwhile: let go, and take them in order
            await attempt.rollback()


async def _cadences_of(connection: AsyncConnection, condition: ColumnElement[bool]) -> set[int]:
    query = select(groups.c.cadence_id).join(subscriptions, subscriptions.c.group_id == groups.c.id)
    return set((await connection.execute(query.where(condition).distinct())).scalars())


async def mark_bouncing(connection: AsyncConnection, subscription_id: int, words: str, now: datetime) -> None:
    """The address of this subscription does not exist: no more mail to it, whatever the newsletter."""
    whose = select(subscriptions.c.subscriber_id).where(subscriptions.c.id == subscription_id)
    theirs = subscriptions.c.subscriber_id == whose.scalar_subquery()
    await keep_others_off(connection, theirs)
    for row in (await connection.execute(whole_subscriptions().where(theirs))).all():
        one = subscription_from(row)
        after = TRANSITIONS.get((one.standing, Event.BOUNCED_HARD))
        if after is not None:
            await save(connection, replace(one, standing=after))
            await note_standing(connection, one.id, one.standing, after, words, now)


async def count_by_standing(connection: AsyncConnection) -> dict[str, int]:
    """How many subscriptions have each standing."""
    query = select(subscriptions.c.standing, func.count()).group_by(subscriptions.c.standing)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def erase(connection: AsyncConnection, subscriber_id: int, now: datetime) -> None:
    """Forget who a reader was; rows that count deliveries stay, without a name."""
    await connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(address=None, address_key=None, name="", erased_at=now)
    )
    mine = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    await connection.execute(
        update(standing_changes).where(standing_changes.c.subscription_id.in_(mine)).values(reason="erased")
    )


@cache
def _beside() -> Select[Any]:
    """Asked with every page of a reader: to put it together takes longer than to look."""
    return _all_with(_is_beside(bindparam("subscription_id")))


def _is_beside(subscription_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    whose = select(subscriptions.c.subscriber_id).where(subscriptions.c.id == subscription_id)
    return subscriptions.c.subscriber_id == whose.scalar_subquery()


def _all_with(condition: ColumnElement[bool]) -> Select[Any]:
    query = whole_subscriptions().where(condition, subscribers.c.address.isnot(None))
    return query.order_by(subscriptions.c.newsletter_id)


def whole_subscriptions() -> Select[Any]:
    """Subscriptions with all that the value needs."""
    mine, them = subscriptions.c, subscribers.c
    return (
        select(
            *(mine.id, mine.subscriber_id, mine.newsletter_id, mine.standing, groups.c.served_day),
            *(mine.began_after, mine.began_at, mine.away_after, mine.paused_until),
            *(them.address, them.name),
            *(cadences.c.days, cadences.c.at, cadences.c.zone, cadences.c.at_once),
            *(profiles.c.topics, profiles.c.sections, profiles.c.format),
            *(profiles.c.max_items, profiles.c.language),
            *(bookmarks.c.cut, bookmarks.c.deferred, bookmarks.c.ahead),
        )
        .join(subscribers, them.id == mine.subscriber_id)
        .join(groups, groups.c.id == mine.group_id)
        .join(cadences, cadences.c.id == groups.c.cadence_id)
        .join(profiles, profiles.c.id == groups.c.profile_id)
        .join(bookmarks, bookmarks.c.id == groups.c.bookmark_id)
    )


def subscription_from(row: Row[Any]) -> Subscription:
    """A subscription from a row of `whole_subscriptions`."""
    return Subscription(
        id=row.id,
        subscriber_id=row.subscriber_id,
        newsletter_id=row.newsletter_id,
        address=row.address or "",
        name=row.name,
        standing=Standing(row.standing),
        cadence=cadence_from(row),
        profile=profile_from(row),
        bookmark=bookmark_from(row),
        served_day=row.served_day,
        began_after=row.began_after,
        began_at=row.began_at,
        away_after=row.away_after,
        paused_until=row.paused_until,
    )


async def _changeable(connection: AsyncConnection, values: Sequence[Subscription]) -> list[dict[str, Any]]:
    places = await _places(connection, values)
    group_ids = await groups_at(connection, places)
    return [
        {
            "standing": one.standing,
            "group_id": group_ids[place],
            "away_after": one.away_after,
            "paused_until": one.paused_until,
        }
        for one, place in zip(values, places, strict=True)
    ]


async def _places(connection: AsyncConnection, values: Sequence[Subscription]) -> list[Place]:
    cadence_ids = await intern_cadences(connection, {one.cadence for one in values})
    # before a bookmark is made: who plans such a cadence may be making the same one, and would wait for us
    await hold_together(connection, cadence_ids.values())
    profile_ids = await intern_profiles(connection, {one.profile for one in values})
    bookmark_ids = await intern_bookmarks(connection, {one.bookmark for one in values})
    return [
        Place(
            newsletter_id=one.newsletter_id,
            cadence_id=cadence_ids[one.cadence],
            profile_id=profile_ids[one.profile],
            bookmark_id=bookmark_ids[one.bookmark],
            served_day=one.served_day,
            is_active=one.standing is Standing.ACTIVE,
        )
        for one in values
    ]
