"""The examples of docs/python-api.md, each run as it stands in an empty folder: they print what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import digest
from tests.cli.shell import ROOT
from tests.tiers import wide

PAGE: Final = ROOT / "docs" / "python-api.md"
_EXAMPLE: Final = re.compile(
    r"^## (?P<about>[^\n]+)\n|^```python\n(?P<code>.*?)^```\n\n```text\n(?P<said>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)


def examples() -> dict[str, tuple[str, str]]:
    """Code and what it prints, by the heading above it."""
    found, about = {}, "begin"
    for match in _EXAMPLE.finditer(PAGE.read_text(encoding="utf-8")):
        if match["about"]:
            about = match["about"].lower().replace(" ", "-")
        else:
            assert about not in found
            found[about] = match["code"], match["said"]
    return found


EXAMPLES: Final = examples()
FIRST: Final = ("begin", "planning-and-sending")


@pytest.mark.parametrize("about", [*FIRST, *wide(*(about for about in EXAMPLES if about not in FIRST))])
def test_example_prints_what_stands_below_it(about: str, tmp_path: Path) -> None:
    code, said = EXAMPLES[about]
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("DIGEST_")}
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == said


def test_every_example_of_the_page_is_run() -> None:
    assert PAGE.read_text(encoding="utf-8").count("```python\n") == len(EXAMPLES)


def test_every_method_and_error_is_told_of() -> None:
    page = PAGE.read_text(encoding="utf-8")
    methods = {name for name in vars(digest.Newsroom) if not name.startswith("_")}
    errors = {name for name in digest.__all__ if name.endswith("Error")}
    assert {word for word in methods | errors if not re.search(rf"\b{word}\b", page)} == set()


@pytest.mark.long
def test_examples_keep_to_the_types(tmp_path: Path) -> None:
    for about, (code, _said) in EXAMPLES.items():
        (tmp_path / f"example_{about.replace('-', '_')}.py").write_text(code, encoding="utf-8")
    wrong = (
        "from digest import Newsroom\n\nasync def main() -> None:\n    await Newsroom().subscribe(1, x=2)\n"
    )
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    faulty = {line.partition(":")[0] for line in done.stdout.splitlines() if ": error:" in line}
    assert faulty == {"wrong.py"}, done.stdout
