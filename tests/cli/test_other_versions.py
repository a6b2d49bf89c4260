"""A store of a newer program is refused in one line, with the mend; one of an older program is upgraded."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from email import message_from_bytes

import pytest

from digest.store.database import Database
from digest.store.version import NEWEST
from tests.cli.shell import Shell, rows_of
from tests.store.versions import make


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


def test_the_commands_work_on_a_store_of_the_first_version_once_it_is_upgraded(shell: Shell) -> None:
    path = shell.folder / "var" / "digest.sqlite3"

    async def of_before() -> None:
        store = Database(f"sqlite+aiosqlite:///{path}")
        await make(store, "0001")
        await store.close()

    asyncio.run(of_before())
    assert f"has version 0001, this program works on {NEWEST}: run digest init" in shell("status").complaint
    shell.ok("init")
    assert shell.ask("status")["uncertain"] == 1
    shell.ok("preview", "daily", "--for", "ivy@readers.example", "--out", "shown")
    assert list((shell.folder / "shown").rglob("*.eml"))
    # one copy waits since before, and one is in doubt
    assert shell.ask("run", "--now", "2026-03-03T08:00:00Z")["sent"] == 2
    letters = [message_from_bytes(one.read_bytes()) for one in shell.folder.glob("var/outbox/*.eml")]
    assert sorted(str(one["To"]).partition(" ")[0] for one in letters) == ["Ann", "Bob"]
    assert shell.ask("doctor", "--deep")["ok"] is True
