"""A mail server that takes everything and keeps nothing, when the machine has one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Final

#: Where Debian's postfix package puts it; few people have the folder on their path.
_ALSO: Final = "/usr/sbin"
_PATIENCE: Final = 10
_BACKLOG: Final = "100"


@contextmanager
def smtp_sink() -> Iterator[str | None]:
    """The URL of a running Postfix `smtp-sink`; None when the machine has none."""
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:{_ALSO}")
    if program is None:
        yield None
        return
    port = _free_port()
    # it will not run as root
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([program, *user, f"127.0.0.1:{port}", _BACKLOG])
    try:
        _wait_for(port)
        yield f"smtp://127.0.0.1:{port}"
    finally:
        sink.terminate()
        sink.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if monotonic() > deadline:
                raise
            sleep(0.05)
        else:
            return
