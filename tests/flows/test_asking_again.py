"""Readers who have to say yes once more get nothing before they do, and nothing twice afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus
from digest.errors import InputError
from digest.flows import confirming, readers
from digest.flows.asking_again import ask_again
from digest.flows.deep_look import deep_look
from digest.store import notices
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    claim_all,
    copies,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
)
from tests.flows.post_office import all_notices

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
INES = Actor("Ines", Via.DESK)


async def test_who_reads_is_asked_and_gets_nothing_before_a_yes_and_nothing_twice(store: Database) -> None:
    await join(store, ANA, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await mark_sent(store, ANA, at(24, 7))
    (asked,) = await ask_again(ANA, None, store=store, now=at(24, 8), by=INES)
    assert asked.standing is Standing.PENDING
    await publish_news(store, at(24, 9), item("Ports", "economy"))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANA) == [(1,)]
    (question,) = await all_notices(store)
    assert (question.address, question.kind) == (ANA, "confirm")
    await confirming.confirm(question.id, seen_from="x", store=store, now=at(25, 8))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANA) == [(1,), (2,)]
    assert (await deep_look(store=store)).differences == ()
    async with store.read() as connection:
        history = await shelf.standing_history(connection, asked.id)
    assert [(one.after, one.reason) for one in history][1:3] == [
        (Standing.LEFT, "has to confirm"),
        (Standing.PENDING, "has to confirm"),
    ]


async def test_a_copy_that_was_planned_does_not_go_any_more(store: Database) -> None:
    await join(store, ANA, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await ask_again(ANA, None, store=store, now=at(24, 7), by=INES)
    assert not (await claim_all(store, at(24, 7))).copies
    (kept,) = await copies(store, address=ANA)
    assert kept.status is DeliveryStatus.SKIPPED
    (question,) = await all_notices(store)
    await confirming.confirm(question.id, seen_from="x", store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    assert (await reader(store, ANA)).standing is Standing.ACTIVE
    assert (await deep_look(store=store)).differences == ()


async def test_who_has_not_answered_is_asked_once_more(store: Database) -> None:
    await join(store, ANA, TUESDAY, confirmed=False)
    (again,) = await ask_again(ANA, "daily", store=store, now=TUESDAY + timedelta(days=2), by=INES)
    assert again.standing is Standing.PENDING
    assert [one.due_at for one in await all_notices(store)] == [TUESDAY, TUESDAY + timedelta(days=2)]


async def test_who_left_is_not_asked_and_nothing_is_changed(store: Database) -> None:
    await join(store, ANA, TUESDAY)
    await readers.unsubscribe(ANA, None, reason="by mail", store=store, now=TUESDAY)
    with pytest.raises(InputError, match="is left: only who reads, or is pending, is asked"):
        await ask_again(ANA, None, store=store, now=TUESDAY, by=INES)
    async with store.read() as connection:
        assert not await notices.page(connection, after=0, limit=10)
