"""Machines whose clocks are wrong by minutes, or jump: what is due and who is there goes by the store's."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from digest.flows.machines import at_work_of_late
from tests.flows.newsroom import copies, item, join, publish_news
from tests.jobs.company import House, all_may_send, each_once, readers_and_news
from tests.tiers import first_of, wide

pytestmark = pytest.mark.anyio

SEVEN_MINUTES: Final = 420.0


def wrong(house: House, ahead: float, jump: float = 0.0) -> House:
    """The same house, for processes whose clock is so many seconds ahead."""
    return replace(house, command=replace(house.command, ahead=ahead, jump=jump))


async def nobody_left(house: House) -> bool:
    async with house.store.read() as connection:
        return all(one.is_here for one in await at_work_of_late(connection))


@pytest.mark.wide
async def test_workers_whose_clocks_differ_and_jump_send_each_copy_once_and_miss_nobody(house: House) -> None:
    await readers_and_news(house.store, 150)
    house.record.slowness = 0.03
    jumper = await wrong(house, 0.0, -SEVEN_MINUTES).worker("jumps")
    leaper = await wrong(house, -SEVEN_MINUTES, 2 * SEVEN_MINUTES).worker("late")
    await wrong(house, SEVEN_MINUTES).worker("early")
    await house.until(lambda: all_may_send(house, 3))
    await wrong(house, -SEVEN_MINUTES).scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(30))
    for child in (jumper, leaper):
        child.send_signal(signal.SIGUSR1)
    await house.until(lambda: house.sent(150))
    await each_once(house, 150)
    assert await nobody_left(house)


@pytest.mark.parametrize("ahead", first_of([SEVEN_MINUTES, -SEVEN_MINUTES]), ids=["early", "late"])
@pytest.mark.parametrize("sent_by", ["workers", *wide("here")])
async def test_what_is_due_is_due_by_the_clock_of_the_store(house: House, ahead: float, sent_by: str) -> None:
    now = datetime.now(UTC)
    # where it is about noon, so that no slot is another day's
    away = 12 - now.hour
    zone, local = f"Etc/GMT{-away:+d}", now + timedelta(hours=away)
    for name, minutes in (("due", -4), ("not-yet", 4)):
        at = f"{local + timedelta(minutes=minutes):%H:%M}"
        await join(house.store, f"{name}@example.org", now - timedelta(hours=1), at=at, timezone=zone)
    await publish_news(house.store, now - timedelta(minutes=30), item("Tariffs", "economy"))
    there = wrong(house, ahead)
    if sent_by == "workers":
        await there.worker("mail-1")
    await there.scheduler(DIGEST_SENT_BY=sent_by)
    await house.until(lambda: house.sent(1))
    # some rounds later nothing more has become due
    before = datetime.now(UTC)
    await house.until(lambda: is_later(before + timedelta(seconds=2.5)))
    assert [copy.address for copy in await copies(house.store)] == ["due@example.org"]


async def is_later(instant: datetime) -> bool:
    return datetime.now(UTC) > instant
