"""Mails by hand that were ordered, as the newsroom knows them: by newsletter, and by what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter
from digest.store import briefings
from digest.store.orders import Order


class OrderShown(Struct, frozen=True):
    """An order, and what it is called."""

    order: Order
    newsletter: str
    #: its subject, else what it holds
    name: str


async def named(
    connection: AsyncConnection, found: Iterable[Order], known: Mapping[int, Newsletter]
) -> tuple[OrderShown, ...]:
    """Orders with their names; newsletters are known by id."""
    return tuple(
        [OrderShown(one, known[one.newsletter_id].title, await _name(connection, one)) for one in found]
    )


async def _name(connection: AsyncConnection, order: Order) -> str:
    wish = order.wish
    if wish.get("subject"):
        return str(wish["subject"])
    if wish.get("intro_only"):
        return "the intro alone"
    ids = wish.get("briefing_ids") or ()
    first = await briefings.by_id(connection, ids[0]) if ids else None
    if first is None:
        return "what is new to each reader"
    return first.title if len(ids) == 1 else f"{first.title}, and {len(ids) - 1} more"
