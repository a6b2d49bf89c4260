"""Webhooks, a clock on the wall, and a messenger between them: what tests of telling are made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from digest.core.access import PROGRAM
from digest.core.webhooks import EventKind, signature
from digest.flows import webhooks
from digest.flows.hand_over import Handed, Messenger
from digest.flows.webhooks import WebhookEdit
from digest.reach.client import Reach
from digest.store import events
from digest.store import webhooks as shelf
from digest.store.database import Database
from digest.store.events import Handover
from digest.store.webhooks import Webhook
from tests.flows.newsroom import TUESDAY
from tests.flows.receiver import Posted, Receiver, status

EVERYTHING = [kind for kind in EventKind if kind is not EventKind.TEST]
HERE = (ip_network("127.0.0.0/8"),)


class Clock:
    """The clock on the wall, which a test moves."""

    def __init__(self) -> None:
        self.now = TUESDAY

    def __call__(self) -> datetime:
        return self.now


async def hooked(store: Database, url: str, kinds: list[EventKind] | None = None, **more: Any) -> Webhook:
    wish = WebhookEdit(url=url, kinds=kinds or EVERYTHING, **more)
    return await webhooks.add_webhook(wish, by=PROGRAM, store=store, now=TUESDAY)


def messenger(store: Database, clock: Callable[[], datetime], *, own: Any = HERE) -> Messenger:
    reach = Reach(agent="tests", own=own, connections=100, per_host=100)
    return Messenger(store=store, reach=reach, clock=clock, chance=lambda: 0.0)


async def told(store: Database, clock: Clock) -> Handed:
    async with asyncio.timeout(60):
        return await messenger(store, clock).go(asyncio.Event())


async def noted(store: Database, hook: Webhook) -> tuple[Handover, ...]:
    async with store.read() as connection:
        return await events.of_webhook(connection, hook.id, limit=1000)


async def as_it_is(store: Database, hook: Webhook) -> Webhook:
    async with store.read() as connection:
        found = await shelf.by_id(connection, hook.id)
    assert found is not None
    return found


@asynccontextmanager
async def listening(*script: bytes) -> AsyncIterator[Receiver]:
    async with Receiver(script or (status(204),)).listening() as receiver:
        yield receiver


def is_signed(one: Posted, secret: str) -> bool:
    at_ = datetime.fromtimestamp(int(one.headers["webhook-timestamp"]), UTC)
    return signature(secret, one.id, at_, one.body) in one.headers["webhook-signature"].split()
