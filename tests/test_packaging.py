"""What is shipped: a wheel that holds all that the program needs to run, and requirements with hashes."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = ("requirements.txt", "requirements-dev.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of all files in a wheel made from this folder, without fetching anything."""
    with ZipFile(_build(tmp_path_factory.mktemp("dist"))) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return loaded


# --- the wheel ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["digest", "subscribers"])
def test_wheel_holds_every_file_of(folder: str, wheel: frozenset[str]) -> None:
    # modules, and what they read: the taxonomy, the samples, the frame of a migration
    assert _files_below(folder) <= wheel


def test_wheel_holds_the_scheduler(wheel: frozenset[str]) -> None:
    assert "scheduler.py" in wheel


def test_wheel_holds_every_template_inside_the_package(wheel: frozenset[str]) -> None:
    templates = _files_below("templates")
    assert {f"templates/email/issue/{part}" for part in ("subject.txt", "body.html", "body.txt")} <= templates
    assert {f"digest/{template}" for template in templates} <= wheel


def test_wheel_holds_migrations_and_samples(wheel: frozenset[str]) -> None:
    assert "digest/store/migrations/env.py" in wheel
    assert any(re.fullmatch(r"digest/store/migrations/versions/[^_].*\.py", name) for name in wheel)
    assert {"digest/cli/samples/day-one.txt", "digest/cli/samples/day-two.txt"} <= wheel


def test_wheel_holds_nothing_else(wheel: frozenset[str]) -> None:
    at_the_top = {name.partition("/")[0] for name in wheel}
    (metadata,) = (name for name in at_the_top if name.endswith(".dist-info"))
    assert at_the_top == {"digest", "subscribers", "scheduler.py", metadata}
    assert not [name for name in wheel if re.search(r"(^|/)tests?[_/]|conftest|\.pyc$|\.sqlite3", name)]


def test_command_leads_to_a_function(project: dict[str, Any]) -> None:
    module, _, function = project["scripts"]["digest"].partition(":")
    assert callable(getattr(import_module(module), function))


# --- the requirements ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    for requirement in _requirements(name):
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", requirement)
        assert "--hash=sha256:" in requirement


@pytest.mark.parametrize("name", LOCKS)
def test_requirements_name_no_place_to_fetch_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host|@ ", text)


def test_every_dependency_stands_in_the_requirements(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    assert _names([*project["dependencies"], *extras["fast"]]) <= _names(_requirements("requirements.txt"))
    assert _names([*extras["cluster"], *extras["dev"]]) - {project["name"]} <= _names(
        _requirements("requirements-dev.txt")
    )


def test_both_files_pin_the_same_versions() -> None:
    runtime, dev = ({line.partition(" ")[0] for line in _requirements(name)} for name in LOCKS)
    assert runtime <= dev


def _build(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def _files_below(folder: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def _requirements(name: str) -> list[str]:
    """One line for each requirement, its hashes at its end, without remarks."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return text.replace("\\\n", " ").splitlines()


def _names(requirements: list[str]) -> set[str]:
    found = (re.match(r"[\w.-]+", requirement) for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}
