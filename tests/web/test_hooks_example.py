"""The example of the generic form in the documentation works as it stands there."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from digest.core.returned import Kind
from digest.flows.hooks import Hooks
from digest.mail.hooks.called import Provider
from digest.store.database import Database
from digest.web.app import build_app
from subscribers.model import Standing
from tests.flows.amazon import amazon
from tests.flows.newsroom import reader
from tests.flows.returning import sent_to, settling
from tests.mail.hooks.signing import NOW, WHSEC
from tests.web.visiting import BASE_URL, TOKENS

pytestmark = pytest.mark.anyio
PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


async def test_example_of_the_documentation_is_taken(sqlite_store: Database) -> None:
    await sent_to(sqlite_store, "ana@readers.example", "bob@readers.example")
    example: dict[str, Any] = {}
    exec(compile(block("python"), "docs/hooks.md", "exec"), example)
    async with amazon() as reach:
        hooks = Hooks(
            secrets={Provider.GENERIC: (WHSEC,)},
            settling=settling(sqlite_store, NOW),
            reach=reach,
            now=lambda: datetime.now(UTC),
        )
        app = build_app(store=sqlite_store, tokens=TOKENS, base_url=BASE_URL, hooks=hooks)
        with socket.create_server(("127.0.0.1", 0)) as heard:
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
            serving = asyncio.create_task(server.serve([heard]))
            url = f"http://127.0.0.1:{heard.getsockname()[1]}/hooks/generic"
            status = await asyncio.to_thread(example["post"], url, WHSEC, "msg_1", json.loads(block("json")))
            server.should_exit = True
            await serving
    assert status == 200
    assert (await reader(sqlite_store, "ana@readers.example")).standing is Standing.BOUNCING
    assert (await reader(sqlite_store, "bob@readers.example")).standing is Standing.COMPLAINED


def test_every_kind_and_every_provider_is_named_in_the_documentation() -> None:
    # no program can say that a mail says nothing
    told = {*Kind, *Provider} - {Kind.UNKNOWN}
    assert [one for one in told if f"`{one}`" not in PAGE] == []
