"""Web servers to measure, each in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Final
from urllib.request import urlopen

from benchmarks.visitors import KEY

_COMMAND: Final = "from digest.cli.main import run; run()"
_BARE: Final = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def nothing():
    return {"status": "ok"}
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The program's pages over a store, in a process of their own: its port and its number."""
    environment = {
        **os.environ,
        "DIGEST_DATABASE_URL": url,
        "DIGEST_SECRET_KEY": KEY,
        "DIGEST_VAR_DIR": str(folder),
        "DIGEST_LOG_LEVEL": "warning",
    }
    port = _free_port()
    command = [sys.executable, "-c", _COMMAND, "serve", "--no-scheduler", "--port", str(port)]
    with _running(command, port, environment, "/healthz") as number:
        yield port, number


@contextmanager
def serving_nothing() -> Iterator[int]:
    """A page that does nothing, of the same framework: its port."""
    port = _free_port()
    with _running([sys.executable, "-c", _BARE, str(port)], port, os.environ, "/"):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: Mapping[str, str], path: str) -> Iterator[int]:
    process = subprocess.Popen(command, env=dict(environment), stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                with urlopen(f"http://127.0.0.1:{port}{path}"):
                    break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("a server did not begin") from None
                sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
