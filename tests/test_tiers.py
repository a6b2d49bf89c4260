"""`make test`, `test-wide` and `test-long`: no test is in both of the first, and none in none of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: A room above the store, and the store itself.
FLOW, SHELF = "tests/flows/test_retracting.py", "tests/store/test_totals.py"


def chosen(marks: str) -> set[str]:
    """The tests of two files that a run by these marks has."""
    asked = ["-m", "pytest", "--collect-only", "-q", "-m", marks, FLOW, SHELF]
    said = subprocess.run([sys.executable, *asked], cwd=ROOT, capture_output=True, text=True, check=True)
    return {line for line in said.stdout.splitlines() if "::" in line}


@pytest.fixture(scope="module")
def runs() -> dict[str, set[str]]:
    """What each target of the Makefile runs of them."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(
        r"^(test[a-z-]*): \$\(DEV\).*\n\t.*-n \$\(WORKERS\)(?: -m \"(.*)\")?$", makefile, re.M
    )
    return {name: chosen(marks) for name, marks in targets}


def test_every_test_is_in_one_of_the_first_two_and_all_are_in_the_third(runs: dict[str, set[str]]) -> None:
    assert sorted(runs) == ["test", "test-long", "test-wide"]
    assert not runs["test"] & runs["test-wide"]
    assert runs["test"] | runs["test-wide"] == runs["test-long"]


def test_only_the_rooms_above_the_store_leave_its_other_kind_to_the_wide_run(
    runs: dict[str, set[str]],
) -> None:
    def of(run: str, file: str) -> set[bool]:
        return {"postgresql" in name for name in runs[run] if name.startswith(file)}

    assert (of("test", FLOW), of("test-wide", FLOW)) == ({False}, {True})
    assert (of("test", SHELF), of("test-wide", SHELF)) == ({False, True}, set())
