"""The shelf of orders: one-off issues that wait for their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.one_off_tables import OrderStatus, order_parts, orders
from subscribers.interning import insert_into


class Order(Struct, frozen=True):
    """A one-off issue that somebody has ordered."""

    id: int
    #: of the form that it came with
    token: str
    newsletter_id: int
    #: whom and what, in plain values
    wish: Mapping[str, Any]
    #: how many mails were agreed to
    copies: int
    ordered_by: str
    ordered_at: datetime
    due_at: datetime
    status: OrderStatus = OrderStatus.WAITING
    issue_id: int | None = None
    #: why it failed
    words: str = ""


async def add(connection: AsyncConnection, new: Order) -> bool:
    """Write an order down; False when its token is known already."""
    values = {name: getattr(new, name) for name in Order.__struct_fields__ if name != "id"}
    values["wish"] = dict(new.wish)
    query = insert_into(connection, orders).values(values).on_conflict_do_nothing()
    return (await connection.execute(query.returning(orders.c.id))).first() is not None


async def by_token(connection: AsyncConnection, token: str) -> Order | None:
    """The order of a form, or None."""
    row = (await connection.execute(select(orders).where(orders.c.token == token))).first()
    return None if row is None else _order_from(row)


async def by_id(connection: AsyncConnection, order_id: int, *, alone: bool = False) -> Order | None:
    """One order, or None; `alone`, nobody else changes it until commit."""
    query = select(orders).where(orders.c.id == order_id)
    row = (await connection.execute(query.with_for_update() if alone else query)).first()
    return None if row is None else _order_from(row)


async def due(connection: AsyncConnection, now: datetime) -> list[int]:
    """The orders whose time has come, the earliest due first."""
    mine = orders.c
    query = select(mine.id).where(mine.status == OrderStatus.WAITING, mine.due_at <= now)
    return list((await connection.execute(query.order_by(mine.due_at, mine.id))).scalars())


async def page(
    connection: AsyncConnection, *, after: int, limit: int, status: OrderStatus | None = None
) -> tuple[Order, ...]:
    """Orders by id, from `after` on."""
    query = select(orders).where(orders.c.id > after).order_by(orders.c.id).limit(limit)
    if status is not None:
        query = query.where(orders.c.status == status)
    return tuple(map(_order_from, await connection.execute(query)))


async def waiting(connection: AsyncConnection) -> tuple[Order, ...]:
    """The orders that wait for their time, the earliest due first."""
    mine = orders.c
    query = select(orders).where(mine.status == OrderStatus.WAITING).order_by(mine.due_at, mine.id)
    return tuple(map(_order_from, await connection.execute(query)))


async def failed_since(connection: AsyncConnection, since: datetime, *, limit: int) -> tuple[Order, ...]:
    """Orders that were due since then and of which nothing could be made, the latest due first."""
    mine = orders.c
    query = select(orders).where(mine.status == OrderStatus.FAILED, mine.due_at > since)
    query = query.order_by(mine.due_at.desc()).limit(limit)
    return tuple(map(_order_from, await connection.execute(query)))


async def parts_of(connection: AsyncConnection, order_id: int) -> list[int]:
    """The issues of an order that is planned in parts, so far."""
    query = select(order_parts.c.issue_id).where(order_parts.c.order_id == order_id)
    return list((await connection.execute(query.order_by(order_parts.c.issue_id))).scalars())


async def add_part(connection: AsyncConnection, order_id: int, issue_id: int) -> None:
    """Note that an issue is a part of an order."""
    await connection.execute(insert(order_parts).values(order_id=order_id, issue_id=issue_id))


async def go_on_at(
    connection: AsyncConnection, order_id: int, due_at: datetime, wish: Mapping[str, Any]
) -> None:
    """The next part of an order is due then; the wish says by now what holds for all parts."""
    query = update(orders).where(orders.c.id == order_id)
    await connection.execute(query.values(due_at=due_at, wish=dict(wish)))


async def settle(
    connection: AsyncConnection,
    order_id: int,
    status: OrderStatus,
    *,
    issue_id: int | None = None,
    words: str = "",
) -> bool:
    """Say what became of an order; False when that was said before."""
    mine = orders.c
    query = update(orders).where(mine.id == order_id, mine.status == OrderStatus.WAITING)
    done = await connection.execute(query.values(status=status, issue_id=issue_id, words=words))
    return done.rowcount > 0


def _order_from(row: Row[Any]) -> Order:
    return Order(**{**row._mapping, "status": OrderStatus(row.status)})
