"""A transport that a plugin brings: mails reach a real relay by HTTP, one unrecorded at a time."""

from __future__ import annotations

import email
import email.policy
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from tests.cli.conftest import mail_server
from tests.cli.shell import Answer, Shell

#: Hangs up without an answer, when a mail has come.
HANG_UP: Final = (0, "")


@dataclass(slots=True)
class Relayed:
    """What came, and how it stood in the store at that moment."""

    to: str
    sender: str
    key: str
    once: str
    content: bytes
    rows: Counter[str]


@dataclass(slots=True)
class Relay:
    store: Path
    #: what is answered in turn; when nothing is left, 202
    answers: list[tuple[int, str]] = field(default_factory=list)
    came: list[Relayed] = field(default_factory=list)
    port: int = 0
    has_come: Event = field(default_factory=Event)
    #: until when nothing is answered
    holds_up: Event | None = None

    @property
    def url(self) -> str:
        return f"relay+http://s%C3%A9same@127.0.0.1:{self.port}/messages"


def statuses(store: Path) -> Counter[str]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return Counter(dict(connection.execute("SELECT status, count(*) FROM deliveries GROUP BY status")))


@contextmanager
def relaying(store: Path, *answers: tuple[int, str]) -> Iterator[Relay]:
    """A relay in a thread."""
    relay = Relay(store, list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            head = self.headers
            content = self.rfile.read(int(head["Content-Length"]))
            to, sender = head["X-Envelope-To"], head["X-Envelope-From"]
            key, once = head["Authorization"], head["Idempotency-Key"]
            relay.came.append(Relayed(to, sender, key, once, content, statuses(store)))
            relay.has_come.set()
            if relay.holds_up is not None:
                relay.holds_up.wait(60)
            status, words = relay.answers.pop(0) if relay.answers else (202, "taken")
            if not status:
                self.close_connection = True
                return
            with suppress(OSError):
                self._answer(status, words)

        def _answer(self, status: int, words: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        relay.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield relay
        server.shutdown()
        thread.join()


def store_of(shell: Shell) -> Path:
    return shell.folder / "var" / "digest.sqlite3"


def run_over(relay: Relay, shell: Shell, **settings: str) -> Answer:
    return shell.with_(DIGEST_SMTP_URL=relay.url, DIGEST_SMTP_CONNECTIONS="1", **settings)("run")


def test_finished_mails_reach_the_relay_with_their_envelopes(shell: Shell) -> None:
    with relaying(store_of(shell)) as relay:
        answer = shell.with_(DIGEST_SMTP_URL=relay.url).process("run")
    assert answer.status == 0, answer
    assert sorted(one.to.partition("@")[0] for one in relay.came) == ["ana", "bob", "cleo"]
    for one in relay.came:
        mail = email.message_from_bytes(one.content, policy=email.policy.default)
        assert mail["To"].addresses[0].addr_spec == one.to
        assert mail["Message-ID"] == f"<{one.once}>"
        assert one.sender.startswith("bounces+")
        assert one.key.encode("latin-1") == "Bearer sésame".encode("latin-1")
    assert statuses(store_of(shell)) == {"sent": 3}


def test_each_mail_leaves_when_the_one_before_is_written_down(inside: Shell) -> None:
    with relaying(store_of(inside)) as relay:
        run_over(relay, inside)
    for place, one in enumerate(relay.came):
        # claimed copies are marked as being sent; but for the one that is under way, none was posted
        assert one.rows["sent"] == place
        assert one.rows["uncertain"] == 0


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ((422, "550 5.1.1 no such mailbox"), "refused", "no-such-address"),
        ((410, "gone"), "refused", "refused"),
        ((503, "later"), "deferred", "try-later"),
        (HANG_UP, "uncertain", "no-reply-to-final-dot"),
    ],
    ids=["no-mailbox", "gone", "later", "hangs-up"],
)
def test_answer_of_the_relay_is_judged_as_that_of_a_mail_server(
    answer: tuple[int, str], status: str, reason: str, inside: Shell
) -> None:
    with relaying(store_of(inside), answer) as relay:
        run_over(relay, inside, DIGEST_UNCERTAIN="hold")
        first = relay.came[0].to
    listed = inside("deliveries", "list", "--json").document["items"]
    (mine,) = (one for one in listed if one["email"] == first)
    assert (mine["status"], mine["reason"]) == (status, reason)
    assert sum(one["status"] == "sent" for one in listed) == 2


def test_relay_that_does_not_know_us_stops_the_run_and_counts_no_attempt(inside: Shell) -> None:
    with relaying(store_of(inside), (403, "who are you?")) as relay:
        answer = run_over(relay, inside)
        assert answer.status == 1
        assert "who are you?" in answer.err
        assert "same" not in answer.err.replace("the same", "")
    assert len(relay.came) == 1
    listed = inside("deliveries", "list", "--json").document["items"]
    assert {one["attempts"] for one in listed} == {0}


def test_mail_whose_sender_was_killed_comes_again_under_the_same_key(shell: Shell) -> None:
    with relaying(store_of(shell)) as relay:
        relay.holds_up = Event()
        there = shell.with_(DIGEST_SMTP_URL=relay.url, DIGEST_SMTP_CONNECTIONS="1")
        command = [sys.executable, "-c", "from digest.cli.main import run; run()", "run"]
        with subprocess.Popen(command, cwd=there.folder, env=there.environment) as killed:
            assert relay.has_come.wait(60)
            killed.kill()
        relay.holds_up.set()
        assert there.process("run").status == 0
    keys = Counter(one.once for one in relay.came)
    assert sorted(keys.values()) == [1, 1, 2]
    assert statuses(store_of(shell)) == {"sent": 3}


def test_mail_server_takes_over_when_the_relay_is_away(inside: Shell) -> None:
    with mail_server() as server:
        both = f"Relay+HTTP://127.0.0.1:9/messages,smtp://127.0.0.1:{server.port}"
        assert inside.with_(DIGEST_SMTP_URL=both, DIGEST_SMTP_CONNECTIONS="1")("run").status == 0
        assert len(server.taken) == 3


def test_address_that_the_transport_does_not_take_is_refused_without_the_password(inside: Shell) -> None:
    complaint = inside.with_(DIGEST_SMTP_URL="relay+http://sesame@/messages")("run").complaint
    assert "the address names no host" in complaint
    assert "sesame" not in complaint


def test_scheme_of_nobody_is_refused_by_all_commands(inside: Shell) -> None:
    complaint = inside.with_(DIGEST_SMTP_URL="pigeon+http://coop.example")("status").complaint
    assert "should be file:FOLDER or servers" in complaint
