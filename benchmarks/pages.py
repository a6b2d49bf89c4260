"""Shows how quickly readers' pages answer when fifty ask at once, beside a page that does nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final
from urllib.request import urlopen

from benchmarks.alone import prepared, scratch
from benchmarks.options import Options
from benchmarks.tables import show
from subscribers.tokens import Purpose, Tokens

_READERS: Final = 100_000
_CLIENTS: Final = 50
_REQUESTS: Final = 4_000
_KEY: Final = "a key for measurements that is long enough"
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
_FORM: Final = b"List-Unsubscribe=One-Click"
_POSTED: Final = b"Content-Type: application/x-www-form-urlencoded\r\n"

#: The request for the nth reader.
Ask = Callable[[int], bytes]


def run(options: Options) -> dict[str, Any]:
    """Measure in turns and print."""
    tokens = Tokens([_KEY.encode()])
    asked: dict[str, Ask] = {
        "preferences page": lambda n: _get(f"/preferences/{tokens.make(Purpose.PREFERENCES, n)}"),
        "unsubscribe page": lambda n: _get(f"/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, n)}"),
        "one-click POST": lambda n: _one_click(f"/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, n)}"),
        "subscribe page": lambda n: _get("/subscribe"),
    }
    found: dict[str, list[list[float]]] = {name: [] for name in ("nothing", *asked)}
    with scratch() as folder:
        file = prepared(folder / "pages.sqlite3", readers=_READERS)
        with _serving(Path(file), folder) as port, _bare() as bare:
            for turn in range(options.rounds):
                found["nothing"].append(asyncio.run(_load(bare, lambda _n: _get("/"), 0)))
                for name, ask in asked.items():
                    found[name].append(asyncio.run(_load(port, ask, 1 + turn * _REQUESTS)))
    figures = {name: _figures([took for turn in turns for took in turn]) for name, turns in found.items()}
    show(
        f"{_CLIENTS} clients at once, each asking again as soon as it is answered; {_READERS:,} readers",
        ("asked for", "requests/s", "median ms", "p99 ms", "worst ms"),
        [
            [name, f"{one['rate']:,.0f}", *(f"{one[which]:.1f}" for which in ("median", "p99", "worst"))]
            for name, one in figures.items()
        ],
    )
    return figures


def _figures(took: list[float]) -> dict[str, float]:
    """Milliseconds of answers; requests a second follow from how many are always waiting."""
    ordered = sorted(took)
    return {
        "rate": _CLIENTS / (sum(ordered) / len(ordered)),
        "median": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "worst": 1000 * ordered[-1],
    }


async def _load(port: int, ask: Ask, first: int) -> list[float]:
    """Seconds that each request took."""
    waiting = iter(range(first, first + _REQUESTS))
    took: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in waiting:
            began = perf_counter()
            writer.write(ask(number))
            await _answer(reader)
            took.append(perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    # the first of each client find nothing prepared
    return took[_CLIENTS:]


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303")):
        raise RuntimeError(f"a page was not answered: {head.splitlines()[0].decode()}")
    (length,) = (line[15:] for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    await reader.readexactly(int(length))


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: news.example\r\n\r\n".encode()


def _one_click(path: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: news.example\r\nContent-Length: {len(_FORM)}\r\n".encode()
    return head + _POSTED + b"\r\n" + _FORM


@contextmanager
def _serving(file: Path, folder: Path) -> Iterator[int]:
    environment = {
        **os.environ,
        "DIGEST_DATABASE_URL": f"sqlite:///{file}",
        "DIGEST_SECRET_KEY": _KEY,
        "DIGEST_VAR_DIR": str(folder),
        "DIGEST_LOG_LEVEL": "warning",
    }
    port = _free_port()
    command = [sys.executable, "-c", _COMMAND, "serve", "--no-scheduler", "--port", str(port)]
    with _running(command, port, environment, "/healthz"):
        yield port


@contextmanager
def _bare() -> Iterator[int]:
    port = _free_port()
    with _running([sys.executable, "-c", _BARE, str(port)], port, os.environ, "/"):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: Mapping[str, str], path: str) -> Iterator[None]:
    process = subprocess.Popen(command, env=dict(environment), stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                with urlopen(f"http://127.0.0.1:{port}{path}"):
                    break
            except OSError:
                sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
