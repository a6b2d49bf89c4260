"""How the real command behaves towards a shell: streams, pipes, signals, and errors that nobody foresaw."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from digest.cli import house
from digest.cli.web_server import leads_elsewhere, listening
from tests.cli.shell import DIGEST, Shell

STOPPED: Final = "digest: stopped; nothing more was done"
PATIENCE: Final = 30


def start(shell: Shell, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [DIGEST, *words],
        cwd=shell.folder,
        env=shell.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- answers and refusals -----------------------------------------------------------------------------------


def test_the_module_is_the_command(shell: Shell) -> None:
    words = [sys.executable, "-m", "digest", "nonsense"]
    done = subprocess.run(words, cwd=shell.folder, env=shell.environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "digest: No such command 'nonsense' (see digest --help)\n"


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (["ingest", "nowhere.txt"], "'nowhere.txt' cannot be read"),
        (["subscribers", "add", "dora@readers.example", "--timezone", "Mars/Olympus"], "'Mars/Olympus'"),
        (["feed", "list"], "No such command 'feed'"),
    ],
)
def test_refusal_is_one_plain_line_of_the_real_command_too(
    words: list[str], needle: str, newsroom: Shell
) -> None:
    before = newsroom.picture()
    assert needle in newsroom.process(*words).complaint
    assert newsroom.picture() == before


def test_real_command_answers_as_the_one_in_this_process(newsroom: Shell) -> None:
    assert newsroom.process("briefings", "list", "--json") == newsroom.ok("briefings", "list", "--json")


def test_letters_that_the_terminal_lacks_do_not_stop_an_answer(newsroom: Shell) -> None:
    ascii_only = newsroom.with_(PYTHONIOENCODING="ascii")
    assert "Shopkeepers" in ascii_only.process("briefings", "list").out
    answer = ascii_only.process("briefings", "show", "1", "--json")
    assert answer.out.isascii()
    assert json.loads(answer.out) == newsroom.ask("briefings", "show", "1")


# --- streams ------------------------------------------------------------------------------------------------


def test_reader_of_a_pipe_may_go_away(newsroom: Shell) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = newsroom.process_into(write_end, "topics", "list")
    os.close(write_end)
    assert (done.status, done.err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_is_told(newsroom: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = newsroom.process_into(full.fileno(), "status", "--json")
    assert done.status == 1
    assert done.err == "digest: the disk is full: what was to be written is not there as a whole\n"


def test_store_is_not_written_over_when_all_streams_are_closed(newsroom: Shell) -> None:
    line = f"exec '{DIGEST}' subscribers add dora@readers.example <&- >&- 2>&-"
    subprocess.run(["sh", "-c", line], cwd=newsroom.folder, env=newsroom.environment, check=True)
    with closing(sqlite3.connect(newsroom.folder / "var" / "digest.sqlite3")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert newsroom.ask("subscribers", "show", "dora@readers.example")["name"] == ""


def test_closed_standard_input_is_an_empty_one(newsroom: Shell) -> None:
    line = f"exec '{DIGEST}' ingest - <&-"
    done = subprocess.run(
        ["sh", "-c", line], cwd=newsroom.folder, env=newsroom.environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "0 added, 0 updated, 0 unchanged\n")


# --- signals ------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_command_with_one_line(shell: Shell) -> None:
    running = start(shell, "demo")
    assert running.stderr is not None
    assert running.stderr.readline()
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert told.splitlines()[-1] == STOPPED
    assert "Traceback" not in told


def test_ctrl_c_at_the_question_sends_nothing(newsroom: Shell) -> None:
    status, told = at_the_question(newsroom, b"\x03")
    assert (status, told.splitlines()[-1]) == (130, STOPPED)
    assert len(newsroom.ask("deliveries", "list")["items"]) == 1


@pytest.mark.parametrize(("key", "sent"), [(b"y\n", 3), (b"n\n", 0)])
def test_person_is_asked_before_anything_is_sent(key: bytes, sent: int, newsroom: Shell) -> None:
    status, told = at_the_question(newsroom, key)
    assert status == 0
    assert "Send 3 mails of The Daily Digest? [y/N]:" in told
    assert len(newsroom.ask("deliveries", "list", "--status", "sent")["items"]) == 1 + sent


def at_the_question(shell: Shell, key: bytes) -> tuple[int, str]:
    """Answer `digest send` on a terminal of its own."""
    shell.ok("subscribers", "add", "dora@readers.example")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(shell.folder)
        os.execve(DIGEST, ["digest", "send", "daily", "--all"], shell.environment)
    told = b""
    while b"[y/N]:" not in told:
        told += os.read(terminal, 1024)
    told += answered(terminal, key)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), told.decode()


def answered(terminal: int, key: bytes) -> bytes:
    """Press a key, again when nothing happens: one pressed while the question is being put may go unheard."""
    told = b""
    try:
        os.write(terminal, key)
        while True:
            while not select.select([terminal], [], [], 5.0)[0]:
                os.write(terminal, key)
            told += os.read(terminal, 1024)
    except OSError:
        # how Linux tells that the other side of a terminal is closed
        return told


def test_second_ctrl_c_does_not_wait_for_a_server_that_says_nothing(newsroom: Shell) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        running = start(newsroom.with_(DIGEST_SMTP_URL=url), "run", "--now", "+7d")
        silent.settimeout(PATIENCE)
        with closing(silent.accept()[0]):
            running.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                running.wait(timeout=0.5)
            running.send_signal(signal.SIGINT)
            _, told = running.communicate(timeout=PATIENCE)
    assert (running.returncode, told.splitlines()[-1]) == (130, STOPPED)
    assert newsroom.process("run", "--now", "+7d").status == 0
    assert len(newsroom.ask("deliveries", "list", "--status", "sent")["items"]) == 3


# --- serve --------------------------------------------------------------------------------------------------


@contextmanager
def serving(shell: Shell, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`digest serve`, and where its pages are."""
    running = start(shell, "serve", "--port", "0", *words)
    assert running.stderr is not None
    try:
        first = running.stderr.readline()
        # into a pipe, what it says are lines for programs
        event = json.loads(first)["event"]
        assert event.startswith("serving on http://127.0.0.1:")
        yield running, event.removeprefix("serving on ").partition(",")[0]
    finally:
        running.kill()
        running.communicate()


