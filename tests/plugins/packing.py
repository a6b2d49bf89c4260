"""Puts distributions where Python finds them, as an installer does, but without one."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.cli.shell import ROOT, Shell

EXAMPLES: Final = ROOT / "docs" / "examples" / "plugins"


def unpacked(site: Path, *examples: str) -> Path:
    """Install some of the examples into a folder; what their `pyproject.toml` says is what counts."""
    for example in examples:
        told = tomllib.loads((EXAMPLES / example / "pyproject.toml").read_text(encoding="utf-8"))
        wheel = told["tool"]["hatch"]["build"]["targets"]["wheel"]
        for part in (*wheel.get("only-include", ()), *wheel.get("packages", ())):
            source = EXAMPLES / example / part
            if source.is_dir():
                shutil.copytree(source, site / part)
            else:
                site.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, site / part)
        project = told["project"]
        note(site, project["name"], project["entry-points"], version=project["version"])
    return site


def written(site: Path, package: str, entry_points: Mapping[str, Mapping[str, str]], code: str = "") -> None:
    """Install a distribution of one module, whose name is that of the package."""
    site.mkdir(parents=True, exist_ok=True)
    (site / f"{package}.py").write_text(code, encoding="utf-8")
    note(site, package, entry_points)


def note(
    site: Path, package: str, entry_points: Mapping[str, Mapping[str, str]], *, version: str = "1.0"
) -> None:
    """Write down what an installer does: name, version, entry points."""
    folder = site / f"{package.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = [
        line
        for group, points in entry_points.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()), "")
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


def with_plugins(shell: Shell, site: Path) -> Shell:
    """The same place, where what is installed in the folder is found."""
    before = os.environ.get("PYTHONPATH", "")
    return shell.with_(PYTHONPATH=os.pathsep.join(filter(None, (before, str(site)))))
