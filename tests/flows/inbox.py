"""A watched folder in a test: files are put into it, and time passes when it is said to."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from digest.core.model import Briefing
from digest.flows.watch import Looked, Watcher
from digest.ingest.folder import Folder
from digest.store import briefings, taken_files
from digest.store.database import Database
from digest.store.taken_files import FolderTrouble, TakenFile
from tests.flows.newsroom import TUESDAY

NOBODY: Final = 65534


def news(*titles: str, topic: str = "economy") -> str:
    """A file of briefings."""
    items = [
        {
            "title": title,
            "paragraphs": [f"{title}: the whole story."],
            "source": "The Harbour Post",
            "source_date": "2026-11-23",
            "topics": [topic],
        }
        for title in titles
    ]
    return json.dumps(items)


@dataclass
class Inbox:
    """A folder, a process that looks into it, and the clock of that process."""

    store: Database
    path: Path
    seconds: float = 0.0
    #: how far the clock of the world is ahead of that of the disk
    ahead: timedelta = timedelta()
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.watcher = self.watching(self.store)

    def watching(self, store: Database) -> Watcher:
        """One more process that looks into it."""
        return Watcher(
            store=store,
            folder=Folder(self.path),
            clock=lambda: self.seconds,
            wall=lambda: datetime.now(UTC) + self.ahead,
        )

    def put(self, name: str, content: str | bytes) -> Path:
        """Put a file there, whole."""
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def permit(self, mode: int, name: str = "") -> None:
        """Let the folder, or a file in it, be read and written by whom this says."""
        (self.path / name).chmod(mode)

    async def look(self, after: float = 0.0) -> Looked:
        """A look after so many seconds."""
        self.seconds += after
        return await self.watcher.look(TUESDAY, self.stop)

    async def take(self) -> Looked:
        """Two looks between which files come to rest."""
        await self.look()
        return await self.look(after=10)

    def lying(self) -> list[str]:
        """Paths of all files, from the folder."""
        return sorted(
            str(one.relative_to(self.path))
            for one in self.path.rglob("*")
            if one.is_symlink() or not one.is_dir()
        )

    async def titles(self) -> list[str]:
        """Of all briefings that came out, with one entry for each of them."""
        return [one.title for one in await self.briefings()]

    async def briefings(self) -> tuple[Briefing, ...]:
        """All of them."""
        async with self.store.read() as connection:
            return await briefings.page(connection, limit=1000)

    async def records(self) -> tuple[TakenFile, ...]:
        """What is recorded, the newest first."""
        async with self.store.read() as connection:
            return await taken_files.newest(connection, limit=1000)

    async def troubles(self) -> list[tuple[str, str]]:
        """Names and words."""
        async with self.store.read() as connection:
            found: tuple[FolderTrouble, ...] = await taken_files.troubles(connection)
        return [(one.name, one.words) for one in found]


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read and write everything; meanwhile this process is somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
