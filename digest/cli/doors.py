"""How a command gets in: settings read once, the store opened, the parts it names put together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from digest import wiring
from digest.config import Settings, Uncertain, load_settings, secret_keys
from digest.flows.press import Press
from digest.jobs.liveness import Liveness
from digest.jobs.local import LocalJobs
from digest.store.database import Database


def settings_from(config: Path | None) -> Settings:
    """The settings, with logging set up by them."""
    settings = load_settings(config)
    wiring.set_up_logging(settings)
    return settings


@asynccontextmanager
async def store_of(config: Path | None) -> AsyncIterator[Database]:
    """The store alone."""
    async with wiring.open_store(settings_from(config)) as store:
        yield store


def press_for(settings: Settings, store: Database) -> Press:
    """A press that signs with the settings' keys."""
    return Press(store=store, keys=secret_keys(settings), base_url=settings.base_url)


async def jobs_for(settings: Settings, store: Database) -> LocalJobs:
    """The work of this process."""
    return LocalJobs(
        store=store,
        press=press_for(settings, store),
        post=await wiring.post_for(settings),
        liveness=Liveness(settings.var_dir / "senders"),
        lanes=settings.smtp_connections,
        resend_uncertain=settings.uncertain is Uncertain.AGAIN,
    )


@asynccontextmanager
async def stopping() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM and Ctrl-C set: what is in flight ends well, nothing new begins."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for one in signals:
        loop.add_signal_handler(one, stop.set)
    try:
        yield stop
    finally:
        for one in signals:
            loop.remove_signal_handler(one)
