"""`digest tidy` says what it would do, does it, and finds nothing to do a second time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.cli.shell import Shell

NOTHING = {"unconfirmed": 0, "copies": 0, "returns": 0, "notices": 0, "changes": 0, "complete": True}


@pytest.fixture
def aged(newsroom: Shell) -> Shell:
    """A newsroom whose first issue was sent years ago, and whose second one was sent since."""
    newsroom.ok("run", "--now", "+3d")
    newsroom.ok("send", "daily", "--all", "--yes", "--ignore-bookmarks")
    newsroom.ok("run")
    with closing(sqlite3.connect(newsroom.folder / "var" / "digest.sqlite3")) as store, store:
        store.execute("UPDATE issues SET due_at = '2020-01-01 07:00:00.000000' WHERE status = 'done'")
        store.execute("UPDATE changes SET at = '2020-01-01 07:00:00.000000'")
    return newsroom


def tidied(shell: Shell, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = shell.ok("tidy", "--json", *words).document
    return found


def test_a_young_newsroom_has_nothing_to_tidy(newsroom: Shell) -> None:
    assert tidied(newsroom) == {"dry_run": False, **NOTHING}


def test_what_it_would_do_is_what_it_does(aged: Shell) -> None:
    before = aged.picture()
    would = tidied(aged, "--dry-run")
    assert aged.picture() == before
    assert would["copies"] > 0
    assert would["changes"] > 0
    assert tidied(aged) == {**would, "dry_run": False}
    assert tidied(aged) == {"dry_run": False, **NOTHING}


def test_words_say_it_too(aged: Shell) -> None:
    assert "would be bound into volumes: " in aged.ok("tidy", "--dry-run").out
    assert "bound into volumes: " in aged.ok("tidy").out
