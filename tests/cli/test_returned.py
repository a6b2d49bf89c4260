"""`digest bounces`: what comes back of a mail is read wherever it lies, and ends at its reader."""

from __future__ import annotations

import json
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Shell
from tests.flows.returning import report

CLEO = "cleo@readers.example"
#: As the interface has them; more may stand beside them.
PROMISED = {"file", "recipient", "kind", "permanent", "code", "text", "delivery", "rule"}


def sent(shell: Shell) -> bytes:
    """Cleo's mail, as it lies in the outbox."""
    (file,) = (shell.folder / "var" / "outbox").rglob(f"*{CLEO}*.eml")
    return file.read_bytes()


def mark_of(mail: bytes) -> str:
    """The address to which a server returns it."""
    told = str(message_from_bytes(mail)["List-Unsubscribe"])
    return told.partition("<mailto:")[2].partition("?")[0]


def returned(mail: bytes, **said: str) -> bytes:
    """What a server makes of it that has no such mailbox."""
    head = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode().replace("\n", "\r\n")
    return report(CLEO, original=head + "\r\n", **said)


def standing(shell: Shell, email: str = CLEO) -> str:
    (one,) = shell.ask("subscribers", "show", email)["subscriptions"]
    return str(one["status"])


def test_a_mail_that_came_back_stops_its_reader_and_is_told_as_promised(newsroom: Shell) -> None:
    (newsroom.folder / "back.eml").write_bytes(returned(sent(newsroom)))
    document = newsroom.ask("bounces", "read", "back.eml")
    (event,) = document["events"]
    assert event.keys() >= PROMISED
    assert {name: event[name] for name in PROMISED} == {
        "file": "back.eml",
        "recipient": CLEO,
        "kind": "hard",
        "permanent": True,
        "code": "5.1.1",
        "text": "550 5.1.1 no such user here",
        "delivery": 1,
        "rule": "dsn:words:no-such-reader",
    }
    assert (document["unmatched"], document["said_nothing"], document["unreadable"]) == (0, 0, [])
    assert standing(newsroom) == "bouncing"
    (copy,) = newsroom.ask("deliveries", "list", "--email", CLEO)["items"]
    assert (copy["status"], copy["reason"]) == ("refused", "no-such-address")
    # told once more, by whatever way, it is known
    (again,) = newsroom.ask("bounces", "read", "back.eml")["events"]
    assert again["effect"] == "seen-before"
    assert len(newsroom.ask("bounces", "list")["items"]) == 1


def test_a_report_that_proves_nothing_waits_for_a_person_who_settles_it(newsroom: Shell) -> None:
    (newsroom.folder / "forged.eml").write_bytes(report(CLEO))
    document = newsroom.ask("bounces", "read", "forged.eml")
    assert (document["unmatched"], document["events"][0]["delivery"]) == (1, None)
    assert standing(newsroom) == "active"
    assert [one["id"] for one in newsroom.ask("bounces", "list", "--waiting")["items"]] == [1]
    shown = newsroom.ask("bounces", "show", "1")
    assert (shown["effect"], shown["waits"], shown["mail"]["from"]) == (
        "unmatched",
        True,
        "MAILER-DAEMON@mx.readers.example",
    )
    assert "could not be delivered" in newsroom.ok("bounces", "show", "1").out
    assert newsroom.ask("bounces", "apply", "1", "--email", CLEO.upper()) == {"id": 1, "effect": "stopped"}
    assert standing(newsroom) == "bouncing"
    assert newsroom.ask("bounces", "list", "--unmatched")["items"] == []
    assert "was settled already (stopped)" in newsroom("bounces", "apply", "1", "--delivery", "1").complaint
    assert newsroom.ask("bounces", "done", "1") == {"id": 1, "changed": False}


def test_a_copy_may_be_named_by_its_number_and_a_mail_be_done_with(newsroom: Shell) -> None:
    for name, who in (("a", CLEO), ("b", "someone@elsewhere.example")):
        (newsroom.folder / f"{name}.eml").write_bytes(report(who))
    newsroom.ok("bounces", "read", "a.eml", "b.eml")
    assert "1: stopped" in newsroom.ok("bounces", "apply", "1", "--delivery", "1").out
    assert "2 is done with" in newsroom.ok("bounces", "done", "2").out
    assert "2 was done with before" in newsroom.ok("bounces", "done", "2").out
    assert newsroom.ask("bounces", "list", "--waiting")["items"] == []
    assert newsroom.ask("bounces", "list", "--kind", "mailbox-full")["items"] == []
    first = newsroom.ask("bounces", "list", "--limit", "1")
    rest = newsroom.ask("bounces", "list", "--limit", "1", "--after", str(first["next"]))
    assert [one["id"] for one in first["items"] + rest["items"]] == [2, 1]


