"""Copies that go back to the store while something is taken back on PostgreSQL: nobody waits in a circle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, update

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus
from digest.core.pace import Limit, Limits, Pace
from digest.core.reasons import OurReason
from digest.core.refusals import Refusals
from digest.flows import family_acts
from digest.flows.family_acts import Rest
from digest.flows.feed import Feed
from digest.flows.patience import Patience
from digest.flows.recover import recover
from digest.flows.reputation import Watch
from digest.flows.sender import Allowance, Sender
from digest.flows.tally import Tally
from digest.mail.post import Post
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from digest.store.tables import deliveries as delivery_table
from tests.flows.newsroom import TUESDAY, at, claim_all, copies, item, join, plan_all, publish_news
from tests.jobs.office import press_for
from tests.waiting import until_someone_waits

pytestmark = pytest.mark.anyio

EDITOR = Actor("Anna", Via.DESK)
T = TypeVar("T")


class Impatient(Patience):
    """Tries nothing again: what is tried again is not seen."""

    async def through(self, write: Callable[[], Awaitable[T]], *, stop: asyncio.Event | None = None) -> T:
        return await write()


async def two_planned(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bo@example.org", TUESDAY)
    await plan_all(store, at(24, 7))


async def crossed(store: Database, other: Database, giving_back: Callable[[], Awaitable[Any]]) -> None:
    """Give back while somebody has the second copy, who wants the first one next."""

    async def lock(number: int) -> None:
        mine = select(delivery_table.c.id).where(delivery_table.c.id == number)
        await connection.execute(mine.with_for_update())

    first, second = (copy.id for copy in await copies(store))
    async with store.write() as connection:
        await hold_off(connection, alone=True)
        await lock(second)
        task = asyncio.ensure_future(giving_back())
        await until_someone_waits(other)
        await lock(first)
    await task


async def test_a_sender_that_ends_while_a_briefing_is_taken_back(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await two_planned(postgres_store)
    await claim_all(postgres_store, at(24, 7))

    async def end() -> None:
        feed = Feed(
            *(1, second_postgres_store, press_for(second_postgres_store), sender_on(second_postgres_store)),
            *(asyncio.Event(), Tally(), Impatient()),
        )
        async with feed:
            pass

    await crossed(postgres_store, second_postgres_store, end)
    assert {copy.status for copy in await copies(postgres_store)} == {DeliveryStatus.PLANNED}


async def test_what_a_dead_sender_held_while_a_briefing_is_taken_back(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await two_planned(postgres_store)
    await claim_all(postgres_store, at(24, 7))
    when: dict[str, Any] = {"now": at(24, 8), "wall": at(24, 7)}
    sweeping = partial(recover, store=second_postgres_store, is_dead=lambda _: True, **when)
    await crossed(postgres_store, second_postgres_store, sweeping)
    assert {copy.status for copy in await copies(postgres_store)} == {DeliveryStatus.PLANNED}


async def test_a_family_goes_on_while_a_briefing_is_taken_back(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await two_planned(postgres_store)
    by_whom: dict[str, Any] = {"by": EDITOR, "store": second_postgres_store, "now": at(24, 8)}
    await family_acts.pause_family(Rest("example.org"), **by_whom)
    async with postgres_store.write() as connection:
        waits = {"status": DeliveryStatus.DEFERRED, "reason": OurReason.FAMILY_PAUSED}
        later = at(24, 8) + timedelta(hours=5)
        await connection.execute(update(delivery_table).values(retry_at=later, **waits))
    await crossed(
        *(postgres_store, second_postgres_store),
        lambda: family_acts.resume_family("example.org", **by_whom),
    )
    assert {copy.retry_at for copy in await copies(postgres_store)} == {at(24, 8)}


def sender_on(store: Database) -> Sender:
    """Who sends as `claim_all` claims."""
    return Sender(
        owner="sender",
        lane=Post(()).lane,
        lanes=1,
        resend_uncertain=True,
        now=lambda: at(24, 7),
        wall=lambda: at(24, 7),
        pace=Pace(Limits(Limit(1), Limit(1))),
        refusals=Refusals(),
        allowance=Allowance(),
        clock=time.monotonic,
        watch=Watch(store=store),
    )
