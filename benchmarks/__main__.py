"""`python -m benchmarks [PART…]`: measures the parts that are named, or all, and prints tables."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3

from benchmarks import planning, printing, sending

_PARTS = {"planning": planning.run, "printing": printing.run, "sending": sending.run}


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(_PARTS)}; all when none")
    parser.add_argument("--million", action="store_true", help="also with a million readers (minutes)")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in _PARTS]:
        parser.error(f"{unknown[0]!r} is not a part: choose among {', '.join(_PARTS)}")
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} processors,"
        f" {platform.system()} {platform.machine()}; medians of three, taken in turns."
    )
    for part in chosen.parts or _PARTS:
        _PARTS[part](million=chosen.million)


if __name__ == "__main__":
    main()
