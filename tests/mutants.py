"""What became of the mutants of `digest/core/`, module by module: the table of docs/mutants.md.

mutmut keeps in `mutants/` how the tests of each mutant ended: with the exit status of pytest, with a number
of its own where no test reaches the function, or with the signal that ended what went on for ever.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Final

KEPT: Final = Path(__file__).parents[1] / "mutants" / "digest" / "core"
#: A failed test; an error within pytest, which a mutant may cause as well.
_KILLED: Final = (1, 3)
_ENDLESS: Final = (-signal.SIGXCPU, signal.SIGXCPU, 36, 152, 255)
_NO_TEST: Final = (33, 5)
_COLUMNS: Final = ("mutants", "killed", "endless", "survivors", "no test", "not tried")


def column_of(status: int | None) -> str:
    """Under which head a mutant is counted."""
    if status is None:
        return "not tried"
    if status in _KILLED:
        return "killed"
    if status in _ENDLESS:
        return "endless"
    return "no test" if status in _NO_TEST else "survivors"


def figures_of(path: Path) -> Counter[str]:
    """The counts of one module."""
    statuses = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
    return Counter({"mutants": len(statuses)}) + Counter(map(column_of, statuses))


def row(name: str, counts: Counter[str]) -> str:
    """A line of the table; what is none is left empty."""
    cells = (f"{counts[column]:,}" if counts[column] else "" for column in _COLUMNS)
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    """Print the table."""
    by_module = {
        path.name.removesuffix(".py.meta"): figures_of(path) for path in sorted(KEPT.glob("*.py.meta"))
    }
    if not by_module:
        print("there are no mutants yet: run make mutants", file=sys.stderr)
        return 1
    print(f"| module | {' | '.join(_COLUMNS)} |")
    print(f"|---|{'---:|' * len(_COLUMNS)}")
    for name, counts in by_module.items():
        if counts:
            print(row(f"`{name}`", counts))
    print(row("all", sum(by_module.values(), Counter())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
