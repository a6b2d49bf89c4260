"""`make test`, `test-wide` and `test-long`: no test is in both of the first, and none in none of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: A room above the store, and the store itself.
FLOW, SHELF = "tests/flows/test_retracting.py", "tests/store/test_totals.py"


def chosen(marks: str) -> set[str]:
    """The tests of two files that a run by these marks has."""
    asked = ["-m", "pytest", "--collect-only", "-q", "-m", marks, FLOW, SHELF]
    said = subprocess.run([sys.executable, *asked], cwd=ROOT, capture_output=True, text=True, check=True)
    return {line for line in said.stdout.splitlines() if "::" in line}


def of(run: set[str], file: str) -> set[bool]:
    """Whether tests of a file are on PostgreSQL, in a run."""
    return {"postgresql" in name for name in run if name.startswith(file)}


def test_each_target_of_the_makefile_runs_what_it_says() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^(test[a-z-]*): \$\(DEV\).*\n\t\$\(PYTEST\)(?: -m \"(.*)\")?$", makefile, re.M)
    runs = {name: chosen(marks) for name, marks in targets}
    assert sorted(runs) == ["test", "test-long", "test-wide"]
    # every test is in one of the first two, and all are in the third
    assert not runs["test"] & runs["test-wide"]
    assert runs["test"] | runs["test-wide"] == runs["test-long"]
    # only the rooms above the store leave its other kind to the wide run
    assert (of(runs["test"], FLOW), of(runs["test-wide"], FLOW)) == ({False}, {True})
    assert (of(runs["test"], SHELF), of(runs["test-wide"], SHELF)) == ({False, True}, set())
