"""Measures `digest run` as people use it: a process that starts, plans, prints, sends, records and ends."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.alone import peak_megabytes
from benchmarks.readers import NOW
from benchmarks.stores import copy_of

_DIGEST = "from digest.cli.main import run; run()"


async def run_digest(file: str, smtp_url: str | None) -> dict[str, float]:
    """Send all that is due in a copy of the store, to a server or (None) into an outbox."""
    async with copy_of(file) as store:
        url = store.url.render_as_string()
        # the program alone shall have the file
        await store.close()
        with TemporaryDirectory(dir=Path(file).parent) as folder:
            start = perf_counter()
            totals = await asyncio.to_thread(_run, url, smtp_url, folder)
            wall = perf_counter() - start
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "sent": totals["sent"],
        "wall": wall,
        "processor": spent.ru_utime + spent.ru_stime,
        "peak": peak_megabytes(resource.RUSAGE_CHILDREN),
    }


def _run(database_url: str, smtp_url: str | None, folder: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "DIGEST_DATABASE_URL": database_url,
        "DIGEST_SMTP_URL": smtp_url or f"file:{folder}/outbox",
        "DIGEST_VAR_DIR": folder,
        "DIGEST_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-c", _DIGEST, "run", "--now", NOW.isoformat(), "--json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    totals: dict[str, Any] = json.loads(done.stdout)
    return totals
