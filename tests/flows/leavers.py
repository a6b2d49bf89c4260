"""Readers who leave and come back, and what is recorded of that in a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.flows import by_link, readers
from digest.flows.readers import Enrolment
from digest.store.database import Database
from subscribers.leaving import BY_ONE_CLICK
from tests.flows.newsroom import reader, wishes

ANA, BOB, CLEO = (f"{name}@example.org" for name in ("ana", "bob", "cleo"))


async def leave(store: Database, address: str, now: datetime) -> None:
    """Unsubscribe by one click."""
    id_ = (await reader(store, address)).id
    assert await by_link.leave(id_, reason=BY_ONE_CLICK, store=store, now=now)


async def come_back(store: Database, address: str, now: datetime) -> None:
    """Subscribe again."""
    new = Enrolment(address, "daily", wishes(), confirmed=True, reason="came back")
    await readers.subscribe(new, store=store, now=now)


def text_in(folder: Path) -> str:
    """All that stands in the files of a folder."""
    return "".join(path.read_text() for path in sorted(folder.iterdir()))
