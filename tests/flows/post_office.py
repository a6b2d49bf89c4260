"""Notices as tests see them: sent through a real server, listed, and their links found in what arrived."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.core.notices import Notice
from digest.flows.notify import Notified
from digest.mail.servers import Server
from digest.store import notices
from digest.store.database import Database
from tests.jobs.office import BASE_URL, jobs_for
from tests.wire.transmission import texts_of


async def all_notices(store: Database, **wanted: Any) -> tuple[Notice, ...]:
    """All notices, or those asked for."""
    async with store.read() as connection:
        return await notices.page(connection, limit=10_000, **wanted)


async def send_notices(
    store: Database, folder: Path, *servers: Server, now: datetime, **rules: Any
) -> Notified:
    """Send what is due, as the scheduler does between its ticks."""
    return await jobs_for(store, folder, *servers, **rules).notify(now, asyncio.Event())


def link_in(content: bytes, path: str) -> str:
    """The path of the one link of a kind in a mail that arrived, such as `/confirm/…`."""
    text = texts_of(content)["text/plain"]
    (found,) = set(re.findall(rf"{re.escape(BASE_URL)}(/{path}/[\w-]+)", text))
    return str(found)
