"""Mail servers that take everything and keep nothing, when the machine has them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Final

#: Where Debian's postfix package puts its programs; few people have the folder on their path.
_ALSO: Final = "/usr/sbin"
#: Where the light sink's source lies beside a checkout, and the variable that says otherwise.
_LIGHT_SOURCE: Final = Path(__file__).parents[2] / "shared" / "tools" / "light_sink.c"
_LIGHT_VARIABLE: Final = "DIGEST_BENCH_LIGHT_SINK"
_PATIENCE: Final = 10
_BACKLOG: Final = "200"


def postfix_program(name: str) -> str | None:
    """Where `smtp-sink` or `smtp-source` is; None when the machine has it not."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_ALSO}")


@contextmanager
def smtp_sink() -> Iterator[int | None]:
    """The port of a running Postfix `smtp-sink`; None when the machine has none."""
    program = postfix_program("smtp-sink")
    if program is None:
        yield None
        return
    port = _free_port()
    # it will not run as root
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with _running([program, *user, f"127.0.0.1:{port}", _BACKLOG], port):
        yield port


@contextmanager
def light_sink() -> Iterator[int | None]:
    """The port of a sink that costs next to nothing, compiled for the occasion; None says why on the way."""
    source = Path(os.environ.get(_LIGHT_VARIABLE) or _LIGHT_SOURCE)
    compiler = shutil.which("cc")
    if not source.is_file() or compiler is None:
        lacking = "no C compiler (cc)" if source.is_file() else f"no source (set {_LIGHT_VARIABLE} to it)"
        print(f"The light sink is skipped: there is {lacking}.")
        yield None
        return
    with TemporaryDirectory() as folder:
        program = f"{folder}/light_sink"
        built = [compiler, "-O2", "-o", program, str(source)]
        if subprocess.run(built).returncode:
            print(f"The light sink is skipped: {source} does not compile.")
            yield None
            return
        port = _free_port()
        with _running([program, str(port)], port):
            yield port


@contextmanager
def slow_sink(milliseconds: int) -> Iterator[int]:
    """The port of a server that answers so much later."""
    port = _free_port()
    with _running([sys.executable, "-m", "benchmarks.slow_sink", str(port), str(milliseconds)], port):
        yield port


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if monotonic() > deadline or process.poll() is not None:
                raise
            sleep(0.05)
        else:
            return
