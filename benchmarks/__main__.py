"""`python -m benchmarks [PART…]`: measures the parts that are named, or all, and prints tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks import (
    claims,
    desk,
    feeds,
    keeping,
    looking,
    memory,
    moving,
    others,
    pages,
    planning,
    printing,
    returns,
    sending,
    shrinking,
    stories,
    telling,
    topics,
    watching,
)
from benchmarks.options import Options, Part
from benchmarks.scale import growth

_PARTS: Final[Mapping[str, Part]] = {
    "planning": planning.run,
    "printing": printing.run,
    "claims": claims.run,
    "sending": sending.run,
    "memory": memory.run,
    "pages": pages.run,
    "desk": desk.run,
    "stories": stories.run,
    "telling": telling.run,
    "feeds": feeds.run,
    "returns": returns.run,
    "moving": moving.run,
    "keeping": keeping.run,
    "topics": topics.run,
    "shrinking": shrinking.run,
    "watching": watching.run,
    "looking": looking.run,
}
#: Only when they are named: one installs what other people wrote, one takes long.
_ON_REQUEST: Final[Mapping[str, Part]] = {"others": others.run, "scale": growth.run}


def main() -> None:
    """Read the command line, measure, print."""
    usual = Options()
    every = {**_PARTS, **_ON_REQUEST}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"one of {', '.join(every)}; all but {', '.join(_ON_REQUEST)} when none",
    )
    parser.add_argument(
        "--readers", type=int, default=usual.readers, help="readers of a mailing that is sent"
    )
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="how often senders take turns")
    parser.add_argument("--million", action="store_true", help="also with a million readers (minutes)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there as well")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in every]:
        parser.error(f"{unknown[0]!r} is not a part: choose among {', '.join(every)}")
    if chosen.readers < 1 or chosen.rounds < 1:
        parser.error("--readers and --rounds are numbers from 1 on")
    options = Options(readers=chosen.readers, rounds=chosen.rounds, million=chosen.million)
    machine = _machine()
    print(", ".join(machine.values()) + "; medians of measurements taken in turns.")
    figures = {part: every[part](options) for part in chosen.parts or _PARTS}
    if chosen.json:
        _write(chosen.json, {"machine": machine, "figures": figures})


def _machine() -> dict[str, str]:
    return {
        "python": f"Python {platform.python_version()}",
        "sqlite": f"SQLite {sqlite3.sqlite_version}",
        "processors": f"{os.cpu_count()} processors",
        "system": f"{platform.system()} {platform.machine()}",
    }


def _write(file: Path, document: dict[str, Any]) -> None:
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
