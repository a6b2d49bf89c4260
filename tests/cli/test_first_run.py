"""`digest init` is told who sends, by which server and where the pages are: by flags, or by answers."""

from __future__ import annotations

import stat
import tomllib

import pytest

from tests.cli.conftest import mail_server
from tests.cli.shell import Shell
from tests.cli.terminal import at_terminal
from tests.tiers import first_of

SENDER = "Harbour News <news@harbour.org>"
FILE = "digest.toml"


def settings_of(shell: Shell) -> dict[str, object]:
    return tomllib.loads((shell.folder / FILE).read_text(encoding="utf-8"))


def mode_of(shell: Shell) -> int:
    return stat.S_IMODE((shell.folder / FILE).stat().st_mode)


def sender_of(shell: Shell) -> str:
    (daily,) = shell.ask("newsletters", "list")["items"]
    return f"{daily['sender_name']} <{daily['sender_address']}>"


# --- By flags -----------------------------------------------------------------------------------------------


def test_flags_say_it_all_and_the_server_is_tried(shell: Shell) -> None:
    with mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        answer = shell.ok(
            "init", "--sender", SENDER, "--smtp", url, "--base-url", "https://news.harbour.org/"
        )
    assert settings_of(shell) == {"smtp_url": url, "base_url": "https://news.harbour.org"}
    assert sender_of(shell) == SENDER
    assert "would take mail (no TLS)" in answer.err
    assert answer.out.splitlines() == [
        "the store sqlite:///var/digest.sqlite3 is ready",
        "digest.toml says smtp_url and base_url",
        f"newsletter daily is from {SENDER}",
    ]


def test_saying_the_same_again_changes_nothing(shell: Shell) -> None:
    with mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        words = ("init", "--sender", SENDER, "--smtp", url, "--base-url", "https://news.harbour.org")
        shell.ok(*words)
        before = shell.picture()
        again = shell.ask(*words)
    assert shell.picture() == before
    assert (again["written"], again["sender"]) == ({}, None)
    assert all(one["id"].startswith("smtp.") and one["level"] != "error" for one in again["mail_server"])


def test_a_server_that_takes_no_mail_is_written_down_and_told_of(shell: Shell) -> None:
    answer = shell("init", "--smtp", "smtp+starttls://digest:hunter2@127.0.0.1:1", "--json")
    assert answer.status == 1
    assert [one["id"] for one in answer.document["mail_server"]] == ["smtp.unreachable"]
    assert answer.document["written"] == {"smtp_url": "smtp+starttls://digest:***@127.0.0.1:1"}
    assert "hunter2" not in answer.out + answer.err
    assert "hunter2" in str(settings_of(shell)["smtp_url"])


def test_a_password_is_for_the_owner_alone_and_other_settings_for_whom_they_were(shell: Shell) -> None:
    shell.ok("init", "--base-url", "https://news.harbour.org")
    (shell.folder / FILE).chmod(0o644)
    shell.ok("init", "--base-url", "https://digest.harbour.org", "--yes")
    assert mode_of(shell) == 0o644
    shell("init", "--smtp", "smtp://digest:hunter2@127.0.0.1:1")
    assert mode_of(shell) == 0o600


def test_what_people_wrote_into_the_file_stays(shell: Shell) -> None:
    text = (
        "# Ours, since May\r\n"
        '# base_url = "http://127.0.0.1:8000"  the default\r\n'
        "timezone = 'Europe/Lisbon' # where we are\r\n"
        'smtp_url = "file:var/outbox"   # until the move\r\n'
        'replies_to = "newsroom@harbour.org"'
    )
    (shell.folder / FILE).write_bytes(text.encode())
    shell.ok("init", "--smtp", "file:var/post", "--base-url", "https://news.harbour.org", "--yes")
    lines = (shell.folder / FILE).read_bytes().decode().split("\r\n")
    assert lines == [
        "# Ours, since May",
        '# base_url = "http://127.0.0.1:8000"  the default',
        'base_url = "https://news.harbour.org"',
        "timezone = 'Europe/Lisbon' # where we are",
        'smtp_url = "file:var/post"   # until the move',
        'replies_to = "newsroom@harbour.org"',
    ]


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("--smtp", "file:var/post"), "digest.toml says smtp_url = file:var/outbox already: add --yes"),
        (("--base-url", "https://b.example"), "digest.toml says base_url = https://a.example already"),
        (("--sender", "Else <else@harbour.org>"), f"newsletter daily is from {SENDER} already: add --yes"),
    ],
    ids=["smtp", "base-url", "sender"],
)
def test_what_was_said_before_is_not_written_over_without_a_yes(
    words: tuple[str, str], needle: str, shell: Shell
) -> None:
    shell.ok("init", "--sender", SENDER, "--smtp", "file:var/outbox", "--base-url", "https://a.example")
    before = shell.picture()
    assert needle in shell("init", *words).complaint
    assert shell.picture() == before
    shell.ok("init", *words, "--yes")
    assert shell.picture() != before


