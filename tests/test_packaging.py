"""What is shipped: a wheel and a source archive that hold all the program needs, and hashed requirements."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from importlib import import_module
from importlib.metadata import requires
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = (
    "requirements-build.txt",
    "requirements.txt",
    "requirements-container.txt",
    "requirements-dev.txt",
    "requirements-mutants.txt",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of all files in a wheel made from this folder, without fetching anything."""
    return _names_in(_build(ROOT, "wheel", tmp_path_factory.mktemp("dist")))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that comes out of a source archive made from this one."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(_build(ROOT, "sdist", folder)) as archive:
        archive.extractall(folder, filter="data")
    (top,) = (path for path in folder.iterdir() if path.is_dir())
    return top


@pytest.fixture(scope="module")
def wheel_of_source(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as somebody builds it who has nothing but the source archive."""
    return _build(unpacked, "wheel", tmp_path_factory.mktemp("again"))


@pytest.fixture(scope="module")
def installed(wheel_of_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own, whose libraries are those of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    _do([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel_of_source)])
    (packages,) = folder.glob("lib/python*/site-packages")
    # a plain line adds one folder: what is installed there for editing is not followed
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "digest"


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


# --- the source archive -------------------------------------------------------------------------------------


def test_source_archive_holds_what_the_checkout_has(unpacked: Path) -> None:
    kept = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    for folder in ("digest", "subscribers", "templates", "docs"):
        assert _files_below(folder) <= kept
    assert {
        "README.md",
        "CHANGELOG.md",
        "Makefile",
        "mkdocs.yml",
        "pyproject.toml",
        "scheduler.py",
        ".dockerignore",
        *LOCKS,
    } <= kept


def test_source_archive_makes_the_same_wheel(wheel_of_source: Path, wheel: frozenset[str]) -> None:
    assert _names_in(wheel_of_source) == wheel


# --- installed, in an empty folder --------------------------------------------------------------------------


def test_installed_command_runs_its_own_files(installed: Path, tmp_path: Path) -> None:
    python = str(installed.with_name("python"))
    said = _do([python, "-c", "import digest, scheduler, subscribers; print(digest.__file__)"], tmp_path)
    assert Path(said.strip()).is_relative_to(installed.parents[1])


def test_installed_command_sets_up_a_store_and_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    assert "is ready" in _do([str(installed), "init"], tmp_path)
    _do([str(installed), "demo"], tmp_path)
    assert (tmp_path / "var" / "digest.sqlite3").is_file()
    assert list((tmp_path / "var" / "outbox").rglob("*.eml"))


# --- the command --------------------------------------------------------------------------------------------


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
    dependencies = project["dependencies"]
    assert _names([*dependencies, *extras["fast"], *extras["dkim"]]) <= _names(
        _requirements("requirements.txt")
    )
    assert _names([*extras["cluster"], *extras["dev"]]) - {project["name"]} <= _names(
        _requirements("requirements-dev.txt")
    )


def test_container_has_every_extra_but_that_of_developers(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    ordinary = set(extras) - {"all", "dev"}
    (everything,) = extras["all"]
    assert everything == f"{project['name']}[{','.join(sorted(ordinary))}]"
    wanted = [*project["dependencies"], *(line for name in ordinary for line in extras[name])]
    locked = _requirements("requirements-container.txt")
    # what they need in turn, as it is installed here
    assert _with_what_they_need(wanted) <= _names(locked)
    assert {"hatchling", "editables", "pip", "setuptools"}.isdisjoint(_names(locked))


def test_all_files_pin_the_same_versions() -> None:
    build, runtime, container, dev, mutants = (
        {line.partition(" ")[0] for line in _requirements(name)} for name in LOCKS
    )
    assert runtime <= container <= dev
    pinned = dict(line.split("==") for line in dev)
    for name, version in (line.split("==") for line in (*build, *mutants)):
        assert pinned.get(name, version) == version


def _with_what_they_need(requirements: list[str]) -> set[str]:
    """The names of these, and of all that is installed since they ask for it."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(requirements)
    while waiting:
        if (text := waiting.pop()) in seen:
            continue
        seen.add(text)
        one = Requirement(text)
        found |= _names([one.name])
        for line in requires(one.name) or []:
            needed = Requirement(line)
            asked = [{"extra": extra} for extra in one.extras or {""}]
            if needed.marker is None or any(needed.marker.evaluate(given) for given in asked):
                needed.marker = None
                waiting.append(str(needed))
    return found


def _build(source: Path, target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    _do(command, source)
    (made,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


def _do(command: list[str], folder: Path = ROOT) -> str:
    """What a command that went well wrote; this checkout and its settings are unknown to it."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith("DIGEST_")
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _names_in(wheel: Path) -> frozenset[str]:
    with ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


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
