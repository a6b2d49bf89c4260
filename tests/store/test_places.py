"""How a store is told to people: as they write it, and what they do when it cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from digest.store.places import lasting, mend_of, shown


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite+aiosqlite:///var/news.sqlite3", "sqlite:///var/news.sqlite3"),
        ("postgresql+psycopg://ann:pw@db/news?sslkey=k", "postgresql://ann:***@db/news"),
    ],
    ids=["sqlite", "postgresql"],
)
def test_a_store_is_shown_as_people_write_it(url: str, words: str) -> None:
    assert shown(make_url(url)) == words


def test_a_file_is_named_for_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lasting(make_url("sqlite+aiosqlite:///news.sqlite3")) == f"sqlite:///{tmp_path}/news.sqlite3"


def test_who_may_not_write_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url(f"sqlite:///{tmp_path}/news.sqlite3")
    assert mend_of(url) == "check DIGEST_DATABASE_URL"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert mend_of(url).startswith("call digest as the user who owns it")
    assert mend_of(make_url("sqlite:////nowhere/at/all.sqlite3")) == "check DIGEST_DATABASE_URL"
    assert mend_of(make_url("postgresql://db/news")) == "check DIGEST_DATABASE_URL"
