"""A worker freezes in the middle of a transaction: what it has locked holds others up for moments only."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest

from tests.crash.children import Child
from tests.jobs.company import CONNECTIONS, House, all_may_send, each_once, readers_and_news
from tests.walk.process import ended

pytestmark = pytest.mark.anyio

READERS = 80


@pytest.mark.parametrize(
    ("point", "time"),
    [
        pytest.param("frozen: a result written, not committed", 3, id="result"),
        pytest.param("frozen: copies claimed, not committed", 1, id="claim", marks=pytest.mark.wide),
        # later than the first ones, by which it gets its share
        pytest.param("frozen: heard of, not committed", 14, id="beat", marks=pytest.mark.wide),
    ],
)
async def test_what_it_had_locked_is_free_before_long(house: House, point: str, time: int) -> None:
    house.record.slowness = 0.02
    near = await house.worker("near")
    doomed = replace(house, command=house.command.dying_at(point, time))
    frozen = await doomed.worker("frozen")
    await house.until(lambda: all_may_send(house, 2))
    await readers_and_news(house.store, READERS)
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: is_frozen(frozen))
    await house.until(lambda: house.sent(READERS), within=30)
    frozen.send_signal(signal.SIGCONT)
    for child in (frozen, near):
        child.send_signal(signal.SIGTERM)
        status, _out, err = await ended(child)
        assert (status, "Traceback" in err) == (0, False), err
    await each_once(house, READERS, doubts=CONNECTIONS)


async def test_others_sign_on_though_one_froze_while_it_did(house: House) -> None:
    doomed = replace(house, command=house.command.dying_at("frozen: signed on, not committed"))
    frozen = await doomed.worker("frozen")
    await house.until(lambda: is_frozen(frozen))
    await house.worker("near")
    await house.until(lambda: all_may_send(house, 1), within=20)


async def is_frozen(child: Child) -> bool:
    return "frozen\n" in child.said()
