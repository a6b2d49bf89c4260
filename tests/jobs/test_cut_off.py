"""One of two workers is cut off from the store, for a moment or for long: the other goes on, then both."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import pytest

from digest.flows.machines import at_work_of_late
from digest.flows.roll import FELL_SILENT
from digest.store.workers import Kind
from tests.crash.children import Child
from tests.jobs.company import CONNECTIONS, QUICK, House, all_may_send, each_once, is_there, readers_and_news
from tests.jobs.link import Link, link_to, to_store
from tests.tiers import wide
from tests.walk.process import ended

pytestmark = pytest.mark.anyio

#: How soon cut connections are noticed in these tests, by libpq's names.
SOON: Final = {
    "connect_timeout": "2",
    "keepalives_idle": "1",
    "keepalives_interval": "1",
    "keepalives_count": "2",
    "tcp_user_timeout": "2000",
}
READERS: Final = 80
SIGNS_ON_AGAIN: Final = "was off the roll, and signs on again"


@pytest.fixture
async def link(house: House) -> AsyncIterator[Link]:
    """A link to the store."""
    async with link_to(to_store(house.store)) as found:
        yield found


async def far_and_near(house: House, link: Link) -> tuple[Child, Child]:
    """Two workers in the middle of an issue: one is far from the store, and the link is between."""
    await readers_and_news(house.store, READERS)
    house.record.slowness = 0.03
    far = await house.worker("far", DIGEST_DATABASE_URL=link.url_of(house.store, **SOON))
    near = await house.worker("near")
    await house.until(lambda: all_may_send(house, 2))
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(15))
    return far, near


async def left(house: House) -> set[tuple[str, str]]:
    """Who is on the page *Machines* as one that left, and why."""
    async with house.store.read() as connection:
        return {(one.name, one.because) for one in await at_work_of_late(connection) if not one.is_here}


async def is_missed(house: House) -> bool:
    return await left(house) == {("far", FELL_SILENT)}


async def ends_well(*children: Child) -> str:
    """All are told to stop; what the first one said."""
    for child in children:
        child.send_signal(signal.SIGTERM)
    said = [await ended(child) for child in children]
    assert [(status, "Traceback" in err) for status, _out, err in said] == [(0, False)] * len(children), said
    return said[0][2]


@pytest.mark.wide
async def test_what_vanishes_for_a_moment_arrives_later_and_nobody_is_missed(
    house: House, link: Link
) -> None:
    far, near = await far_and_near(house, link)
    await link.vanish()
    await asyncio.sleep(0.8)
    await link.heal()
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS)
    assert await left(house) == set()
    said = await ends_well(far, near)
    assert SIGNS_ON_AGAIN not in said


@pytest.mark.parametrize("way", ["vanish", *wide("vanish_answers", "refuse")])
async def test_who_is_cut_off_is_missed_and_comes_back_as_a_newcomer(
    house: House, link: Link, way: str
) -> None:
    far, near = await far_and_near(house, link)
    await getattr(link, way)()
    # the other one has it all, what was in the hands of this one too
    await house.until(lambda: is_missed(house))
    await house.until(lambda: house.sent(READERS))
    await link.heal()
    healed = asyncio.get_running_loop().time()
    await house.until(lambda: is_there(house, Kind.WORKER, 2))
    print(f"back after {asyncio.get_running_loop().time() - healed:.1f} s")
    await house.until(lambda: all_may_send(house, 2))
    await each_once(house, READERS, doubts=CONNECTIONS)
    assert SIGNS_ON_AGAIN in await ends_well(far, near)


@pytest.mark.wide
async def test_a_store_that_holds_everything_for_a_while_loses_nothing(house: House, link: Link) -> None:
    far, near = await far_and_near(house, link)
    link.hold()
    await house.until(lambda: is_missed(house))
    await link.heal()
    await house.until(lambda: house.sent(READERS))
    await house.until(lambda: is_there(house, Kind.WORKER, 2))
    await each_once(house, READERS, doubts=CONNECTIONS)
    await ends_well(far, near)


@pytest.mark.wide
@pytest.mark.parametrize(
    "heals", [pytest.param(True, id="heals"), pytest.param(False, id="stays", marks=pytest.mark.long)]
)
async def test_who_is_told_to_stop_while_it_is_cut_off_does(house: House, link: Link, heals: bool) -> None:
    # it keeps what it knows for so long, and then no longer
    house.command = replace(house.command, shorter={**QUICK, "digest.flows.patience.PATIENCE": 4.0})
    far, near = await far_and_near(house, link)
    await link.vanish()
    await asyncio.sleep(0.5)
    far.send_signal(signal.SIGTERM)
    if heals:
        await asyncio.sleep(1)
        await link.heal()
    status, _out, err = await ended(far)
    assert (status, "Traceback" in err) == (0, False), err
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS, doubts=0 if heals else CONNECTIONS)
    await ends_well(near)
