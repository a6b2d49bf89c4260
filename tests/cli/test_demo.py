"""The demo: two days of a small newsroom that end by themselves, in a store of their own."""

from __future__ import annotations

import re

import pytest

from tests.cli.letters import letters_of
from tests.cli.shell import Shell


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, str, str]:
    """A folder in which the demo has run, and what it said to people."""
    shell = Shell(tmp_path_factory.mktemp("demo"))
    answer = shell.ok("demo")
    return shell, answer.out, answer.err


def test_demo_shows_the_readers_who_got_what_and_where_the_mails_are(
    demonstrated: tuple[Shell, str, str],
) -> None:
    shell, told, progress = demonstrated
    titles = ["The readers", "Who got what (UTC)", "The briefings"]
    assert [line.strip() for line in told.splitlines() if line.strip() in titles] == titles
    assert "8 briefings published" in progress
    sent = re.search(r"(\d+) mails lie in var/outbox", told)
    assert sent is not None
    assert len(letters_of(shell.folder / "var" / "outbox")) == int(sent[1]) >= 8
    assert "Traceback" not in progress


def test_demo_tells_who_had_the_battery_that_its_figure_was_wrong_and_nobody_else(
    demonstrated: tuple[Shell, str, str],
) -> None:
    items = demonstrated[0].ask("demo")["items"]
    had = {item["email"] for item in items if 2 in item["briefings"]}
    told = [item["email"] for item in items if 2 in item["corrections"]]
    assert had == set(told) == {f"{name}@readers.example" for name in ("kenji", "mei", "amelie")}
    assert len(told) == 3
    assert "2 corrected" in demonstrated[1]


def test_demo_touches_no_store_but_its_own(demonstrated: tuple[Shell, str, str]) -> None:
    shell, told, _ = demonstrated
    assert "The store of the demo is var/demo.sqlite3" in told
    assert not (shell.folder / "var" / "digest.sqlite3").exists()
    assert "is not set up" in shell("status").complaint
    # what it says of looking at its pages is so
    (name, url) = re.search(r"(\w+)=(\S+) digest serve", told).groups()  # type: ignore[union-attr]
    assert "readers: 6 active" in Shell(shell.folder, {name: url}).ok("status").out


def test_demo_can_be_repeated_and_answers_programs_too(demonstrated: tuple[Shell, str, str]) -> None:
    shell, _, _ = demonstrated
    before = {file.name for file in (shell.folder / "var" / "outbox").iterdir()}
    document = shell.ask("demo")
    assert document.keys() == {"items", "next"}
    assert {item["status"] for item in document["items"]} == {"sent", "skipped"}
    assert {file.name for file in (shell.folder / "var" / "outbox").iterdir()} == before


def test_demo_never_talks_to_a_mail_server(shell: Shell) -> None:
    complaint = shell.with_(DIGEST_SMTP_URL="smtp://127.0.0.1:1")("demo").complaint
    assert complaint.startswith("the demo writes into a folder only")
    assert list(shell.folder.iterdir()) == []
