"""`digest notices`, and what adding a reader by hand sends: nothing, or one question."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from tests.cli.conftest import MONDAY_NOON, mail_server, sends_to
from tests.cli.shell import Shell
from tests.wire.transmission import fields_of, head_of, texts_of, value_of


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.ok("init")
    return shell


def letters(shell: Shell) -> list[bytes]:
    return [path.read_bytes() for path in sorted((shell.folder / "var" / "outbox").glob("*.eml"))]


def test_a_reader_added_by_an_admin_gets_no_mail_and_one_to_confirm_gets_one(shell: Shell) -> None:
    shell.ok("subscribers", "add", "bob@example.org")
    assert "notices" not in shell.ask("run")
    shell.ok("subscribers", "add", "ana@example.org", "--name", "Ana", "--unconfirmed")
    assert shell.ask("run")["notices"] == {"sent": 1}
    assert "notices" not in shell.ask("run")
    (letter,) = letters(shell)
    assert value_of(fields_of(head_of(letter)), "To") == "Ana <ana@example.org>"
    assert value_of(fields_of(head_of(letter)), "Subject") == "Please confirm: The Daily Digest"
    assert "http://127.0.0.1:8000/confirm/" in texts_of(letter)["text/plain"]


def test_notices_are_listed_with_what_became_of_them(shell: Shell) -> None:
    for name in ("ana", "bob", "cem"):
        shell.ok("subscribers", "add", f"{name}@example.org", "--unconfirmed")
    shell.ok("subscribers", "erase", "cem@example.org")
    first = shell.ask("notices", "list", "--limit", "1")
    assert (len(first["items"]), first["next"]) == (1, 1)
    assert first["items"][0]["status"] == "planned"
    shell.ok("run")
    rest = shell.ask("notices", "list", "--after", "1")
    assert rest["next"] is None
    assert [(one["email"], one["status"], one["reason"]) for one in rest["items"]] == [
        ("bob@example.org", "sent", ""),
        (None, "skipped", "erased"),
    ]
    (sent, _) = letters(shell)
    (listed, *_) = shell.ask("notices", "list", "--kind", "confirm", "--status", "sent")["items"]
    assert value_of(fields_of(head_of(sent)), "Message-ID") == listed["message_id"]
    assert shell.ask("notices", "list", "--kind", "alert") == {"items": [], "next": None}
    assert "bob@example.org" in shell.ok("notices", "list").out


def test_what_was_given_up_can_be_tried_again(shell: Shell) -> None:
    shell.ok("subscribers", "add", "ana@example.org", "--unconfirmed")
    assert shell("run", "--now", "+4d", "--json").document["notices"] == {"expired": 1}
    assert shell.ask("notices", "retry", "1") == {"items": [{"id": 1, "status": "planned"}], "next": None}
    assert shell.ask("run")["notices"] == {"sent": 1}
    assert len(letters(shell)) == 1


def test_a_notice_in_doubt_can_be_taken_for_sent(old_newsroom: Shell) -> None:
    (held,) = old_newsroom.ask("notices", "list", "--status", "uncertain")["items"]
    assert "notices" not in old_newsroom.with_(DIGEST_UNCERTAIN="hold").ask("run")
    done = old_newsroom.ask("notices", "resolve", str(held["id"]), "--as", "sent")
    assert done == {"items": [{"id": held["id"], "status": "sent"}], "next": None}
    assert "notices" not in old_newsroom.ask("run")
    assert (
        old_newsroom("notices", "resolve", str(held["id"]), "--as", "sent").complaint
        == f"notice {held['id']} is sent: only uncertain ones are resolved: "
        "see digest notices list --status uncertain"
    )


def test_a_notice_in_doubt_can_be_sent_again_under_the_same_message_id_however_late(
    old_newsroom: Shell,
) -> None:
    (held,) = old_newsroom.ask("notices", "list", "--status", "uncertain")["items"]
    with time_machine.travel(MONDAY_NOON + timedelta(days=20), tick=True), mail_server() as server:
        holding = old_newsroom.with_(**sends_to(server), DIGEST_UNCERTAIN="hold")
        assert "is planned" in holding.ok("notices", "resolve", str(held["id"]), "--as", "again").out
        assert holding("run", "--json").document["notices"] == {"sent": 1}
    (taken,) = [one for one in server.taken if one.recipient == held["email"]]
    assert f"Message-ID: {held['message_id']}".encode() in taken.content


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("retry", "7"), "notice 7 does not exist: see digest notices list"),
        (("retry", "1"), "notice 1 is planned: retried is what is deferred, expired, refused"),
        (("list", "--kind", "poem"), "kind 'poem' is not known"),
        (("list", "--status", "lost"), "status 'lost' is not known"),
    ],
)
def test_what_cannot_be_done_is_said(shell: Shell, words: tuple[str, ...], complaint: str) -> None:
    shell.ok("subscribers", "add", "ana@example.org", "--unconfirmed")
    assert shell("notices", *words).complaint.startswith(complaint)
