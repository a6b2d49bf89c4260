"""The receiver of docs/webhooks.md is run as it stands there, and takes what is signed, once."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from digest.core.access import PROGRAM
from digest.core.webhooks import ASKED_FOR, WAITS, EventKind, document, headers_for
from digest.flows import webhooks
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, join
from tests.flows.telling import hooked, messenger

pytestmark = pytest.mark.anyio

BODY: Final = json.dumps(document(EventKind.TEST, TUESDAY, {"webhook": 1})).encode()
TEXT: Final = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")


async def test_the_receiver_of_the_docs_takes_what_is_signed_and_nothing_else(sqlite_store: Database) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    old = await hooked(sqlite_store, url)
    new = await webhooks.rotate_secret(old.id, by=PROGRAM, store=sqlite_store, now=datetime.now(UTC))
    environment = os.environ | {"PORT": str(port), "WEBHOOK_SECRETS": old.secret}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            await _listens(port)
            reader = await join(sqlite_store, "ana@example.org", TUESDAY)
            done = await messenger(sqlite_store, lambda: datetime.now(UTC)).go(asyncio.Event())
            assert done.taken == 1
            assert process.stdout is not None
            said = (await process.stdout.readline()).decode()
    finally:
        now = datetime.now(UTC)
        answers = {
            "signed": await _posted(url, headers_for("evt_1", now, BODY, [new.secret, old.secret])),
            "with another secret": await _posted(url, headers_for("evt_2", now, BODY, [new.secret])),
            "long ago": await _posted(
                url, headers_for("evt_3", now - timedelta(minutes=6), BODY, [old.secret])
            ),
            "not signed": await _posted(url, {}),
        }
        process.kill()
        await process.wait()
    assert said.startswith("reader.joined")
    assert f"'subscription': {reader.id}" in said
    assert answers == {"signed": 204, "with another secret": 400, "long ago": 400, "not signed": 400}


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


async def _posted(url: str, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, BODY, headers, method="POST")

    def post() -> int:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    return await asyncio.to_thread(post)


def test_the_page_names_every_event_and_the_waits_there_are() -> None:
    told = set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", TEXT, re.MULTILINE))
    assert told == {*ASKED_FOR, EventKind.TEST}
    words = "5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h"
    seconds = [
        int(n) * {"s": 1, "min": 60, "h": 3600}[unit] for n, unit in re.findall(r"(\d+) (s|min|h)", words)
    ]
    assert words in " ".join(TEXT.split())
    assert [timedelta(seconds=one) for one in seconds] == list(WAITS)
