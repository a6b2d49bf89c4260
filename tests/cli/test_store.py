"""A store is moved by the command: what it says, who is refused afterwards, and how it is opened again."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from typing import Final

import pytest

from digest.store.every_table import every_table
from tests.cli.shell import SAMPLES, Shell
from tests.stores import NewStore
from tests.tiers import first_of

NEW: Final = "sqlite:///new.sqlite3"
#: What only looks may look on; all else is refused by the store itself.
WRITES: Final = (
    "subscribers add dora@readers.example",
    "subscribers edit ana@readers.example --at 09:00",
    "subscribers erase ana@readers.example",
    "briefings edit 1 --lead",
    "topics add space --title Space",
    f"ingest {SAMPLES / 'day-two.txt'}",
    "run --now +3d",
    "send daily --all --yes",
    "serve --port 0",
    "serve --no-scheduler --port 0",
    "init",
)


@pytest.fixture
def moved(newsroom: Shell) -> Shell:
    """A newsroom whose store has moved."""
    newsroom.ok("store", "copy", "settings", NEW)
    return newsroom


def test_document_names_each_table_and_says_that_all_was_compared(newsroom: Shell) -> None:
    document = newsroom.ask("store", "copy", "settings", NEW)
    assert document.keys() == {"tables", "verified", "seconds"}
    assert document["tables"].keys() == {table.name for table in every_table()}
    assert document["tables"]["subscribers"] == 3
    assert document["tables"]["briefings"] == 8
    assert document["verified"] is True


@pytest.mark.parametrize(
    "command", first_of(WRITES, 4), ids=lambda command: " ".join(command.split()[:2]).split("/")[0]
)
def test_nothing_is_done_in_a_store_that_has_moved(command: str, moved: Shell) -> None:
    before = moved.picture()
    line = moved(*command.split()).complaint
    assert "digest.sqlite3" in line
    assert "new.sqlite3" in line
    assert moved.picture() == before


@pytest.mark.parametrize("command", ["status", "subscribers list", "issues list", "subscribers export"])
def test_who_only_looks_may_look(command: str, moved: Shell) -> None:
    moved.ok(*command.split())


def test_new_store_goes_on(moved: Shell) -> None:
    new = moved.with_(DIGEST_DATABASE_URL=NEW)
    assert [one["email"] for one in new.ask("subscribers", "list")["items"]] == [
        f"{name}@readers.example" for name in ("ana", "bob", "cleo")
    ]
    assert new.ask("run", "--now", "+3d")["sent"] == 2


def test_second_call_says_where_it_went(moved: Shell) -> None:
    assert "has moved to sqlite" in moved("store", "copy", "settings", NEW).complaint
    assert "has moved to sqlite" in moved("store", "copy", "settings", "sqlite:///third.sqlite3").complaint
    assert not (moved.folder / "fourth.sqlite3").exists()


def test_store_that_has_moved_is_opened_again_by_who_says_so(moved: Shell) -> None:
    assert "there is no terminal to ask on: add --yes" in moved("store", "reopen").complaint
    assert moved.ask("store", "reopen", "--yes") == {"reopened": True}
    assert moved.ask("store", "reopen", "--yes") == {"reopened": False}
    moved.ok("subscribers", "add", "dora@readers.example")


def test_copy_for_trial_sends_nothing_until_it_is_opened(newsroom: Shell) -> None:
    answer = newsroom.ok("store", "copy", "settings", NEW, "--keep-open")
    assert "that copy is closed" in answer.out
    trial = newsroom.with_(DIGEST_DATABASE_URL=NEW)
    assert "is a copy for trial of sqlite" in trial("run", "--now", "+3d").complaint
    trial.ok("status")
    newsroom.ok("run", "--now", "+3d")


def test_url_with_a_password_stands_in_a_variable_and_is_never_said(
    newsroom: Shell, new_store: NewStore
) -> None:
    url = new_store("postgresql", False)
    secret = f"{url}&password=hunter2"
    shell = newsroom.with_(THERE=secret)
    answers = [
        shell.ok("store", "copy", "settings", "env:THERE"),
        shell("run"),
        shell("subscribers", "add", "dora@readers.example"),
        shell("store", "copy", "settings", "env:THERE"),
    ]
    assert [answer.status for answer in answers] == [0, 2, 2, 2]
    assert all("postgresql://" in answer.out + answer.err for answer in answers)
    assert "hunter2" not in "".join(answer.out + answer.err for answer in answers)
    back = shell.with_(DIGEST_DATABASE_URL=secret).ok("store", "copy", "settings", "sqlite:///back.sqlite3")
    assert "hunter2" not in back.out + back.err
    assert (
        len(shell.with_(DIGEST_DATABASE_URL="sqlite:///back.sqlite3").ask("subscribers", "list")["items"])
        == 3
    )


def test_command_that_is_interrupted_says_how_to_go_on(newsroom: Shell) -> None:
    # the store waits for a writer, so the command is there when it is struck
    hold = (
        "import sqlite3, sys; c = sqlite3.connect('var/digest.sqlite3', isolation_level=None); "
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=newsroom.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        copying = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from digest.cli.main import run; run()",
                "store",
                "copy",
                "settings",
                NEW,
            ],
            cwd=newsroom.folder,
            env=newsroom.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        patient_until = time.monotonic() + 30
        while not (newsroom.folder / "new.sqlite3").exists():
            assert time.monotonic() < patient_until
            time.sleep(0.05)
        time.sleep(0.3)
        copying.send_signal(signal.SIGINT)
        holder.stdin.close()
    _, said = copying.communicate(timeout=60)
    assert copying.returncode == 130, said
    assert "a copy that was begun goes on with the next call" in said
    assert "Traceback" not in said


def test_terminal_is_asked_before_a_store_is_opened_again(moved: Shell) -> None:
    leader, follower = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-c", "from digest.cli.main import run; run()", "store", "reopen"],
        cwd=moved.folder,
        env=moved.environment,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(leader, b"n\n")
    out, err = asked.communicate(timeout=60)
    os.close(leader)
    os.close(follower)
    assert (asked.returncode, out.strip()) == (0, "nothing was changed")
    assert "readers get everything twice" in err
