"""Measures how a store goes into the file of a backup, and comes back, each in a process of its own."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.alone import peak_megabytes
from benchmarks.stores import opened_at
from digest.flows.back_up import back_up, look_through
from digest.flows.restore import restore


async def keep(url: str, file: str) -> dict[str, float]:
    """Back a store up."""
    async with opened_at(url) as store:
        work = back_up(store, Path(file), now=datetime.now(UTC), program="measured")
        return await _measured(work, file)


async def check(file: str) -> dict[str, float]:
    """Read a file to its end."""
    return await _measured(look_through(Path(file)), file)


async def put_back(url: str, file: str) -> dict[str, float]:
    """Put a file back into an empty store."""
    async with opened_at(url) as store:
        return await _measured(restore(Path(file), store, now=datetime.now(UTC)), file)


async def _measured(work: Coroutine[Any, Any, Any], file: str) -> dict[str, float]:
    before, start, processor = peak_megabytes(), perf_counter(), process_time()
    done = await work
    return {
        "rows": sum(done.tables.values()),
        "octets": _octets(file),
        "wall": perf_counter() - start,
        "processor": process_time() - processor,
        "before": before,
        "peak": peak_megabytes(),
    }


def _octets(file: str) -> int:
    return Path(file).stat().st_size
