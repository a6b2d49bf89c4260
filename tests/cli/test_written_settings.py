"""A file of settings is changed where the setting stands, and is otherwise the file that people wrote."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.written_settings import text_with, without_password, write_settings
from digest.errors import SettingsError
from tests.cli.shell import ROOT

FILE = Path("digest.toml")
URL = "https://news.example"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'base_url = "https://news.example"\n'),
        ("# ours", '# ours\nbase_url = "https://news.example"\n'),
        ("base_url = 'x' # why\n", 'base_url = "https://news.example" # why\n'),
        ('  base_url="a\\"b"\nkey = 1\n', '  base_url="https://news.example"\nkey = 1\n'),
        ("#base_url = 'x'\nkey = 1\n", "#base_url = 'x'\nbase_url = \"https://news.example\"\nkey = 1\n"),
        ("\ufeffbase_url = 'x'\n", '\ufeffbase_url = "https://news.example"\n'),
    ],
    ids=["none", "end", "comment", "quotes", "example", "mark"],
)
def test_one_setting_is_changed_and_nothing_else(before: str, after: str) -> None:
    assert text_with(before, {"base_url": URL}, FILE) == after


def test_the_example_with_all_settings_keeps_every_line() -> None:
    example = (ROOT / "docs" / "digest.example.toml").read_text(encoding="utf-8")
    changed = text_with(example, {"base_url": URL, "smtp_url": "file:var/post"}, FILE)
    assert tomllib.loads(changed) == {"base_url": URL, "smtp_url": "file:var/post"}
    added = set(changed.splitlines()) - set(example.splitlines())
    assert added == {'base_url = "https://news.example"', 'smtp_url = "file:var/post"'}
    lines = changed.splitlines()
    assert lines[lines.index('base_url = "https://news.example"') - 1].startswith("#base_url = ")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_any_value_is_read_back_as_it_was(value: str) -> None:
    text = text_with("timezone = 'UTC'\nsmtp_url = 'file:var/outbox'\n", {"smtp_url": value}, FILE)
    assert tomllib.loads(text) == {"timezone": "UTC", "smtp_url": value}


@pytest.mark.parametrize(
    "text",
    [
        'base_url = """x"""\n',
        "base_url = '''\nx'''\n",
        '"base_url" = "x"\n',
        "[table]\nkey = 1\n",
        "base_url =",
    ],
    ids=["long", "lines", "quoted", "table", "broken"],
)
def test_a_layout_that_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="write it there by hand"):
        text_with(text, {"base_url": URL}, FILE)


def test_a_link_stays_one_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("# ours\n")
    link = tmp_path / "digest.toml"
    link.symlink_to(real)
    write_settings(link, "key = 1\n", is_secret=True)
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("key = 1\n", 0o600)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digest.toml", "real.toml"]


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be written \(No such file"):
        write_settings(tmp_path / "no" / "digest.toml", "", is_secret=False)


def test_passwords_are_not_shown() -> None:
    several = "smtp://ann:hunter2@a.example:25,smtps://bob:hunter%2C3@b.example,file:x"
    assert without_password(several) == "smtp://ann:***@a.example:25,smtps://bob:***@b.example,file:x"
