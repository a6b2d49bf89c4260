"""Outgoing webhooks through the API: who is told what, with what answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from digest.core.access import Power
from digest.flows import webhooks as flows
from digest.flows.shown import handover_shown, webhook_shown
from digest.flows.webhooks import WebhookEdit as Wish
from digest.store import events
from digest.store import webhooks as shelf
from digest.web.api.calls import Made
from digest.web.api.once import Repeatable
from digest.web.api.paths import LARGEST, ROOT, After, Document, Id, Limit, Listing, Paths, part
from digest.web.api.webhook_documents import (
    HandoverShown,
    NewWebhook,
    TestNoted,
    WebhookEdit,
    WebhookShown,
    WebhookWithSecret,
)

Before = Annotated[
    int,
    Query(
        ge=0, le=LARGEST, description="Go on behind this one: the `next` of the page before.", examples=[0]
    ),
]


def add_to(paths: Paths) -> None:
    """Add what is about webhooks."""
    paths.get("/webhooks", Power.RUN, list_webhooks, Listing[WebhookShown])
    paths.post(
        *("/webhooks", Power.RUN, add_webhook, WebhookWithSecret),
        repeatable=Repeatable.SECRET,
        status_code=201,
    )
    paths.get("/webhooks/{id}", Power.RUN, show_webhook, WebhookShown)
    paths.patch("/webhooks/{id}", Power.RUN, edit_webhook, WebhookShown)
    paths.delete("/webhooks/{id}", Power.RUN, remove_webhook, WebhookShown)
    paths.act("/webhooks/{id}/test", Power.RUN, test_a_webhook, TestNoted)
    paths.act(
        *("/webhooks/{id}/secret", Power.RUN, rotate_secret, WebhookWithSecret), repeatable=Repeatable.SECRET
    )
    paths.get("/webhooks/{id}/handovers", Power.RUN, list_handovers, Listing[HandoverShown])


async def list_webhooks(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List webhooks by id."""
    async with call.store.read() as connection:
        found = [one for one in await shelf.every(connection) if one.id > after]
    return part(found, limit, lambda one: one.id, webhook_shown)


async def show_webhook(call: Made, id: Id) -> Document:
    """Show a webhook."""
    async with call.store.read() as connection:
        return webhook_shown(await flows.require(connection, id))


async def add_webhook(call: Made, body: NewWebhook, answer: Response) -> Document:
    """Tell a program elsewhere what happens from now on

    The answer has the secret with which events are signed; it is shown this once.
    """
    wish = Wish(body.url, body.label or None, body.events, body.with_addresses)
    made = await flows.add_webhook(wish, by=call.actor, store=call.store, now=call.now)
    answer.headers["Location"] = f"{ROOT}/webhooks/{made.id}"
    return webhook_shown(made) | {"secret": made.secret}


async def edit_webhook(call: Made, id: Id, body: WebhookEdit) -> Document:
    """Change a webhook, or turn it off or on

    What waits for one that is off is told once it is on again.
    """
    wish = Wish(body.url, body.label, body.events, body.with_addresses, body.on)
    return webhook_shown(await flows.edit_webhook(id, wish, by=call.actor, store=call.store, now=call.now))


async def remove_webhook(call: Made, id: Id) -> Document:
    """Remove a webhook, and forget what it was told."""
    return webhook_shown(await flows.remove_webhook(id, by=call.actor, store=call.store, now=call.now))


async def test_a_webhook(call: Made, id: Id) -> Document:
    """Note an event that says nothing, for this webhook alone; the scheduler hands it over."""
    return {"handover": await flows.test_webhook(id, by=call.actor, store=call.store, now=call.now)}


async def rotate_secret(call: Made, id: Id) -> Document:
    """Give a webhook another secret

    The old one signs as well for two days. The answer has the new one; it is shown this once.
    """
    found = await flows.rotate_secret(id, by=call.actor, store=call.store, now=call.now)
    return webhook_shown(found) | {"secret": found.secret}


async def list_handovers(call: Made, id: Id, after: Before = 0, limit: Limit = 100) -> Document:
    """List what a webhook was told or will be, newest first, with the last answer to each."""
    async with call.store.read() as connection:
        await flows.require(connection, id)
        found = await events.of_webhook(connection, id, before=after or None, limit=limit + 1)
    return part(found, limit, lambda one: one.id, handover_shown)
