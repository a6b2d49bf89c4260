"""The test's side of the nursery: the `digest` command as children that can be told where to die."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.walk.process import Command


@dataclass
class Child:
    """A process that runs the command; it is used like one of asyncio's."""

    pid: int
    returncode: int | None
    folder: Path
    name: str
    reader: StreamReader
    writer: StreamWriter

    def send_signal(self, number: int) -> None:
        """Strike it, if it still lives."""
        if self.returncode is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                # it has just ended by itself
                return

    async def wait(self) -> int:
        """Its exit status; a signal that ended it is negative."""
        if self.returncode is None:
            self.returncode = int(await self.reader.readline())
            self.writer.close()
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """What it said, when it has ended."""
        await self.wait()
        return self._said("out"), self._said("err")

    def said(self) -> str:
        """What it has said on standard error up to now."""
        return self._said("err").decode()

    def _said(self, where: str) -> bytes:
        file = self.folder / f"{self.name}.{where}"
        # it makes its files itself, some moments after its birth
        return file.read_bytes() if file.exists() else b""


@dataclass(frozen=True)
class Born(Command):
    """The command as a child of the nursery."""

    #: where the nursery listens
    nursery: Path = Path()
    #: waits that are shorter than in production, by dotted name
    shorter: Mapping[str, float] = field(default_factory=dict)
    #: where it kills itself, and at which time that it comes there
    point: str = ""
    time: int = 1
    #: where its standard error goes, when not to a file that the child tells of
    remarks: str = ""
    #: seconds that its clock is ahead of the right time, and by how much it jumps with each SIGUSR1
    ahead: float = 0.0
    jump: float = 0.0

    async def start(self, *words: str) -> Child:
        """Give birth to a process that runs the command with these words."""
        name = secrets.token_hex(6)
        told = {
            "folder": str(self.folder),
            "environment": self._environment(),
            "words": words,
            "out": str(self.folder / f"{name}.out"),
            "err": self.remarks or str(self.folder / f"{name}.err"),
            "ahead": self.ahead,
            "jump": self.jump,
            "shorter": dict(self.shorter),
            "point": self.point,
            "time": self.time,
        }
        reader, writer = await asyncio.open_unix_connection(self.nursery)
        writer.write(json.dumps(told).encode() + b"\n")
        return Child(int(await reader.readline()), None, self.folder, name, reader, writer)

    def dying_at(self, point: str, time: int = 1) -> Born:
        """The same command, killed at a point."""
        return replace(self, point=point, time=time)


@contextmanager
def nursery() -> Iterator[Path]:
    """A nursery at work; its socket."""
    with tempfile.TemporaryDirectory(prefix="digest-nursery-") as folder:
        address = Path(folder, "socket")
        mother = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery", str(address)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert mother.stdin is not None
        assert mother.stdout is not None
        try:
            assert mother.stdout.readline() == b"ready\n"
            yield address
        finally:
            mother.stdin.close()
            try:
                mother.wait(10)
            except subprocess.TimeoutExpired:
                mother.send_signal(signal.SIGKILL)
                mother.wait()
            mother.stdout.close()