def mailbox(folder: Path, mails: list[bytes]) -> tuple[Path, list[str]]:
    """A file of many (RFC 4155); a line of text that begins with From is quoted."""
    file = folder / "box.mbox"
    parts = [b"From MAILER-DAEMON Mon Nov 23 12:00:00 2026\n" + one.replace(b"\r\n", b"\n") for one in mails]
    file.write_bytes(b"\n".join(one + b"\n>From here on nothing is new.\n" for one in parts))
    return file, [f"box.mbox#{place + 1}" for place in range(len(mails))]


def maildir(folder: Path, mails: list[bytes]) -> tuple[Path, list[str]]:
    """Some were seen, some are new; what is being written is left alone."""
    names = []
    for place, one in enumerate(mails):
        kind, flags = ("cur", ":2,S") if place % 2 else ("new", "")
        (folder / "Maildir" / kind).mkdir(parents=True, exist_ok=True)
        name = f"Maildir/{kind}/1700.{place}.host{flags}"
        (folder / name).write_bytes(one)
        names.append(name)
    (folder / "Maildir" / "tmp").mkdir()
    (folder / "Maildir" / "tmp" / "half").write_bytes(mails[0][:100])
    return folder / "Maildir", names


def plain_folder(folder: Path, mails: list[bytes]) -> tuple[Path, list[str]]:
    """Files as somebody saved them, and one that is hidden."""
    (folder / "saved").mkdir()
    for place, one in enumerate(mails):
        (folder / "saved" / f"{place}.eml").write_bytes(one)
    (folder / "saved" / ".index").write_bytes(mails[0])
    return folder / "saved", [f"saved/{place}.eml" for place in range(len(mails))]


@pytest.mark.parametrize("place", [mailbox, maildir, plain_folder], ids=lambda make: make.__name__)
def test_mails_are_read_wherever_they_lie_and_each_says_where(newsroom: Shell, place: Any) -> None:
    mails = [returned(sent(newsroom)), report("x@elsewhere.example"), report("y@elsewhere.example")]
    path, names = place(newsroom.folder, mails)
    document = newsroom.ask("bounces", "read", str(path.relative_to(newsroom.folder)))
    found = {one["file"]: one["recipient"] for one in document["events"]}
    assert found == dict(zip(names, [CLEO, "x@elsewhere.example", "y@elsewhere.example"], strict=True))
    assert document["unmatched"] == 2
    assert standing(newsroom) == "bouncing"


def test_a_mail_servers_pipe_tells_the_envelope(newsroom: Shell) -> None:
    # nothing in it proves anything: the address that it was sent to does
    pipe = newsroom.with_(RECIPIENT=mark_of(sent(newsroom)), SENDER="")
    (event,) = pipe.ask("bounces", "read", "-", stdin=report(CLEO))["events"]
    assert (event["file"], event["delivery"], event["effect"]) == ("-", 1, "stopped")
    assert standing(newsroom) == "bouncing"


def test_the_environment_is_believed_for_standard_input_alone(newsroom: Shell) -> None:
    (newsroom.folder / "forged.eml").write_bytes(report(CLEO))
    pipe = newsroom.with_(RECIPIENT=mark_of(sent(newsroom)), SENDER="")
    assert pipe.ask("bounces", "read", "forged.eml")["unmatched"] == 1
    assert newsroom.ask("bounces", "read", "-", stdin=report(CLEO, said="550 no"))["unmatched"] == 1
    assert standing(newsroom) == "active"


def test_who_writes_to_the_address_to_leave_by_leaves(newsroom: Shell) -> None:
    mark = mark_of(sent(newsroom))
    raw = f"From: Cleo <{CLEO}>\r\nTo: {mark}\r\nSubject: unsubscribe\r\n\r\n".encode()
    (event,) = newsroom.with_(RECIPIENT=mark, SENDER=CLEO).ask("bounces", "read", "-", stdin=raw)["events"]
    assert (event["kind"], event["effect"]) == ("unsubscribe", "left")
    assert standing(newsroom) == "left"


