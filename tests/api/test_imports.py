"""What an import costs: nothing before a name is asked for, and nothing of commands and pages after that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import digest

#: Of commands, pages and migrations; a program that opens a newsroom needs none.
NOT_NEEDED = ("typer", "click", "fastapi", "starlette", "uvicorn", "apscheduler", "alembic")


def loaded_after(code: str, folder: Path) -> set[str]:
    """The modules that are there after some code, in a process of its own."""
    told = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=folder
    )
    return set(done.stdout.split())


def test_import_of_the_package_loads_nothing_else(tmp_path: Path) -> None:
    before = loaded_after("import __future__, typing", tmp_path)
    assert loaded_after("import digest", tmp_path) - before == {"digest"}


def test_newsroom_loads_neither_commands_nor_pages(tmp_path: Path) -> None:
    loaded = loaded_after("from digest import Newsroom", tmp_path)
    assert {"digest.api", "sqlalchemy"} <= loaded
    assert {name for name in NOT_NEEDED if name in loaded} == set()
    assert not [name for name in loaded if name.startswith("digest.web")]


def test_version_costs_nothing(tmp_path: Path) -> None:
    assert "digest.api" not in loaded_after("from digest import __version__", tmp_path)


@pytest.mark.parametrize("name", digest.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(digest, name) is not None
    assert name in dir(digest)


def test_name_that_is_not_there_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="module 'digest' has no attribute 'Newsrom'"):
        digest.Newsrom  # type: ignore[attr-defined]  # noqa: B018


def test_package_says_that_it_is_typed() -> None:
    assert (Path(str(digest.__file__)).parent / "py.typed").is_file()


def test_settings_that_may_be_given_are_all_there_are() -> None:
    from digest.api.given import GivenSettings
    from digest.config import Settings

    assert list(GivenSettings.__annotations__) == list(Settings.model_fields)
