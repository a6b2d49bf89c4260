"""The work of a process, put together for a test: the store, the press, a post, and who is alive."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from digest.flows.press import Press
from digest.jobs.liveness import Liveness
from digest.jobs.local import LocalJobs, RunReport
from digest.mail.post import Post
from digest.mail.servers import FileOutbox, Server
from digest.store.database import Database

KEY: Final = b"a key that signs links in tests"
BASE_URL: Final = "https://news.example"


def press_for(store: Database) -> Press:
    """A press as the commands make one."""
    return Press(store=store, keys=[KEY], base_url=BASE_URL)


def jobs_for(
    store: Database,
    folder: Path,
    *servers: Server,
    lanes: int = 4,
    resend_uncertain: bool = True,
    **rules: Any,
) -> LocalJobs:
    """A process that keeps its names in a folder; without a server its mail goes into `outbox` there.

    `rules` are those of `LocalJobs`: limits, warm-up, the longest wait.
    """
    return LocalJobs(
        store=store,
        press=press_for(store),
        post=Post(servers or FileOutbox(folder / "outbox"), helo="desk.example"),
        liveness=Liveness(folder / "senders"),
        lanes=lanes,
        resend_uncertain=resend_uncertain,
        **rules,
    )


async def run(jobs: LocalJobs, now: datetime) -> RunReport:
    """Do everything that is due, as `digest run` does."""
    return await jobs.run(now, asyncio.Event())
