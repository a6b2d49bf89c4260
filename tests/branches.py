"""How many branches of `core/`, `mail/` and `subscribers/` the tests take, each room by itself.

coverage.py counts lines and branches together; of a room with many plain lines that says little. `make
coverage` measures; this adds up what it has kept.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from coverage import Coverage

#: Percent of the branches of each room.
GOAL: Final = 95
_ROOMS: Final = ("digest/core/", "digest/mail/", "subscribers/")


def taken_by_room(files: Mapping[str, Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Branches and those taken, by room; `files` are those of a report in JSON, by path."""
    found: dict[str, Counter[str]] = {room: Counter() for room in _ROOMS}
    for path, told in files.items():
        room = next((one for one in _ROOMS if path.startswith(one)), None)
        if room is not None:
            summary = told["summary"]
            found[room].update(branches=summary["num_branches"], taken=summary["covered_branches"])
    return found


def percent(counts: Mapping[str, int]) -> float:
    """How many of a hundred branches are taken; all, where there is none."""
    return 100 * counts["taken"] / counts["branches"] if counts["branches"] else 100.0


def main() -> int:
    """Print the table; 1 when a room is below the goal."""
    kept = Coverage()
    kept.load()
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        kept.json_report(outfile=str(report))
        found = taken_by_room(json.loads(report.read_text(encoding="utf-8"))["files"])
    print("| room | branches | taken | percent |\n|---|---:|---:|---:|")
    for room, counts in found.items():
        print(f"| `{room}` | {counts['branches']:,} | {counts['taken']:,} | {percent(counts):.1f} |")
    return int(any(percent(counts) < GOAL for counts in found.values()))


if __name__ == "__main__":
    sys.exit(main())
