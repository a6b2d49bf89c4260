"""Somebody who follows a page of the documentation: types its blocks, in order, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.docs.blocks import BACKGROUND, ROOT, STOPPED, Block

#: Longer than any block takes, in seconds.
_PATIENCE: Final = 120
_PAGES: Final = "127.0.0.1:8000"
#: In what is shown: some words, or some lines, which differ from day to day.
_SOME: Final = "…"


@dataclass
class Reader:
    """A shell that keeps its variables and its folder from block to block."""

    folder: Path
    #: where the command lies
    commands: Path
    #: what stands on the page, by what there is instead of it here
    instead: Mapping[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self._state = self.folder.with_name(f"{self.folder.name}.state")
        self._state.write_text(f"cd {shlex.quote(str(self.folder))}\n", encoding="utf-8")
        self._port = free_port()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stops()
        self._closing.close()

    def does(self, block: Block) -> None:
        """Do what a block says; fails where it fails, or shows other things than it says."""
        text = self._as_here(block.content)
        if block.remark == STOPPED:
            self._stops()
        if block.remark == BACKGROUND:
            self._starts(text)
        elif block.language == "console":
            for command, shown in conversation(text):
                assert_shown(self.types(command), shown, block.place)
        elif block.language == "sh":
            self.types(text)
        elif block.language == "python":
            self.types(f"{shlex.quote(sys.executable)} - <<'END-OF-BLOCK'\n{text}\nEND-OF-BLOCK\n")
        elif block.language == "toml":
            self.types(f"cat > digest.toml <<'END-OF-BLOCK'\n{text}\nEND-OF-BLOCK\n")

    def types(self, text: str) -> str:
        """What commands write to standard output; fails when one of them fails."""
        state = shlex.quote(str(self._state))
        done = subprocess.run(
            [
                "sh",
                "-e",
                "-c",
                f". {state}; set -a\n{text}\nexport -p > {state}; echo cd \"'$PWD'\" >> {state}",
            ],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout.decode()}\n{done.stderr.decode()}"
        return done.stdout.decode()

    @property
    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("DIGEST_")}
        path = os.pathsep.join([str(self.commands), str(Path(sys.executable).parent), clean.get("PATH", "")])
        # this checkout, whatever else is installed; tables as wide as they are
        return clean | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def _as_here(self, text: str) -> str:
        for there, here in self.instead.items():
            text = text.replace(there, here)
        return text.replace(_PAGES, f"127.0.0.1:{self._port}")

    def _starts(self, text: str) -> None:
        """Start what runs until it is stopped; pages are waited for."""
        serves = "digest serve" in text
        # the installed command, for this one gets signals
        real = shlex.quote(str(Path(sys.executable).with_name("digest")))
        command = text.strip().replace("digest serve", f"digest serve --port {self._port}")
        command = command.replace("digest", real, 1)
        log = self._closing.enter_context((self.folder.with_name(f"{self.folder.name}.log")).open("ab"))
        process = subprocess.Popen(
            ["sh", "-c", f". {shlex.quote(str(self._state))}; exec {command}"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self.started.append(process)
        until = time.monotonic() + _PATIENCE
        while serves and not _answers(self._port):
            assert process.poll() is None, Path(log.name).read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.1)

    def _stops(self) -> None:
        """End what was started, gently."""
        for process in self.started:
            process.terminate()
        while self.started:
            self.started.pop().wait(timeout=_PATIENCE)


def conversation(text: str) -> list[tuple[str, str]]:
    """The commands of a console, each with what it shows; `> ` goes on with a command."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
            continue
        command, shown = found.pop()
        going_on = line.startswith("> ") and not shown
        found.append((f"{command}\n{line[2:]}", "") if going_on else (command, f"{shown}{line}\n"))
    return found


def assert_shown(really: str, told: str, place: str) -> None:
    """Fail unless a page tells what is really shown, but for what it leaves open by an ellipsis."""
    pattern = r"[\s\S]*?".join(re.escape(part) for part in _trimmed(told).split(_SOME))
    assert re.fullmatch(pattern, _trimmed(really)), f"{place} says\n{told}\nand this is shown:\n{really}"


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: Any = free.getsockname()[1]
    return int(port)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
