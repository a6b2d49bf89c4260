"""Processes that are watched: a worker tells what it counts itself, a scheduler what all of them do."""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from digest.core.metrics import METRICS, Source
from tests.crash.children import Child
from tests.jobs.company import House, all_may_send, readers_and_news
from tests.walk.process import ended
from tests.web.scraping import SHOWN, TOKEN, Figures

pytestmark = pytest.mark.anyio


async def says(child: Child, words: str) -> bool:
    return re.search(rf"{words} (http://[^\s,\"]+)[,\"]", child.said()) is not None


async def where(house: House, child: Child, words: str) -> str:
    """The address that a process tells after some words."""
    await house.until(partial(says, child, words))
    found = re.search(rf"{words} (http://[^\s,\"]+)[,\"]", child.said())
    assert found is not None
    return found[1]


async def figures(client: httpx.AsyncClient, address: str) -> Figures:
    answer = await client.get(f"{address}/metrics", headers=SHOWN)
    assert answer.status_code == 200, answer.text
    return Figures(answer.text)


@pytest.mark.wide
async def test_a_worker_tells_of_its_letters_and_the_scheduler_of_the_worker(house: House) -> None:
    await readers_and_news(house.store, 60)
    folder = house.command.folder / "mail-1"
    folder.mkdir()
    token = {"DIGEST_METRICS_TOKEN": TOKEN}
    worker = await house.start("worker", "--name", "mail-1", "--metrics-port", "0", **token)
    await house.until(partial(all_may_send, house, 1))
    serve = await house.scheduler(DIGEST_SENT_BY="workers", **token)
    at_worker = await where(house, worker, "tells its figures at")
    at_serve = await where(house, serve, "serving on")
    await house.until(partial(house.sent, 60))
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{at_worker}/healthz")).json() == {"status": "ok"}
        ready = (await client.get(f"{at_worker}/readyz")).json()
        assert ready == {"status": "ok", "checks": {"process": "ok", "store": "ok", "schema": "ok"}}
        assert (await client.get(f"{at_worker}/metrics")).status_code == 401
        assert (await client.get(f"{at_worker}/")).status_code == 404

        async def counted() -> bool:
            # a result is written down a moment before it is counted
            told = await figures(client, at_worker)
            return told("digest_letter_seconds_count", answer="accepted") == 60

        await house.until(counted)
        of_worker = await figures(client, at_worker)

        async def has_told() -> bool:
            # with its next word, and the look of before is kept for a while
            told = await figures(client, at_serve)
            found = told.every("digest_worker_copies_total", worker="mail-1")
            return bool(found) and found[0].value == 60

        await house.until(has_told)
        of_serve = await figures(client, at_serve)
    # what the store says is asked of whoever has the pages
    rows = {name for name, one in METRICS.items() if one.source is Source.STORE}
    assert not of_worker.names() & rows
    assert of_serve.names() >= {"digest_copies_open", "digest_copies_total", "digest_workers"}
    assert of_serve("digest_workers", work="worker") == 1
    assert of_serve("digest_workers", work="scheduler") == 1
    assert of_serve("digest_worker_connections", worker="mail-1") == 4
    assert of_serve("digest_worker_silent_seconds", worker="mail-1") < 12
    assert of_serve("digest_scheduler_awake") == 1
    # it hands out, and sends nothing itself
    assert of_serve("digest_letter_seconds_count", answer="accepted") == 0
    woke = of_serve("digest_scheduler_wake_timestamp_seconds")
    assert abs(datetime.now(UTC).timestamp() - woke) < 60
    for child in (worker, serve):
        child.send_signal(signal.SIGTERM)
    for status, _out, err in [await ended(child) for child in (worker, serve)]:
        assert (status, "Traceback" in err) == (0, False), err


async def test_a_worker_whose_port_is_taken_says_so_and_leaves(house: House) -> None:
    port = str(house.record.port)
    status, out, err = await house.command.run("worker", "--metrics-port", port)
    assert (status, out, "Traceback" in err) == (2, "", False)
    assert err.splitlines()[-1].endswith("choose another --metrics-host or --metrics-port")
