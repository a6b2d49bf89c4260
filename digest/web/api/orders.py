"""One-off issues for a time to come, through the API: ordered, listed, taken back."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Query, Response

from digest.core.access import Power
from digest.errors import InputError, NotFoundError
from digest.flows import orders as flows
from digest.store import newsletters
from digest.store import orders as shelf
from digest.store.one_off_tables import OrderStatus
from digest.store.orders import Order
from digest.web.api.calls import Call, Made
from digest.web.api.desk_documents import NewOrder, OrderShown
from digest.web.api.paths import ROOT, After, Document, Id, Limit, Listing, Paths, part
from digest.web.api.sending import wish_of
from digest.web.api.times import instant, wall


def add_to(paths: Paths) -> None:
    """Add what is about orders."""
    paths.get("/orders", Power.SEE, list_orders, Listing[OrderShown])
    paths.post("/orders", Power.SEND, place_order, OrderShown, status_code=201)
    paths.get("/orders/{id}", Power.SEE, show_order, OrderShown)
    paths.delete("/orders/{id}", Power.SEND, take_order_back, OrderShown)


async def list_orders(
    call: Made,
    status: Annotated[OrderStatus | None, Query(examples=["waiting"])] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Document:
    """List one-off issues that were ordered for a time, by id."""
    async with call.store.read() as connection:
        found = await shelf.page(connection, after=after, limit=limit + 1, status=status)
        slugs = await newsletters.slugs(connection)
    return part(found, limit, lambda one: one.id, lambda one: order_shown(one, slugs[one.newsletter_id]))


async def show_order(call: Made, id: Id) -> Document:
    """Show an order."""
    return await _shown(call, await _order(call, id))


async def place_order(call: Made, body: NewOrder, answer: Response) -> Document:
    """Order a one-off issue for a time to come

    It is written down; when its time has come, who is meant is decided anew, and the scheduler sends it.
    """
    if (body.at is None) == (body.local_at is None):
        raise InputError("say when in exactly one way: at or local_at")
    made = await flows.place(
        *(await wish_of(call, body), body.copies),
        token=secrets.token_hex(12),
        due_at=call.now if body.at is None else instant(body.at),
        local_at=None if body.local_at is None else wall(body.local_at),
        by=call.actor,
        store=call.store,
        now=call.now,
    )
    answer.headers["Location"] = f"{ROOT}/orders/{made.id}"
    return await _shown(call, made)


async def take_order_back(call: Made, id: Id) -> Document:
    """Take an order back that is not planned yet."""
    await flows.take_back(id, by=call.actor, store=call.store, now=call.now)
    return await _shown(call, await _order(call, id))


async def _order(call: Call, id_: int) -> Order:
    async with call.store.read() as connection:
        found = await shelf.by_id(connection, id_)
    if found is None:
        raise NotFoundError(f"order {id_} does not exist")
    return found


async def _shown(call: Call, one: Order) -> Document:
    async with call.store.read() as connection:
        newsletter = await newsletters.by_id(connection, one.newsletter_id)
    return order_shown(one, newsletter.slug)


def order_shown(one: Order, newsletter: str) -> Document:
    """A one-off that was ordered, and what became of it."""
    return {
        "id": one.id,
        "newsletter": newsletter,
        "status": one.status,
        "due_at": one.due_at,
        "local_at": one.wish.get(flows.LOCAL_AT),
        "copies": one.copies,
        "subject": one.wish["subject"],
        "intro": one.wish["intro"],
        "briefings": one.wish["briefing_ids"],
        "ordered_by": one.ordered_by,
        "ordered_at": one.ordered_at,
        "issue": one.issue_id,
        "words": one.words,
    }
