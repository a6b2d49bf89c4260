"""A store of a newer program is refused in one line, with both versions and the mend; nothing is changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from digest.store.version import NEWEST
from tests.cli.shell import Shell, rows_of


@pytest.mark.parametrize("command", ["status", "run", "init", "subscribers list", "doctor --deep", "serve"])
def test_a_newer_store_is_refused(command: str, newsroom: Shell) -> None:
    path = newsroom.folder / "var" / "digest.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    before = rows_of(path)
    line = newsroom(*command.split()).complaint
    assert f"has version 9999, which is newer than {NEWEST} of this program" in line
    assert "run the program that made it, or put back a backup from before the upgrade" in line
    assert rows_of(path) == before


def test_the_doctor_says_what_to_do_about_a_newer_store_and_about_an_older_one(newsroom: Shell) -> None:
    path = newsroom.folder / "var" / "digest.sqlite3"
    for version, mend in {"9999": "run the program that made it", "0007": "run digest init"}.items():
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute(f"UPDATE alembic_version SET version_num = '{version}'")
        answer = newsroom("doctor", "--only", "store", "--json")
        (found,) = answer.document["findings"]
        assert (answer.status, found["id"]) == (1, "store.version")
        assert version in found["line"]
        assert NEWEST in found["line"]
        assert found["mend"].startswith(mend)
