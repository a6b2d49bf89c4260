"""The settings as they are told of: every one, as of today, and an example that is read as it stands."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.config import Settings
from digest.settings_file import load_settings
from tests import documented

_LINE = re.compile(r"^#(\w+ = .*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("DIGEST_")]:
        monkeypatch.delenv(name)


def test_every_setting_stands_in_one_group() -> None:
    grouped = [name for names in documented.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(Settings.model_fields)


@pytest.mark.parametrize(
    ("written", "today"),
    [(documented.PAGE, documented.page), (documented.EXAMPLE, documented.example)],
    ids=["page", "example"],
)
def test_what_is_written_is_of_today(written: Path, today: Callable[[], str]) -> None:
    assert written.read_text(encoding="utf-8") == today(), "stale: call make settings"


def test_example_as_it_stands_sets_nothing() -> None:
    assert tomllib.loads(documented.EXAMPLE.read_text(encoding="utf-8")) == {}
    assert load_settings(documented.EXAMPLE) == load_settings(None)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_line_of_the_example_is_taken(name: str) -> None:
    lines = _LINE.findall(documented.EXAMPLE.read_text(encoding="utf-8"))
    (line,) = (line for line in lines if line.startswith(f"{name} = "))
    Path("digest.toml").write_text(f"{line}\n", encoding="utf-8")
    as_default = getattr(load_settings(None), name) == getattr(Settings(), name)
    assert as_default == ("# such as" not in line)


def test_all_lines_of_the_example_are_taken_together() -> None:
    text = documented.EXAMPLE.read_text(encoding="utf-8")
    Path("digest.toml").write_text(_LINE.sub(r"\1", text), encoding="utf-8")
    assert load_settings(None).smtp_url.get_secret_value().startswith("smtp+starttls://")
