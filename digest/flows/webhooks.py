"""Webhooks are added, changed, tried, turned off and on, given another secret, and removed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.lines import parse_line
from digest.core.webhooks import MOST_WEBHOOKS, OLD_SECRET_FOR, WhyOff, parse_kinds, parse_url
from digest.errors import InputError, missing
from digest.store import events
from digest.store import webhooks as shelf
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.webhooks import Webhook

#: As many as HMAC-SHA256 uses (RFC 2104, 3).
_SECRET_BYTES: Final = 32
_MOST_LABEL: Final = 60


class WebhookEdit(Struct, frozen=True):
    """What shall be changed; None leaves it as it is."""

    url: str | None = None
    label: str | None = None
    kinds: Collection[str] | None = None
    with_addresses: bool | None = None
    #: whether it is told what happens
    is_on: bool | None = None


@done_again
async def add_webhook(wish: WebhookEdit, *, by: Actor, store: Database, now: datetime) -> Webhook:
    """Have somebody told of what happens from now on; its secret is shown this once."""
    with_addresses = bool(wish.with_addresses)
    url = parse_url(wish.url or "", with_addresses=with_addresses)
    kinds = parse_kinds(wish.kinds or ())
    label = parse_label(wish.label) if wish.label else _host_of(url)
    async with store.write() as connection:
        if await shelf.count(connection) >= MOST_WEBHOOKS:
            raise InputError(f"there are {MOST_WEBHOOKS} webhooks already: remove one that is not needed")
        new_id = await shelf.add(
            connection,
            label=label,
            url=url,
            kinds=kinds,
            with_addresses=with_addresses,
            secret=_new_secret(),
            now=now,
        )
        made = await require(connection, new_id)
        await note_change(connection, by, "webhook.add", new_id, now, after=_said(made))
    return made


@done_again
async def edit_webhook(
    webhook_id: int, wish: WebhookEdit, *, by: Actor, store: Database, now: datetime
) -> Webhook:
    """Change a webhook, or turn it off or on; what waits for one that is off is told once it is on again."""
    async with store.write() as connection:
        before = await require(connection, webhook_id, alone=True)
        with_addresses = before.with_addresses if wish.with_addresses is None else wish.with_addresses
        url = before.url if wish.url is None else wish.url
        values: dict[str, Any] = {
            "with_addresses": with_addresses,
            "url": parse_url(url, with_addresses=with_addresses),
        }
        if wish.label is not None:
            values["label"] = parse_label(wish.label)
        if wish.kinds is not None:
            values["kinds"] = parse_kinds(wish.kinds)
        if wish.is_on is not None and wish.is_on != before.is_on:
            off: dict[str, Any] = {"off_at": now, "off_because": WhyOff.BY_HAND}
            values |= _WELL if wish.is_on else off
        elif values["url"] != before.url:
            # another receiver has not failed
            values |= {name: _WELL[name] for name in ("failing_since", "failures", "rest_until")}
        await shelf.change(connection, webhook_id, **values)
        after = await require(connection, webhook_id)
        if _said(before) != _said(after):
            words = {"before": _said(before), "after": _said(after)}
            await note_change(connection, by, "webhook.edit", webhook_id, now, **words)
    return after


@done_again
async def rotate_secret(
    webhook_id: int, *, by: Actor, store: Database, now: datetime, keep: timedelta = OLD_SECRET_FOR
) -> Webhook:
    """Another secret from now on; the one of before signs as well for a while, so that nothing is missed."""
    async with store.write() as connection:
        before = await require(connection, webhook_id, alone=True)
        await shelf.change(
            *(connection, webhook_id),
            secret=_new_secret(),
            old_secret=before.secret,
            old_until=now + keep,
        )
        await note_change(connection, by, "webhook.secret", webhook_id, now)
        return await require(connection, webhook_id)


@done_again
async def remove_webhook(webhook_id: int, *, by: Actor, store: Database, now: datetime) -> Webhook:
    """Tell somebody nothing any more, and forget what was told."""
    async with store.write() as connection:
        before = await require(connection, webhook_id, alone=True)
        await shelf.remove(connection, webhook_id)
        await note_change(connection, by, "webhook.remove", webhook_id, now, before=_said(before))
    return before


@done_again
async def test_webhook(webhook_id: int, *, by: Actor, store: Database, now: datetime) -> int:
    """Note an event that says nothing, for this webhook alone; the number of its handover."""
    async with store.write() as connection:
        one = await require(connection, webhook_id, alone=True)
        if not one.is_on:
            raise InputError(f"webhook {webhook_id} is off: turn it on first")
        # whoever asks for a test does not want to wait until it has rested
        await shelf.change(connection, webhook_id, rest_until=None)
        made = await events.note_test(connection, webhook_id, {"webhook": webhook_id}, now)
        await note_change(connection, by, "webhook.test", webhook_id, now)
    return made


async def require(connection: AsyncConnection, webhook_id: int, *, alone: bool = False) -> Webhook:
    """A webhook; raises NotFoundError. `alone`, nobody else changes it until commit."""
    found = await shelf.by_id(connection, webhook_id, alone=alone)
    if found is None:
        raise missing(f"webhook {webhook_id}", "webhooks list")
    return found


#: As one is that has just been turned on.
_WELL: Final[dict[str, Any]] = {
    "off_at": None,
    "off_because": None,
    "failing_since": None,
    "failures": 0,
    "rest_until": None,
}


def _said(one: Webhook) -> dict[str, Any]:
    """A webhook as the log of changes has it: a path may hold a word that lets in, so the host only."""
    return {
        "label": one.label,
        "host": _host_of(one.url),
        "events": list(one.kinds),
        "with_addresses": one.with_addresses,
        "on": one.is_on,
    }


def parse_label(text: str) -> str:
    """What a webhook is called, for whoever looks at the list of them."""
    return parse_line(text, "label", most=_MOST_LABEL)


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "")[:_MOST_LABEL]


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