@pytest.mark.parametrize(
    ("one", "words"), [(signal.SIGTERM, ()), (signal.SIGINT, ("--no-scheduler",))], ids=["SIGTERM", "Ctrl-C"]
)
def test_serve_answers_until_it_is_told_to_stop(
    one: signal.Signals, words: tuple[str, ...], newsroom: Shell
) -> None:
    with serving(newsroom, *words) as (running, url):
        with urlopen(f"{url}/healthz", timeout=PATIENCE) as page:
            assert json.load(page) == {"status": "ok"}
        running.send_signal(one)
        out, told = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (0, "")
    assert [json.loads(line)["event"] for line in told.splitlines()][-1] == "stopped"


@pytest.mark.parametrize(
    ("base_url", "elsewhere"),
    [
        ("http://127.0.0.1:{port}", False),
        ("http://localhost:{port}/news", False),
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("https://news.example", False),
    ],
    ids=["here", "prefix", "port", "no-port", "proxy"],
)
def test_serve_says_when_links_lead_to_another_port(base_url: str, elsewhere: bool) -> None:
    with listening("127.0.0.1", 0) as heard:
        assert leads_elsewhere(base_url.format(port=heard.getsockname()[1]), heard) is elsewhere


def test_serve_sends_what_is_due(newsroom: Shell) -> None:
    newsroom.ok("subscribers", "add", "dora@readers.example", "--at-once")
    with serving(newsroom) as (running, _url):
        deadline = time.monotonic() + PATIENCE
        while len(list((newsroom.folder / "var" / "outbox").glob("*dora*"))) == 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE)
    assert running.returncode == 0


def test_port_that_is_taken_is_refused(newsroom: Shell) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        line = newsroom("serve", "--port", port).complaint
    assert line.startswith(f"nothing can listen at host '127.0.0.1', port {port} (Address already in use)")


# --- what nobody foresaw ------------------------------------------------------------------------------------


def fails(**_parts: object) -> None:
    raise RuntimeError("the roof\nis on fire")


def test_unforeseen_error_is_one_line_that_says_how_to_see_more(
    newsroom: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "overview", fails)
    answer = newsroom("status")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == (
        "digest: unexpected RuntimeError: the roof is on fire "
        "(set DIGEST_DEBUG=1 to see where, and report it)\n"
    )


def test_unforeseen_error_shows_where_when_asked_to(newsroom: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "overview", fails)
    with pytest.raises(RuntimeError, match="the roof"):
        newsroom.with_(DIGEST_DEBUG="1")("status")


def test_foreseen_error_is_a_plain_line_even_then(newsroom: Shell) -> None:
    assert newsroom.with_(DIGEST_DEBUG="1")("issues", "show", "99").complaint.startswith("issue 99 does not")
