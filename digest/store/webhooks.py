"""The shelf of webhooks: who is told of what, and with which secret it is signed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.webhooks import ABOUT_READERS, EventKind, WhyOff
from digest.store.webhook_tables import webhooks
from subscribers.tables import listeners

#: As what we listen to changes of standing.
_NAME: Final = "webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody elsewhere who is told what happens."""

    id: int
    label: str
    url: str
    kinds: tuple[EventKind, ...]
    with_addresses: bool
    secret: str = field(repr=False)
    #: signs as well until then
    old_secret: str | None = field(repr=False)
    old_until: datetime | None
    made_at: datetime
    off_at: datetime | None
    off_because: WhyOff | None
    #: since when nothing was taken; None while all is well
    failing_since: datetime | None
    #: how often in a row
    failures: int
    rest_until: datetime | None

    @property
    def is_on(self) -> bool:
        """True while it is told what happens."""
        return self.off_at is None

    def is_awake(self, now: datetime) -> bool:
        """True while it is on, and not left in peace after a failure."""
        return self.is_on and (self.rest_until is None or self.rest_until <= now)

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """What is signed with: the newest first."""
        if self.old_secret is None or self.old_until is None or now >= self.old_until:
            return (self.secret,)
        return (self.secret, self.old_secret)


async def add(
    connection: AsyncConnection,
    *,
    label: str,
    url: str,
    kinds: Collection[EventKind],
    with_addresses: bool,
    secret: str,
    now: datetime,
) -> int:
    """Write a webhook down; its number."""
    row = {
        "label": label,
        "url": url,
        "kinds": list(kinds),
        "with_addresses": with_addresses,
        "secret": secret,
        "made_at": now,
        "failures": 0,
    }
    query = insert(webhooks).values(row).returning(webhooks.c.id)
    new_id: int = (await connection.execute(query)).scalar_one()
    await _listen(connection)
    return new_id


async def change(connection: AsyncConnection, webhook_id: int, **values: Any) -> None:
    """Change some of a webhook."""
    if "kinds" in values:
        values["kinds"] = list(values["kinds"])
    await connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(values))
    if {"kinds", "off_at"} & values.keys():
        await _listen(connection)


async def remove(connection: AsyncConnection, webhook_id: int) -> None:
    """Remove a webhook, with all that waits for it and was told to it."""
    await connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))
    await _listen(connection)


async def by_id(connection: AsyncConnection, webhook_id: int, *, alone: bool = False) -> Webhook | None:
    """One webhook, or None; `alone`, nobody else changes it until commit."""
    query = select(webhooks).where(webhooks.c.id == webhook_id)
    # what is written for it meanwhile refers to it, and need not wait
    query = query.with_for_update(key_share=True) if alone else query
    row = (await connection.execute(query)).first()
    return None if row is None else _webhook_from(row)


async def every(connection: AsyncConnection) -> tuple[Webhook, ...]:
    """All of them, by number."""
    return tuple(map(_webhook_from, await connection.execute(select(webhooks).order_by(webhooks.c.id))))


async def count(connection: AsyncConnection) -> int:
    """How many there are."""
    found: int = (await connection.execute(select(func.count()).select_from(webhooks))).scalar_one()
    return found


async def turned_off(connection: AsyncConnection, since: datetime) -> tuple[Webhook, ...]:
    """Those that were turned off since then, and not by a person."""
    mine = webhooks.c
    query = select(webhooks).where(mine.off_at >= since, mine.off_because != WhyOff.BY_HAND)
    return tuple(map(_webhook_from, await connection.execute(query.order_by(mine.id))))


async def is_anyone_told(connection: AsyncConnection) -> bool:
    """True when at least one is on."""
    query = select(webhooks.c.id).where(webhooks.c.off_at.is_(None)).limit(1)
    return (await connection.execute(query)).first() is not None


async def _listen(connection: AsyncConnection) -> None:
    """Have changes of standing kept for telling as long as somebody is told of them, and no longer."""
    told = any(one.is_on and ABOUT_READERS & set(one.kinds) for one in await every(connection))
    listens = (await connection.execute(select(listeners.c.name).where(listeners.c.name == _NAME))).first()
    if told and listens is None:
        await connection.execute(insert(listeners).values(name=_NAME))
    if not told and listens is not None:
        await connection.execute(delete(listeners).where(listeners.c.name == _NAME))


def _webhook_from(row: Row[Any]) -> Webhook:
    known = {
        "kinds": tuple(EventKind(kind) for kind in row.kinds),
        "off_because": None if row.off_because is None else WhyOff(row.off_because),
    }
    return Webhook(**{**row._mapping, **known})
