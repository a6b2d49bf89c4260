"""The shelf of newsletters."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.beginnings import OPTIONS
from digest.core.model import Archive, BrandLink, ItemText, Newsletter, Pictures
from digest.core.quiet import QuietDay
from digest.store import counters
from digest.store.tables import newsletters
from subscribers.interning import insert_missing
from subscribers.model import Section
from subscribers.tables import subscriptions


async def every(connection: AsyncConnection) -> tuple[Newsletter, ...]:
    """All newsletters, oldest first."""
    rows = await connection.execute(select(newsletters).order_by(newsletters.c.id))
    return tuple(_newsletter_from(row) for row in rows)


async def slugs(connection: AsyncConnection) -> dict[int, str]:
    """What each is called, by id."""
    rows = await connection.execute(select(newsletters.c.id, newsletters.c.slug))
    return {row.id: row.slug for row in rows}


async def by_slug(connection: AsyncConnection, slug: str) -> Newsletter | None:
    """The newsletter with this slug, or None."""
    row = (await connection.execute(select(newsletters).where(newsletters.c.slug == slug))).first()
    return None if row is None else _newsletter_from(row)


async def by_id(connection: AsyncConnection, newsletter_id: int) -> Newsletter:
    """The newsletter with this id, which must exist."""
    row = (await connection.execute(select(newsletters).where(newsletters.c.id == newsletter_id))).one()
    return _newsletter_from(row)


async def of_subscriptions(
    connection: AsyncConnection, subscription_ids: Collection[int]
) -> tuple[Newsletter, ...]:
    """The newsletters of those of these subscriptions that there are, oldest first."""
    theirs = select(subscriptions.c.newsletter_id).where(subscriptions.c.id.in_(subscription_ids))
    query = select(newsletters).where(newsletters.c.id.in_(theirs)).order_by(newsletters.c.id)
    return tuple(_newsletter_from(row) for row in await connection.execute(query))


async def add_if_missing(connection: AsyncConnection, newsletter: Newsletter) -> None:
    """Write a newsletter down unless its slug is there already; its id is not looked at."""
    await insert_missing(connection, newsletters, [_columns(newsletter)])


async def add(connection: AsyncConnection, newsletter: Newsletter) -> int:
    """Write a new newsletter down; its id is not looked at."""
    await counters.pages_change(connection)
    query = insert(newsletters).values(_columns(newsletter)).returning(newsletters.c.id)
    new_id: int = (await connection.execute(query)).scalar_one()
    return new_id


async def save(connection: AsyncConnection, newsletter: Newsletter) -> None:
    """Write a changed newsletter over the old one."""
    await counters.pages_change(connection)
    query = update(newsletters).where(newsletters.c.id == newsletter.id)
    await connection.execute(query.values(_columns(newsletter)))


def _columns(newsletter: Newsletter) -> dict[str, Any]:
    row = asdict(newsletter)
    del row["id"]
    row["sections"] = [section for section in Section if section in newsletter.sections]
    row["links"] = [asdict(link) for link in newsletter.links]
    row["first_wishes"] = dict(newsletter.first_wishes)
    row["quiet_days"] = [{"day": one.day.isoformat(), "name": one.name} for one in newsletter.quiet_days]
    return row


def _newsletter_from(row: Row[Any]) -> Newsletter:
    values = dict(row._mapping)
    values["sections"] = frozenset(Section(name) for name in values["sections"])
    values["item_text"] = ItemText(values["item_text"])
    values["archive"] = Archive(values["archive"])
    values["pictures"] = Pictures(values["pictures"])
    values["links"] = tuple(BrandLink(**link) for link in values["links"])
    values["quiet_days"] = tuple(
        QuietDay(date.fromisoformat(one["day"]), one["name"]) for one in values["quiet_days"]
    )
    first = values["first_wishes"]
    values["first_wishes"] = tuple((option, first[option]) for option in OPTIONS if option in first)
    return Newsletter(**values)
