"""A store is backed up and put back by the command: what it says, and what a newsroom finds afterwards."""

from __future__ import annotations

import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine

from digest.store.every_table import every_table
from tests.cli.conftest import MONDAY_NOON
from tests.cli.shell import Shell
from tests.stores import NewStore

#: Ana and Bob get theirs by then.
TUESDAY_NOON = "2026-11-24T12:00:00Z"
#: Of leavings, where there is no record of them.
NOTHING_RECORDED = {"readers": 0, "suppressed": 0, "erased": 0, "since": None, "until": None, "broken": 0}


@pytest.fixture
def elsewhere(newsroom: Shell, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Another machine, with nothing but the backup."""
    newsroom.ok("backup", "kept.gz")
    shell = Shell(tmp_path_factory.mktemp("elsewhere"))
    (shell.folder / "kept.gz").write_bytes((newsroom.folder / "kept.gz").read_bytes())
    return shell


def test_document_says_what_is_in_it(newsroom: Shell) -> None:
    document = newsroom.ask("backup", "kept.gz")
    assert document["tables"].keys() == {table.name for table in every_table()}
    assert (document["tables"]["subscribers"], document["tables"]["briefings"]) == (3, 8)
    assert document["rows"] == sum(document["tables"].values())
    assert document["octets"] == (newsroom.folder / "kept.gz").stat().st_size
    assert (document["file"], document["with_key"]) == ("kept.gz", False)
    assert document["at"].startswith("2026-11-23T12:00:")
    checked = newsroom.ask("backup", "--check", "kept.gz")
    assert checked == {name: value for name, value in document.items() if name != "seconds"}


def test_name_that_no_disk_takes_is_refused(newsroom: Shell) -> None:
    assert "cannot be written (File name too long)" in newsroom("backup", "x" * 300).complaint


def test_backup_has_a_name_with_the_date_when_none_is_given(newsroom: Shell) -> None:
    (newsroom.folder / "nightly").mkdir()
    for words, folder in (((), "var/backups"), (("nightly",), "nightly")):
        newsroom.ok("backup", *words)
        (file,) = (newsroom.folder / folder).iterdir()
        assert file.name.startswith("digest-20261123T12")
        assert file.name.endswith("Z.backup.gz")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((newsroom.folder / "var/backups").stat().st_mode) == 0o700


def test_readers_are_there_on_another_machine(newsroom: Shell, elsewhere: Shell) -> None:
    document = elsewhere.ask("restore", "kept.gz")
    assert document["verified"] is True
    assert (document["tables"]["subscribers"], document["links"]) == (3, "no-key")
    assert elsewhere.ask("subscribers", "list") == newsroom.ask("subscribers", "list")
    assert elsewhere.ask("issues", "list") == newsroom.ask("issues", "list")


@pytest.mark.parametrize("command", ["run", "subscribers add dora@readers.example", "serve --port 0", "init"])
def test_nothing_is_done_there_before_it_is_said_what_was_sent(command: str, elsewhere: Shell) -> None:
    elsewhere.ok("restore", "kept.gz")
    line = elsewhere(*command.split()).complaint
    assert "was put back from the backup" in line
    assert "with digest store reopen" in line
    line = elsewhere("store", "reopen", "--yes").complaint
    assert "what was sent since then is not known here" in line
    assert "digest store reopen --sent-until TIME, or --send-again" in line


def test_what_went_out_since_is_not_sent_again(elsewhere: Shell) -> None:
    elsewhere.ok("restore", "kept.gz")
    with time_machine.travel(TUESDAY_NOON):
        document = elsewhere.ask("store", "reopen", "--sent-until", "2026-11-24T09:00:00Z", "--yes")
        assert document == {
            "reopened": True,
            "issues": 2,
            "sent_elsewhere": {"copies": 2, "notices": 0},
            "leavings": NOTHING_RECORDED,
        }
        assert elsewhere.ask("run")["sent"] == 0
    (reader,) = elsewhere.ask("why", "ana@readers.example", "1")["items"]
    assert reader["answer"] == "not-delivered"
    assert "skipped (sent-elsewhere)" in " ".join(reader["reasons"])
    copies = elsewhere.ask("deliveries", "list")["items"]
    fates = {(one["email"], one["status"], one["reason"]) for one in copies}
    assert {one for one in fates if one[0] and "cleo" not in one[0]} == {
        (f"{name}@readers.example", "skipped", "sent-elsewhere") for name in ("ana", "bob")
    }


def test_or_it_is_sent(elsewhere: Shell) -> None:
    elsewhere.ok("restore", "kept.gz")
    with time_machine.travel(TUESDAY_NOON):
        document = elsewhere.ask("store", "reopen", "--send-again", "--yes")
        assert document["issues"] == 0
        assert document["sent_elsewhere"] == {"copies": 0, "notices": 0}
        assert elsewhere.ask("run")["sent"] == 2


def test_choice_is_one_and_is_for_what_was_put_back(newsroom: Shell, elsewhere: Shell) -> None:
    elsewhere.ok("restore", "kept.gz")
    both = elsewhere("store", "reopen", "--yes", "--send-again", "--sent-until", "2026-11-23T12:30:00Z")
    assert both.complaint == "both given: say one of them"
    with time_machine.travel(TUESDAY_NOON):
        late = elsewhere("store", "reopen", "--yes", "--sent-until", "2026-11-24T12:30:00Z")
    assert "2026-11-24 12:30 UTC is still to come" in late.complaint
    newsroom.ok("store", "copy", "settings", "sqlite:///new.sqlite3")
    assert "are for a store that was put back" in newsroom("store", "reopen", "--send-again").complaint


@pytest.fixture
def with_key(newsroom: Shell, tmp_path: Path) -> Path:
    """The secret key of the newsroom."""
    newsroom.ok("preview", "daily", "--for", "ana@readers.example")
    return tmp_path / "var" / "secret_key"


def test_secret_key_stays_out_of_it_and_that_is_said(with_key: Path, newsroom: Shell) -> None:
    answer = newsroom.ok("backup", "kept.gz")
    assert "the secret key is not in it" in answer.err
    assert "var/secret_key" in answer.err
    plain = subprocess.run(["zcat", "kept.gz"], cwd=newsroom.folder, capture_output=True, check=True).stdout
    assert with_key.read_bytes().strip() not in plain
    document = newsroom.ask("restore", "kept.gz", "--into", "sqlite:///back.sqlite3")
    assert document["links"] == "valid"


def test_links_work_again_with_the_key_that_was_kept_in_it(with_key: Path, newsroom: Shell) -> None:
    newsroom.ok("backup", "kept.gz", "--with-key")
    assert newsroom.ask("backup", "--check", "kept.gz")["with_key"] is True
    before = with_key.read_bytes()
    with_key.unlink()
    (newsroom.folder / "var" / "digest.sqlite3").unlink()
    assert newsroom.ask("restore", "kept.gz")["links"] == "valid"
    assert with_key.read_bytes() == before
    assert stat.S_IMODE(with_key.stat().st_mode) == 0o600


def test_another_key_that_is_there_stays_and_that_is_said(with_key: Path, newsroom: Shell) -> None:
    newsroom.ok("backup", "kept.gz", "--with-key")
    with_key.write_text("another-key-of-thirty-two-letters\n")
    answer = newsroom.ok("restore", "kept.gz", "--replace", "--yes")
    assert "signed with another secret key" in answer.err
    assert with_key.read_text() == "another-key-of-thirty-two-letters\n"


def test_key_that_is_not_there_is_not_kept(elsewhere: Shell) -> None:
    elsewhere.ok("init")
    (elsewhere.folder / "var" / "secret_key").unlink(missing_ok=True)
    assert "there is no secret key yet" in elsewhere("backup", "--with-key").complaint


def test_store_that_is_there_is_replaced_only_when_told(newsroom: Shell) -> None:
    newsroom.ok("backup", "kept.gz")
    newsroom.ok("subscribers", "add", "dora@readers.example")
    before = newsroom.picture()
    assert "holds rows of its own" in newsroom("restore", "kept.gz").complaint
    assert newsroom.picture() == before
    newsroom.ok("restore", "kept.gz", "--replace", "--yes")
    assert len(newsroom.ask("subscribers", "list")["items"]) == 3


def test_terminal_is_asked_before_a_store_is_replaced(newsroom: Shell) -> None:
    newsroom.ok("backup", "kept.gz")
    leader, follower = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-c", "from digest.cli.main import run; run()", "restore", "kept.gz", "--replace"],
        cwd=newsroom.folder,
        env=newsroom.environment,
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
    assert "Remove all that is in the store" in err


def test_damaged_file_is_refused_by_both(newsroom: Shell) -> None:
    newsroom.ok("backup", "kept.gz")
    file = newsroom.folder / "kept.gz"
    file.write_bytes(file.read_bytes()[:-20])
    for words in (("backup", "--check", "kept.gz"), ("restore", "kept.gz", "--into", "sqlite:///b.sqlite3")):
        assert "its sum is another one: it was cut off or changed" in newsroom(*words).complaint
    assert not (newsroom.folder / "b.sqlite3").exists()


def test_password_of_a_store_is_never_said_nor_kept(newsroom: Shell, new_store: NewStore) -> None:
    secret = f"{new_store('postgresql', False)}&password=hunter2"
    newsroom.ok("backup", "kept.gz")
    shell = newsroom.with_(THERE=secret)
    answers = [
        shell.ok("restore", "kept.gz", "--into", "env:THERE"),
        shell("store", "reopen", "env:THERE"),
        shell.with_(DIGEST_DATABASE_URL=secret).ok("backup", "again.gz"),
        shell.ok("backup", "--check", "again.gz"),
    ]
    assert "hunter2" not in "".join(answer.out + answer.err for answer in answers)
    plain = subprocess.run(["zcat", "again.gz"], cwd=newsroom.folder, capture_output=True, check=True).stdout
    assert b"hunter2" not in plain
    assert MONDAY_NOON.isoformat()[:14].encode() in plain


@pytest.fixture
def left_since(newsroom: Shell) -> Shell:
    """A backup of the newsroom was put back in its place, and Ana had left in between."""
    newsroom.ok("backup", "kept.gz")
    newsroom.ok("subscribers", "unsubscribe", "ana@readers.example")
    newsroom.ok("subscribers", "erase", "bob@readers.example")
    newsroom.ok("run")
    newsroom.ok("restore", "kept.gz", "--replace", "--yes")
    return newsroom


def standings(shell: Shell) -> dict[str, str]:
    return {one["email"]: one["status"] for one in shell.ask("subscribers", "list")["items"]}


def test_who_left_since_the_backup_has_left(left_since: Shell) -> None:
    with time_machine.travel(TUESDAY_NOON):
        answer = left_since.ok("store", "reopen", "--send-again", "--yes")
        assert (
            "gone here, too: 2 subscriptions, 1 suppression, 1 erased reader since the backup, by the record "
            "of leavings in var/leavings, which goes until 2026-11-23 12:00 UTC"
        ) in answer.out
        assert "is a reader again" not in answer.err
        assert left_since.ask("run")["sent"] == 0
    assert standings(left_since) == {"ana@readers.example": "left", "cleo@readers.example": "active"}


def test_record_of_leavings_is_read_where_it_was_brought_to(
    left_since: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Shell(tmp_path_factory.mktemp("elsewhere"))
    shutil.copy(left_since.folder / "kept.gz", elsewhere.folder)
    elsewhere.ok("restore", "kept.gz")
    refused = elsewhere("store", "reopen", "--send-again", "--yes", "--leavings", "nowhere")
    assert refused.complaint == "the folder 'nowhere' has no record of leavings of this store"
    shutil.copytree(left_since.folder / "var" / "leavings", elsewhere.folder / "brought")
    with time_machine.travel(TUESDAY_NOON):
        document = elsewhere.ask("store", "reopen", "--send-again", "--yes", "--leavings", "brought")
    assert document["leavings"]["erased"] == 1
    assert document["leavings"]["broken"] == 0
    assert standings(elsewhere) == {"ana@readers.example": "left", "cleo@readers.example": "active"}


def test_without_a_record_it_is_said_that_nobody_knows_who_left(elsewhere: Shell) -> None:
    elsewhere.ok("restore", "kept.gz")
    with time_machine.travel(TUESDAY_NOON):
        answer = elsewhere.ok("store", "reopen", "--send-again", "--yes")
    assert "the record of leavings in var/leavings has nothing: who left after the backup" in answer.err


def test_record_that_begins_after_the_backup_is_told_of(left_since: Shell) -> None:
    (file,) = (left_since.folder / "var" / "leavings").iterdir()
    text = file.read_text().splitlines(keepends=True)
    head = json.loads(text[0]) | {"since": "2026-11-23T12:30:00+00:00"}
    file.write_text("".join([json.dumps(head) + "\n", *text[1:], "torn\n"]))
    with time_machine.travel(TUESDAY_NOON):
        answer = left_since.ok("store", "reopen", "--send-again", "--yes")
    assert "begins only on 2026-11-23 12:30 UTC: who left after the backup" in answer.err
    assert standings(left_since)["ana@readers.example"] == "left"


def test_lines_of_the_record_that_cannot_be_read_are_told_of(left_since: Shell) -> None:
    (file,) = (left_since.folder / "var" / "leavings").iterdir()
    file.write_text(file.read_text() + "torn\n")
    with time_machine.travel(TUESDAY_NOON):
        answer = left_since.ok("store", "reopen", "--send-again", "--yes")
    assert "1 line of the record of leavings in var/leavings could not be read" in answer.err


def test_record_of_leavings_is_for_what_was_put_back(newsroom: Shell) -> None:
    newsroom.ok("store", "copy", "settings", "sqlite:///new.sqlite3")
    refused = newsroom("store", "reopen", "--leavings", "var/leavings")
    assert refused.complaint == "--leavings is for a store that was put back from a backup"
