"""`digest run` takes in what lies in the watched folder before it sends; a wrong one is told in one line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.flows import watch
from tests.cli.shell import Shell
from tests.flows.inbox import news

INBOX = {"DIGEST_INGEST_DIR": "inbox"}


@pytest.fixture(autouse=True)
def _at_rest_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SETTLES", timedelta(seconds=0.1))


def test_what_lies_in_the_folder_is_in_the_next_mail(newsroom: Shell) -> None:
    inbox = newsroom.folder / "inbox"
    inbox.mkdir()
    (inbox / "news.json").write_text(news("Ferries"))
    (inbox / "bad.json").write_text("[{")
    answer = newsroom.with_(**INBOX).ok("run", "--now", "+36h")
    assert "a file was refused" in answer.err
    assert sorted(str(one.relative_to(inbox)) for one in inbox.rglob("*.*")) == [
        "refused/bad.json",
        "refused/bad.json.reasons.txt",
        "taken/news.json",
    ]
    newest = newsroom.ask("briefings", "list", "--all")["items"][-1]
    assert (newest["title"], newest["status"]) == ("Ferries", "published")
    letters = [one.read_bytes() for one in (newsroom.folder / "var" / "outbox").rglob("*.eml")]
    assert any(b"Ferries" in one for one in letters)


def test_a_run_waits_for_a_file_that_is_being_written_and_not_for_ever(
    newsroom: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SETTLES", timedelta(seconds=1))
    inbox = newsroom.folder / "inbox"
    inbox.mkdir()
    # an empty one is not taken for whole before a minute is over
    (inbox / "news.json").touch()
    assert newsroom.with_(**INBOX).ok("run").err == ""
    assert [one.name for one in inbox.iterdir()] == ["news.json"]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("digest.toml", "DIGEST_INGEST_DIR names 'digest.toml', which is no folder: name another one"),
        (".", "names '.', where this program has its files: name another folder"),
        ("var", "where this program has its files"),
        ("inbox/../var/", "where this program has its files"),
        ("db", "where this program has its files"),
    ],
)
@pytest.mark.parametrize("command", ["run", "serve --port 0"])
def test_a_folder_that_cannot_be_watched_is_refused_and_nothing_is_done(
    newsroom: Shell, named: str, words: str, command: str
) -> None:
    (newsroom.folder / "digest.toml").touch()
    (newsroom.folder / "inbox").mkdir()
    (newsroom.folder / "db").mkdir()
    (newsroom.folder / "var" / "digest.sqlite3").rename(newsroom.folder / "db" / "ours.sqlite3")
    shell = newsroom.with_(DIGEST_INGEST_DIR=named, DIGEST_DATABASE_URL="sqlite:///db/ours.sqlite3")
    assert words in shell(*command.split()).complaint


def test_a_folder_that_is_away_keeps_no_mail_from_going(newsroom: Shell) -> None:
    shell = newsroom.with_(DIGEST_INGEST_DIR="nowhere")
    answer = shell("run", "--now", "2026-11-24T12:00:00Z", "--json")
    assert (answer.status, answer.document["sent"]) == (1, 2)
    words = "the folder cannot be looked into (No such file or directory)"
    assert f"nothing was taken in from nowhere: {words}" in answer.err
    # once it is there, what lies in it is taken in, and all is well
    (newsroom.folder / "nowhere").mkdir()
    assert shell.ok("run", "--now", "2026-11-24T12:05:00Z").err == ""


def test_other_commands_do_not_ask_for_the_folder(newsroom: Shell) -> None:
    shell = newsroom.with_(DIGEST_INGEST_DIR="nowhere")
    shell.ok("status")
    shell.ok("send", "daily", "--all", "--dry-run")
