"""Strikes a process at a random moment: by the messages that have arrived, or by the clock."""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import dataclass, field

from tests.walk.process import Running
from tests.walk.recording import Accepted, Record


@dataclass
class Killer:
    """Strikes the process under watch once: when so many more messages have arrived, or before the first."""

    record: Record
    chance: random.Random
    how: signal.Signals = signal.SIGKILL
    #: seconds in which a process comes to its first message, about
    warming_up: float = 1.5
    process: Running | None = None
    left: int = 0
    struck: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def watch(self, process: Running, most: int, *, least: int = 0) -> None:
        """Strike after some message from `least` to `most`; 0 stands for a moment drawn by the clock."""
        self.process, self.left = process, self.chance.randint(least, most)
        self.record.at_data = self._count
        if self.left == 0:
            self._soon(self.chance.uniform(0, self.warming_up))

    async def _count(self, _message: Accepted) -> None:
        self.left -= 1
        if self.left == 0:
            # before the answer, after it, or while the next message is being written down
            pause = self.chance.choice([0.0, self.chance.uniform(0, 0.02)])
            if pause:
                self._soon(pause)
            else:
                self._strike()

    def _soon(self, seconds: float) -> None:
        task = asyncio.create_task(self._later(seconds, self.process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, seconds: float, meant: Running | None) -> None:
        await asyncio.sleep(seconds)
        if self.process is meant:
            self._strike()

    def _strike(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(self.how)
            self.struck += 1
        self.process = None
