"""The `digest` command as a process of its own, told about a store and a server, and killed at will."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from digest.mail.servers import FileOutbox, Server
from digest.store.database import Database


class Running(Protocol):
    """A process as asyncio has it: what the tests need of one."""

    @property
    def returncode(self) -> int | None:
        """Exit status, negative after a signal; None while it lives."""

    def send_signal(self, signal: int, /) -> None:
        """Strike it."""

    async def communicate(self) -> tuple[bytes, bytes]:
        """Wait for its end: what it said on standard output and standard error."""


@dataclass(frozen=True)
class Command:
    """How the command is called in a test: in a folder of its own, with settings by environment alone."""

    folder: Path
    store: Database
    server: Server | FileOutbox
    connections: int = 4
    uncertain: str = "again"
    #: more of the settings, by variable
    settings: Mapping[str, str] = field(default_factory=dict)

    async def start(self, *words: str) -> Running:
        """Start the console script that the installation made."""
        script = Path(sys.executable).with_name("digest")
        return await self._started(str(script), *words)

    async def start_with(self, changes: str, *words: str) -> Running:
        """Start the command after some code that changes how the program behaves."""
        code = f"{changes}\nfrom digest.cli.main import run\nrun()"
        return await self._started(sys.executable, "-c", code, *words)

    async def run(self, *words: str) -> tuple[int, str, str]:
        """Exit status and what was said on standard output and standard error."""
        return await ended(await self.start(*words))

    async def _started(self, *words: str) -> Running:
        return await asyncio.create_subprocess_exec(
            *words, cwd=self.folder, env=self._environment(), stdout=PIPE, stderr=PIPE
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
        return kept | {
            "DIGEST_VAR_DIR": str(self.folder / "var"),
            "DIGEST_DATABASE_URL": self.store.url.render_as_string(hide_password=False),
            "DIGEST_SMTP_URL": f"file:{self.server.folder}"
            if isinstance(self.server, FileOutbox)
            else str(self.server),
            "DIGEST_SMTP_CONNECTIONS": str(self.connections),
            "DIGEST_UNCERTAIN": self.uncertain,
            "DIGEST_TICK_SECONDS": "1",
            "DIGEST_SECRET_KEY": "a key that signs links in tests",
            **self.settings,
        }


async def ended(process: Running) -> tuple[int, str, str]:
    """Wait for the end: exit status, standard output, standard error."""
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def totals_of(process: Running) -> dict[str, Any]:
    """The answer of a run that was asked for JSON and went well."""
    status, out, err = await ended(process)
    assert status == 0, err
    found: dict[str, Any] = json.loads(out)
    return found
