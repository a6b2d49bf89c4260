"""Measures `digest run` as people use it: a process that starts, plans, prints, sends, records and ends.

This module imports none of the program: on Linux a child begins with the peak memory of its parent.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.processes import ended

#: When the readers of all prepared stores are due.
DUE: Final = "2026-11-25T08:00:00Z"
_NOTHING_DUE: Final = "2026-11-24T13:00:00Z"
_COMMAND: Final = "from digest.cli.main import run; run()"
#: How the command is begun, by event loop. As the program chooses; without uvloop, as where it is not
#: installed; with uvloop whatever the program would choose.
_BEGUN: Final = {
    "": _COMMAND,
    "asyncio": f"import sys; sys.modules['uvloop'] = None; {_COMMAND}",
    "uvloop": "import asyncio, uvloop; asyncio.set_event_loop_policy(uvloop.EventLoopPolicy()); " + _COMMAND,
}


async def run_digest(
    file: str,
    smtp_url: str,
    *,
    loop: str = "",
    settings: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Send all that is due in a copy of the store; seconds, and megabytes of that process alone."""
    sent = _run(file, smtp_url, loop, settings or {}, DUE)
    if not sent["sent"] == sent["planned"] > 0:
        raise RuntimeError(f"digest run did not send what it planned: {sent}")
    return sent


async def run_digest_at(url: str, smtp_url: str, folder: str) -> dict[str, float]:
    """The same in any store, which has nothing to send afterwards."""
    sent = _run_at(url, smtp_url, "", {}, DUE, folder)
    if not sent["sent"] == sent["planned"] > 0:
        raise RuntimeError(f"digest run did not send what it planned: {sent}")
    return sent


async def start_alone(file: str) -> dict[str, float]:
    """The same when nothing is due: what is spent before the first letter, but for planning and printing."""
    return _run(file, "smtp://127.0.0.1:9", "", {}, _NOTHING_DUE)


async def sample(file: str, folder: str) -> dict[str, float]:
    """Print the letters of a small mailing into a folder, each as it would travel; their mean size."""
    await run_digest(file, f"file:{folder}")
    sizes = [letter.stat().st_size for letter in sorted(Path(folder).glob("*.eml"))]  # noqa: ASYNC240
    return {"letters": len(sizes), "bytes": sum(sizes) / len(sizes)}


def _run(file: str, smtp_url: str, loop: str, settings: Mapping[str, str], now: str) -> dict[str, float]:
    with _copied(Path(file)) as copy, TemporaryDirectory(dir=copy.parent) as folder:
        return _run_at(f"sqlite:///{copy}", smtp_url, loop, settings, now, folder)


def _run_at(
    url: str, smtp_url: str, loop: str, settings: Mapping[str, str], now: str, folder: str
) -> dict[str, float]:
    environment = {
        # an installed program is compiled; measured runs may not read its source each time
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "DIGEST_DATABASE_URL": url,
        "DIGEST_SMTP_URL": smtp_url,
        "DIGEST_VAR_DIR": folder,
        "DIGEST_LOG_LEVEL": "warning",
        **settings,
    }
    command = [sys.executable, "-c", _BEGUN[loop], "run", "--now", now, "--json"]
    run = ended(command, environment)
    totals = json.loads(run.output)
    return {
        "planned": totals["planned"],
        "sent": totals["sent"],
        "wall": run.wall,
        "processor": run.processor,
        "peak": run.peak,
    }


@contextmanager
def _copied(file: Path) -> Iterator[Path]:
    """A copy of a store that no process has open; it is on the disk before anything is measured."""
    copy = file.with_name(f"{file.name}.copy")
    shutil.copyfile(file, copy)
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    try:
        yield copy
    finally:
        for left in copy.parent.glob(f"{copy.name}*"):
            left.unlink()
