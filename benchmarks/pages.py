"""Shows how quickly readers' pages answer when fifty ask at once, beside a page that does nothing.

Two loads, and they say different things. In the closed loop fifty visitors ask again as soon as they are
answered: it shows how many answers a second there can be, and by arithmetic an answer then takes fifty times
as long as one. In the open loop fifty people look at what they get before they ask again: it shows how long
a person waits.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median
from time import sleep
from typing import Any, Final
from urllib.request import urlopen

from benchmarks.alone import Case, alone, prepared, scratch
from benchmarks.options import Options
from benchmarks.tables import show
from benchmarks.visitors import CLIENTS, KEY, PAGES

_READERS: Final = 100_000
#: Of the closed loop.
_REQUESTS: Final = 4_000
#: Seconds between the requests of a person, on average, and how long the open loop goes on.
_PAUSE: Final = 1.0
_SECONDS: Final = 20.0
#: Readers set aside for one measurement. Who leaves is one of the second half, and leaves once.
_EACH: Final = 5_000
_LEAVES: Final = "one-click POST"
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


def run(options: Options) -> dict[str, Any]:
    """Measure in turns and print."""
    loads: dict[str, tuple[str, dict[str, float]]] = {
        "asks again at once": ("at_once", {"requests": _REQUESTS}),
        f"looks for {_PAUSE:g} s": ("like_people", {"pause": _PAUSE, "seconds": _SECONDS}),
    }
    found: dict[str, list[Mapping[str, float]]] = {}
    looking, leaving = cycle(range(1, _READERS // 2, _EACH)), iter(range(_READERS // 2 + 1, _READERS, _EACH))
    with scratch() as folder:
        file = prepared(folder / "pages.sqlite3", readers=_READERS)
        with _serving(Path(file), folder) as port, _bare() as bare:
            for _turn in range(min(options.rounds, _READERS // 2 // _EACH // len(loads))):
                for load, (how, told) in loads.items():
                    for page in PAGES:
                        first = next(leaving if page == _LEAVES else looking)
                        where = {"port": bare if page == "nothing" else port, "page": page, "first": first}
                        case = Case(f"benchmarks.visitors:{how}", {**where, **told})
                        found.setdefault(f"{page}; each {load}", []).append(alone(case))
    figures = {
        name: {key: median(one[key] for one in of_one) for key in of_one[0]} for name, of_one in found.items()
    }
    show(
        f"{CLIENTS} visitors at a time, in a process of their own; {_READERS:,} readers",
        ("asked for", "requests/s", "median ms", "p99 ms", "worst ms"),
        [
            [name, f"{one['rate']:,.0f}", *(f"{one[which]:.1f}" for which in ("median", "p99", "worst"))]
            for name, one in figures.items()
        ],
    )
    return figures


@contextmanager
def _serving(file: Path, folder: Path) -> Iterator[int]:
    environment = {
        **os.environ,
        "DIGEST_DATABASE_URL": f"sqlite:///{file}",
        "DIGEST_SECRET_KEY": KEY,
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
                if process.poll() is not None:
                    raise RuntimeError("a server did not begin") from None
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
