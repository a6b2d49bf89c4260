"""`digest doctor --deep`: every row is looked at, and the exactly-once ledger made anew."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from digest.cli.console import answer, counted, run, say
from digest.cli.doors import store_of
from digest.cli.meters import watched
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.flows.deep_look import Looked, deep_look


def look(*, json: bool, config: Path | None) -> None:
    """Look, tell what differs, and end with the status that says whether anything did."""
    start = time.monotonic()

    async def work() -> Looked:
        async with store_of(config) as store, watched(json, "looking", "readers and issues") as progress:
            return await deep_look(store=store, progress=progress)

    found = run(work())
    seconds = round(time.monotonic() - start, 1)
    if json:
        answer(_document(found, seconds))
    else:
        _tell(found, seconds)
    raise typer.Exit(FAILED_IN_PART if found.differences else DONE)


def _document(found: Looked, seconds: float) -> dict[str, object]:
    return {
        "differences": [
            {
                "id": one.kind,
                "about": one.about,
                "count": one.count,
                "examples": one.examples,
                "line": one.line,
                "mend": one.mend,
            }
            for one in found.differences
        ],
        "looked_through": {"readers": found.readers, "issues": found.issues, "newest_number": found.newest},
        "seconds": seconds,
        "ok": not found.differences,
    }


def _tell(found: Looked, seconds: float) -> None:
    for one in found.differences:
        say(f"{one.line} [{one.kind}]")
        say(f"    -> {one.mend}")
    what = f"{counted(found.readers, 'reader')} and {counted(found.issues, 'issue')} in {seconds:.1f} s"
    if found.differences:
        differ = counted(len(found.differences), "difference")
        say(f"{differ} among {what}: docs/deep-look.md tells more of each")
    else:
        say(f"all is as it should be: {what}")
