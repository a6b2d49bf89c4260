"""`digest outbox`: what lies in the folder that stands in for a mail server, listed and shown."""

from __future__ import annotations

import webbrowser
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(newsroom: Shell) -> Shell:
    newsroom.ok("run", "--now", "+3d")
    return newsroom


def test_mails_are_listed_the_newest_first_with_whom_they_are_to_and_about_what(shell: Shell) -> None:
    listed = shell.ask("outbox", "list")
    files = {path.name: path for path in (shell.folder / "var" / "outbox").glob("*.eml")}
    assert listed["next"] is None
    assert {one["name"] for one in listed["items"]} == set(files)
    written = [files[one["name"]].stat().st_mtime_ns for one in listed["items"]]
    assert written == sorted(written, reverse=True)
    assert {one["to"] for one in listed["items"]} >= {"Ana <ana@readers.example>", "bob@readers.example"}
    assert all(one["subject"].endswith("· The Daily Digest, Nov 23") for one in listed["items"][-1:])
    told = shell.ok("outbox", "list").out
    assert all(one["name"] in told for one in listed["items"])


def test_listing_goes_on_behind_a_mail_and_keeps_to_whom_was_asked_for(shell: Shell) -> None:
    whole = shell.ask("outbox", "list")["items"]
    first = shell.ask("outbox", "list", "--limit", "1")
    assert (first["items"], first["next"]) == (whole[:1], whole[0]["name"])
    rest = shell.ask("outbox", "list", "--after", first["next"])
    assert rest == {"items": whole[1:], "next": None}
    assert shell.ask("outbox", "list", "--all", "--limit", "1")["items"] == whole
    (bob,) = shell.ask("outbox", "list", "--to", "bob@")["items"]
    assert bob["to"] == "bob@readers.example"
    assert f"--after {first['next']}" in shell.ok("outbox", "list", "--limit", "1").err


def test_an_empty_outbox_is_said_to_be_one(set_up: Path) -> None:
    shell = Shell(set_up)
    assert shell.ask("outbox", "list") == {"items": [], "next": None}
    assert shell.ok("outbox", "list").out == "no mail lies in var/outbox\n"
    assert shell("outbox", "show", "--latest").complaint == "no mail lies in 'var/outbox'"


def test_a_mail_is_shown_as_its_plain_text_below_whom_it_is_from_and_to(shell: Shell) -> None:
    told = shell.ok("outbox", "show", "--latest", "--to", "ana@readers.example").out
    assert "\nTo:      Ana <ana@readers.example>\nSubject: " in told
    assert told.startswith("From:    The Daily Digest <")
    assert "\nUnsubscribe: http://127.0.0.1:8000/unsubscribe/" in told
    assert "<html" not in told


def test_a_mail_is_shown_in_every_way_that_was_asked_for(shell: Shell) -> None:
    (ana,) = shell.ask("outbox", "list", "--to", "ana@")["items"]
    content = (shell.folder / "var" / "outbox" / ana["name"]).read_bytes()
    name = ana["name"].removesuffix(".eml")
    document = shell.ask("outbox", "show", name)
    assert (document["name"], document["subject"]) == (ana["name"], ana["subject"])
    assert shell.ok("outbox", "show", name, "--raw").out.encode() == content
    assert shell.ok("outbox", "show", name, "--html").out.rstrip("\n") == document["html"].rstrip("\n")
    assert shell.ok("outbox", "show", name, "--text").out.rstrip("\n") == document["text"].rstrip("\n")
    headers = shell.ok("outbox", "show", name, "--headers").out
    assert headers.splitlines()[0].startswith("From: The Daily Digest <")
    assert len(headers.splitlines()) == len(document["headers"]) == len(message_from_bytes(content).keys())


def test_a_view_of_a_mail_is_written_into_a_file(shell: Shell) -> None:
    (ana,) = shell.ask("outbox", "list", "--to", "ana@")["items"]
    assert shell.ok("outbox", "show", ana["name"], "--html", "--out", "mail.html").out == "mail.html\n"
    assert "<html" in (shell.folder / "mail.html").read_text(encoding="utf-8")
    shell.ok("outbox", "show", ana["name"], "--raw", "--out", "mail.eml")
    kept = shell.folder / "var" / "outbox" / ana["name"]
    assert (shell.folder / "mail.eml").read_bytes() == kept.read_bytes()


def test_a_mail_for_a_reader_of_plain_text_has_no_html_and_says_so(shell: Shell) -> None:
    (bob,) = shell.ask("outbox", "list", "--to", "bob@")["items"]
    assert shell("outbox", "show", bob["name"], "--html").complaint == (
        f"mail '{bob['name']}' has no HTML: look at it without that option"
    )


@pytest.mark.parametrize(("reader", "ending"), [("ana@", ".html"), ("bob@", ".txt")])
def test_a_mail_is_opened_in_the_browser_or_its_page_named(
    reader: str, ending: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    # the one thing that these tests have not: somebody's browser
    monkeypatch.setattr(webbrowser, "open", lambda url: asked.append(url))
    answer = shell.ok("outbox", "show", "--latest", "--to", reader, "--open")
    page = answer.out.strip()
    assert page.startswith("var/preview/")
    assert page.endswith(ending)
    assert asked == [(shell.folder / page).as_uri()]
    assert answer.err == f"no browser was found here: open {page} in one\n"


def test_where_mails_are_sent_there_is_no_outbox_but_a_folder_can_be_named(shell: Shell) -> None:
    sending = shell.with_(DIGEST_SMTP_URL="smtp://news:hunter2@mail.harbour.example")
    refused = sending("outbox", "list").complaint
    assert refused.startswith("mails go to smtp://mail.harbour.example:25 and not into a folder")
    assert "hunter2" not in refused
    assert sending.ask("outbox", "list", "--folder", "var/outbox") == shell.ask("outbox", "list")


def test_letters_of_a_name_do_not_stop_a_terminal_that_lacks_them(shell: Shell) -> None:
    shell.ok("subscribers", "add", "mei@readers.example", "--name", "梅", "--at-once")
    shell.ok("run", "--now", "+3d")
    told = shell.with_(PYTHONIOENCODING="ascii").process("outbox", "show", "--latest", "--to", "mei@")
    assert (told.status, told.err) == (0, "")
    assert "mei@readers.example" in told.out
