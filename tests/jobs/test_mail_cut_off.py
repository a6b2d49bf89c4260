"""One of two workers is cut off from the mail server: its copies go by the other one, and it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.crash.children import Child
from tests.flows.newsroom import copies
from tests.jobs.company import CONNECTIONS, House, all_may_send, each_once, readers_and_news
from tests.jobs.link import Link, link_to, to_port
from tests.tiers import wide
from tests.walk.recording import Accepted

pytestmark = pytest.mark.anyio

READERS = 90


@pytest.fixture
async def link(house: House) -> AsyncIterator[Link]:
    """A link to the mail server."""
    async with link_to(to_port(house.record.port)) as found:
        yield found


async def far_and_near(house: House, link: Link) -> Child:
    """Two workers that may send: one is far from the mail server, and the link is between; the far one."""
    await readers_and_news(house.store, READERS)
    far = await house.worker("far", DIGEST_SMTP_URL=f"smtp://127.0.0.1:{link.port}")
    await house.worker("near")
    await house.until(lambda: all_may_send(house, 2))
    return far


async def no_try_was_counted(house: House) -> None:
    """But for what was on the wire, one for each connection at most, everything went at its first try."""
    rows = await copies(house.store)
    assert sum(row.attempts > 1 for row in rows) <= CONNECTIONS
    assert {row.attempts for row in rows} <= {1, 2}


@pytest.mark.wide
async def test_whoever_never_reaches_the_mail_server_leaves_all_to_others(house: House, link: Link) -> None:
    far = await far_and_near(house, link)
    await link.refuse()
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS)
    assert {row.attempts for row in await copies(house.store)} == {1}
    assert f"127.0.0.1:{link.port} failed at connect" in far.said()
    assert "Traceback" not in far.said()


@pytest.mark.parametrize(
    "way", ["vanish", *wide("refuse"), pytest.param("vanish_answers", marks=pytest.mark.long)]
)
async def test_a_cut_in_the_middle_of_letters_costs_a_doubt_for_each_connection_at_most(
    house: House, link: Link, way: str
) -> None:
    house.record.slowness = 0.02
    far = await far_and_near(house, link)
    cut = asyncio.Event()

    async def strike(_message: Accepted) -> None:
        # who is near would send everything before the other one has begun, on a machine with much to do
        await house.until(lambda: _has_begun(link))
        # the content has arrived, and the answer to its final dot is not on its way yet
        if len(house.record.accepted) >= 20 and not cut.is_set():
            cut.set()
            await getattr(link, way)()

    house.record.at_data = strike
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(READERS - CONNECTIONS - 20))
    assert cut.is_set()
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS, doubts=CONNECTIONS)
    await no_try_was_counted(house)
    assert "Traceback" not in far.said()


async def _has_begun(link: Link) -> bool:
    return link.accepted > 0


@pytest.mark.wide
async def test_whoever_reaches_the_mail_server_again_sends_again(house: House, link: Link) -> None:
    house.record.slowness = 0.05
    await far_and_near(house, link)
    await link.refuse()
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(40))
    assert link.accepted == 0
    # who is near would be done before the other one looks again
    house.record.slowness = 0.5
    await link.heal()
    await house.until(lambda: _has_begun(link))
    house.record.slowness = 0.02
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS)
