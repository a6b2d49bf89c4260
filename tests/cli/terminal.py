"""A real pseudo-terminal with a command at it: a test reads what it says, and types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.cli.shell import DIGEST, Shell

#: The first start of a command on a busy machine is slow.
_SECONDS: Final = 40.0


class Terminal:
    """Both ends of a talk with a command."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        """Read and write at `master`."""
        self._master: Final = master
        self._process: Final = process
        self._read = 0
        self.said = ""

    def waits_for(self, words: str) -> None:
        """Read until it says this, behind what was waited for before."""
        until = time.monotonic() + _SECONDS
        while words not in self.said[self._read :]:
            assert time.monotonic() < until, self.said
            assert self._more(), self.said
        self._read = self.said.index(words, self._read) + len(words)

    def types(self, line: str) -> None:
        """Type a line, and Enter."""
        os.write(self._master, f"{line}\n".encode())

    def presses(self, key: bytes) -> None:
        """Press a key, such as Ctrl-C, once the command sits and waits.

        A signal that comes between the question and the reading of the answer is noticed with the answer.
        """
        until = time.monotonic() + _SECONDS
        while not self._sits():
            assert time.monotonic() < until, self.said
            time.sleep(0.02)
        os.write(self._master, key)

    def _sits(self) -> bool:
        """Whether it sleeps (proc(5): the third field, behind a name that may hold anything)."""
        told = Path(f"/proc/{self._process.pid}/stat")
        return not told.exists() or told.read_text().rpartition(")")[2].split()[0] == "S"

    def ends(self) -> int:
        """Read to the end; its status."""
        while self._more():
            pass
        return self._process.wait(timeout=_SECONDS)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], _SECONDS)
        assert ready, self.said
        try:
            piece = os.read(self._master, 4096)
        except OSError:
            # the other side of a terminal that was closed, on Linux
            return False
        self.said += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)


@contextmanager
def at_terminal(shell: Shell, *words: str) -> Iterator[Terminal]:
    """Start the real command at a terminal of its own; it is ended with the test."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [DIGEST, *words],
        cwd=shell.folder,
        env=shell.environment | {"TERM": "dumb"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        # Ctrl-C goes to who has the terminal as their own
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)
