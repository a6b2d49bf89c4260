"""Who sends changes in the middle of an issue: to workers and back, one after the other anew, all at once."""

from __future__ import annotations

import asyncio
import json
import signal
from functools import partial

import pytest

from digest.store.workers import Kind
from tests.crash.children import Child
from tests.jobs.company import House, all_may_send, each_once, is_there, readers_and_news
from tests.walk.process import ended

pytestmark = pytest.mark.anyio

READERS = 200
HERE = "no worker is there: this process sends"
ELSEWHERE = "workers send"


async def stopped(child: Child) -> str:
    """It is told to stop, and does; what it says last."""
    child.send_signal(signal.SIGTERM)
    status, _out, err = await ended(child)
    assert (status, "Traceback" in err) == (0, False), err
    last: str = json.loads(err.splitlines()[-1])["event"]
    return last


async def test_serve_hands_over_in_the_middle_of_an_issue_and_takes_back(house: House) -> None:
    house.record.slowness = 0.12
    await readers_and_news(house.store, READERS)
    serve = await house.scheduler()
    await house.until(lambda: house.sent(20))
    assert serve.said().count(HERE) == 1
    worker = await house.worker("mail-1")
    await house.until(lambda: says(serve, ELSEWHERE))
    assert not await house.sent(READERS), "it waited for the end of the issue"
    sent = len(house.record.accepted)
    await house.until(lambda: house.sent(sent + 20))
    assert not await house.sent(READERS)
    copies = int((await stopped(worker)).removeprefix("stopped; copies: "))
    assert copies > 0
    await house.until(lambda: house.sent(READERS))
    assert serve.said().count(HERE) == 2
    await stopped(serve)
    await each_once(house, READERS)


@pytest.mark.wide
async def test_all_are_told_to_stop_in_the_middle_and_nothing_is_in_doubt(house: House) -> None:
    house.record.slowness = 0.03
    await readers_and_news(house.store, READERS)
    children = [await house.worker("mail-1"), await house.worker("mail-2"), await house.scheduler()]
    await house.until(lambda: house.sent(30))
    await asyncio.gather(*map(stopped, children))
    assert not await house.sent(READERS)
    assert await house.at_work(Kind.WORKER) == []
    await house.worker("mail-1")
    await house.scheduler()
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS)


@pytest.mark.wide
async def test_workers_are_started_anew_one_after_the_other_while_they_send(house: House) -> None:
    house.record.slowness = 0.03
    await readers_and_news(house.store, READERS)
    names = ["mail-1", "mail-2"]
    workers = {name: await house.worker(name) for name in names}
    await house.until(lambda: all_may_send(house, 2))
    await house.scheduler(DIGEST_SENT_BY="workers")
    for name in names:
        await house.until(partial(house.sent, len(house.record.accepted) + 15))
        await stopped(workers[name])
        await house.worker(name)
        await house.until(lambda: is_there(house, Kind.WORKER, 2))
    await house.until(lambda: house.sent(READERS))
    await each_once(house, READERS)


async def says(child: Child, words: str) -> bool:
    return words in child.said()