def test_a_variable_that_goes_before_the_file_is_told_of(shell: Shell) -> None:
    set_there = shell.with_(DIGEST_BASE_URL="https://a.example")
    answer = set_there("init", "--base-url", "https://b.example")
    assert "DIGEST_BASE_URL is set and goes before the file" in answer.complaint
    assert not (shell.folder / FILE).exists()


def test_a_file_whose_layout_cannot_be_kept_is_refused(shell: Shell) -> None:
    (shell.folder / FILE).write_text('base_url = """https://a.example"""\n', encoding="utf-8")
    before = shell.picture()
    answer = shell("init", "--base-url", "https://b.example", "--yes")
    assert "base_url in digest.toml cannot be changed without harm to it" in answer.complaint
    assert shell.picture() == before


# --- By answers ---------------------------------------------------------------------------------------------


def test_at_a_terminal_it_asks_shows_and_writes(shell: Shell) -> None:
    with mail_server() as server, at_terminal(shell, "init") as terminal:
        url = f"smtp://127.0.0.1:{server.port}"
        terminal.waits_for(
            "Whom are the mails from? Name <address>\n[The Daily Digest <digest@newsroom.example>]"
        )
        terminal.types("nobody at all")
        terminal.waits_for("is not one")
        terminal.waits_for("Whom are the mails from?")
        terminal.types(SENDER)
        terminal.waits_for("Which mail server takes them?")
        terminal.types("pigeon://loft")
        terminal.waits_for("should be file:FOLDER or servers such as")
        terminal.waits_for("Which mail server takes them?")
        terminal.types(url)
        terminal.waits_for("would take mail")
        terminal.waits_for("Where do readers reach the pages?\n[http://127.0.0.1:8000]")
        terminal.types("https://news.harbour.org")
        terminal.waits_for("digest.toml will say:")
        terminal.waits_for("newsletter daily will be from: Harbour News <news@harbour.org>")
        terminal.waits_for("Write this?")
        terminal.types("")
        terminal.waits_for("next: digest ingest FILE takes news in")
        assert terminal.ends() == 0
    assert settings_of(shell) == {"smtp_url": url, "base_url": "https://news.harbour.org"}
    assert sender_of(shell) == SENDER
    with at_terminal(shell, "init") as terminal:
        assert terminal.ends() == 0
        assert "?" not in terminal.said


def test_a_server_that_takes_no_mail_is_asked_for_again(shell: Shell) -> None:
    with at_terminal(shell, "init") as terminal:
        terminal.waits_for("Whom are the mails from?")
        terminal.types("")
        terminal.waits_for("Which mail server takes them?")
        terminal.types("smtp://127.0.0.1:1")
        terminal.waits_for("failed at connect")
        terminal.waits_for("Take it all the same?")
        terminal.types("n")
        terminal.waits_for("Which mail server takes them?")
        terminal.types("")
        terminal.waits_for("Where do readers reach the pages?")
        terminal.types("")
        assert terminal.ends() == 0
    assert not (shell.folder / FILE).exists()
    assert sender_of(shell) == "The Daily Digest <digest@newsroom.example>"


@pytest.mark.parametrize("key", first_of([b"n\n", b"\x03", b"\x04"]), ids=["no", "ctrl-c", "ctrl-d"])
def test_whoever_does_not_agree_has_changed_nothing(key: bytes, shell: Shell) -> None:
    words = ("init", "--base-url", "https://a.example")
    shell.ok(*words)
    before = shell.picture()
    with at_terminal(shell, "init", "--base-url", "https://b.example") as terminal:
        terminal.waits_for("so far digest.toml says base_url = https://a.example")
        terminal.waits_for("Write this?")
        terminal.presses(key)
        assert terminal.ends() != 0
        assert "Traceback" not in terminal.said
    assert shell.picture() == before


def test_it_asks_nothing_when_it_is_told_not_to_and_without_a_terminal(shell: Shell) -> None:
    with at_terminal(shell, "init", "--no-questions") as terminal:
        assert terminal.ends() == 0
        assert "?" not in terminal.said
    assert shell.ok("init").err == ""
    assert not (shell.folder / FILE).exists()