def test_a_mail_that_says_nothing_waits_until_a_person_says_what_it_says(newsroom: Shell) -> None:
    pipe = newsroom.with_(RECIPIENT=mark_of(sent(newsroom)), SENDER="shop@else.example")
    raw = b"From: shop@else.example\r\nList-Id: <shop>\r\nSubject: Buy now\r\n\r\nCheap.\r\n"
    document = pipe.ask("bounces", "read", "-", stdin=raw)
    assert (document["unmatched"], document["said_nothing"]) == (1, 0)
    assert document["events"][0]["kind"] == "unknown"
    (one,) = newsroom.ask("bounces", "list", "--kind", "unknown", "--waiting")["items"]
    assert (one["sender"], one["text"], one["size"], one["delivery"]) == (
        *("shop@else.example", "Buy now", len(raw), 1),
    )
    assert newsroom.ask("bounces", "show", "1")["mail"]["text"] == "Cheap."
    assert "say one of delivered" in newsroom("bounces", "apply", "1", "--delivery", "1").complaint
    assert standing(newsroom) == "active"
    applied = newsroom.ask("bounces", "apply", "1", "--delivery", "1", "--as", "hard")
    assert applied == {"id": 1, "effect": "stopped"}
    assert standing(newsroom) == "bouncing"


def test_what_cannot_be_read_is_told_and_the_rest_is_read(newsroom: Shell) -> None:
    (newsroom.folder / "back.eml").write_bytes(returned(sent(newsroom)))
    (newsroom.folder / "empty.eml").touch()
    answer = newsroom("bounces", "read", "nowhere.eml", "empty.eml", "back.eml", "--json")
    assert answer.status == 1
    document = json.loads(answer.out)
    assert document["unreadable"] == [
        {"file": "nowhere.eml", "reason": "it cannot be read (No such file or directory)"},
        {"file": "empty.eml", "reason": "it is empty"},
    ]
    assert [one["effect"] for one in document["events"]] == ["stopped"]
    plain = newsroom("bounces", "read", "nowhere.eml")
    assert (plain.status, "Traceback" in plain.err) == (1, False)
    assert "nowhere.eml: it cannot be read" in plain.err


@pytest.mark.parametrize(
    "raw",
    [b"\0\0\0", b"\xff\xfe" * 2000, b"no header\n", b"Subject: " + b"x" * 300_000, b"\n" * 100_000],
    ids=["nul", "binary", "no-header", "long-line", "blank"],
)
def test_what_is_no_mail_is_bearable(newsroom: Shell, raw: bytes) -> None:
    (newsroom.folder / "odd").write_bytes(raw)
    answer = newsroom("bounces", "read", "odd", "--json")
    assert answer.status == 0
    document = json.loads(answer.out)
    assert len(document["events"]) + document["said_nothing"] == 1
    assert standing(newsroom) == "active"


def test_a_person_reads_a_table_without_signs_that_move_the_cursor(newsroom: Shell) -> None:
    (newsroom.folder / "back.eml").write_bytes(returned(sent(newsroom), said="550 5.1.1 \x1b[2Jno such user"))
    answer = newsroom.ok("bounces", "read", "back.eml")
    assert "1 event, 0 unmatched; 0 of no interest" in answer.out
    assert "\x1b" not in answer.out
    assert "\x1b" not in newsroom.ok("bounces", "show", "1").out
    assert "cleo@readers.example" in newsroom.ok("bounces", "list").out


def test_status_tells_how_it_stands_with_the_mailbox_and_hides_its_password(newsroom: Shell) -> None:
    assert newsroom.ask("status")["returned"] == {
        "waiting": 0,
        "unkept": {"mails": 0, "octets": 0, "day": None},
        "mailboxes": [],
    }
    away = newsroom.with_(DIGEST_RETURNS_MAILBOX="imap://bounces:sesame@127.0.0.1:1")
    polled = away("bounces", "poll", "--json")
    assert (polled.status, "cannot be reached" in json.loads(polled.out)["trouble"]) == (1, True)
    (newsroom.folder / "forged.eml").write_bytes(report(CLEO))
    newsroom.ask("bounces", "read", "forged.eml")
    found = newsroom.ask("status")["returned"]
    (mailbox,) = found["mailboxes"]
    assert (mailbox["name"], mailbox["read_at"], mailbox["failures"]) == (
        *("bounces at 127.0.0.1, INBOX", None, 1),
    )
    assert "cannot be reached" in mailbox["trouble"]
    told = newsroom.ok("status").out
    assert "returned: 1 mail to look at (see digest bounces list --waiting)" in told
    assert "bounces at 127.0.0.1, INBOX" in told
    assert "sesame" not in told + json.dumps(found)
