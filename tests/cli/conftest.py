"""Newsrooms on a Monday noon, as commands have made them: briefings, readers, and first mails sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
import time_machine
from anyio.from_thread import start_blocking_portal

from tests.cli.letters import all_briefings
from tests.cli.shell import SAMPLES, Shell
from tests.flows.returning import report
from tests.mail.smtpd import HANG_UP, Misbehaviour, Smtpd, smtpd

#: The clock of these tests; it runs on from here.
MONDAY_NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
#: Three readers with different wishes, as their admin typed them.
READERS: Final = (
    "ana@readers.example --name Ana --topics finance,economy --at 08:00 --timezone Asia/Shanghai",
    "bob@readers.example --days weekdays --at 07:00 --timezone Europe/Paris --format text --max-items 3",
    "cleo@readers.example --topics international --at-once",
)
REFUSES_THE_CONTENT: Final = {"DOT": "554 5.7.1 We do not like this"}


@pytest.fixture
def monday_noon() -> Iterator[None]:
    """The clock of the commands that run in this process."""
    with time_machine.travel(MONDAY_NOON, tick=True):
        yield


@pytest.fixture
def shell(tmp_path: Path, monday_noon: None) -> Shell:
    """An empty working directory on a Monday noon."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which nothing was done but `digest init`; to be copied."""
    shell = Shell(tmp_path_factory.mktemp("set-up"))
    with time_machine.travel(MONDAY_NOON, tick=True):
        shell.ok("init")
    return shell.folder


@pytest.fixture
def empty_store(set_up: Path, tmp_path: Path) -> None:
    """The working directory has a store that was just set up."""
    shutil.copytree(set_up, tmp_path, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def founded(set_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a newsroom that was made once; to be copied."""
    folder = tmp_path_factory.mktemp("founded")
    shutil.copytree(set_up, folder, dirs_exist_ok=True)
    shell = Shell(folder)
    # the clock stands still: what is due then is due for whoever goes on at noon, however soon
    with time_machine.travel(MONDAY_NOON, tick=False):
        shell.ok("ingest", str(SAMPLES / "day-one.txt"))
        for reader in READERS:
            shell.ok("subscribers", "add", *reader.split())
        shell.ok("run")
    return shell.folder


@pytest.fixture
def newsroom(founded: Path, tmp_path: Path, monday_noon: None) -> Shell:
    """A newsroom of one's own: eight briefings, Ana and Bob with their mail to come, Cleo with hers sent."""
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def known(founded: Path) -> list[dict[str, Any]]:
    """The eight briefings of the newsroom in full."""
    return all_briefings(Shell(founded))


class _Takes(BaseHTTPRequestHandler):
    """A receiver of events that takes them all."""

    def do_POST(self) -> None:
        """Take one."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def receiver() -> Iterator[str]:
    """Where events can be handed over."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Takes) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def lived_in(founded: Path, receiver: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a newsroom where things went wrong: a reader paused, mails refused, one uncertain."""
    folder = tmp_path_factory.mktemp("lived-in")
    shutil.copytree(founded, folder, dirs_exist_ok=True)
    shell = Shell(folder)
    (folder / "readers.csv").write_text("email,topics\neve@readers.example,finance\n", encoding="utf-8")
    with time_machine.travel(MONDAY_NOON, tick=True):
        shell.ok("subscribers", "add", "paul@readers.example")
        shell.ok("subscribers", "pause", "paul@readers.example")
        # nobody is ever asked there: it is no place on the open internet
        shell.ok("feeds", "add", "http://127.0.0.1:9/feed.xml", "--later")
        password = b"letters in a drawer\n"
        for name in ("Anna", "Clara", "Dora"):
            shell.ok("users", "add", name, "--role", "admin", "--password-stdin", stdin=password)
            shell.ok("users", "key", "Anna", "--label", f"for {name}")
        for name, trouble in (("rita", REFUSES_THE_CONTENT), ("ulla", {"DOT": [HANG_UP]})):
            shell.ok("subscribers", "add", f"{name}@readers.example", "--at-once")
            with mail_server(trouble) as server:
                answer = shell.with_(**sends_to(server), DIGEST_UNCERTAIN="hold")("run")
                assert answer.status == 1
        shell.ok("subscribers", "add", "vera@readers.example", "--unconfirmed")
        with mail_server(REFUSES_THE_CONTENT) as server:
            assert shell.with_(**sends_to(server), DIGEST_UNCERTAIN="hold")("run").status == 1
        shell.ok("subscribers", "add", "will@readers.example", "--unconfirmed")
        with mail_server({"DOT": [HANG_UP]}) as server:
            assert shell.with_(**sends_to(server), DIGEST_UNCERTAIN="hold")("run").status == 1
        await_a_person(shell)
        shell.ok("briefings", "join", "3", "4", "5")
        # briefing 9
        draft = b"A Draft Waits\n\nNobody has read it yet.\n\nSource: Wire, May 4, 2026\n"
        shell.ok("ingest", "-", "--draft", stdin=draft)
        (folder / "digest.toml").write_text('reach_private = "127.0.0.0/8"\n', encoding="utf-8")
        for path in ("", "shop", "chat"):
            shell.ok("webhooks", "add", f"{receiver}{path}")
        shell.ok("webhooks", "edit", "3", "--off")
        shell.ok("suppressions", "add", "gone@readers.example")
        shell.ok("families", "pause", "resting.example")
        shell.ok("backup", "monday.gz")
        (folder / "never.txt").write_text("never@readers.example\n", encoding="utf-8")
        for name, who in (("unproved", "bob"), ("returned", "ana")):
            (folder / f"{name}.eml").write_bytes(report(f"{who}@readers.example"))
        shell.ok("bounces", "read", "unproved.eml")
        (folder / "feeds.opml").write_text(
            '<opml><body><outline text="Radio" xmlUrl="https://radio.example/rss"/></body></opml>',
            encoding="utf-8",
        )
    return folder


def await_a_person(shell: Shell) -> None:
    """Two issues of a newsletter whose issues are approved: 2 waits, and 3 was approved and is held."""
    shell.ok("newsletters", "add", "evening", "--approval")
    for name, zone in (("walt", "Europe/Paris"), ("zoe", "Asia/Tokyo")):
        words = f"{name}@readers.example --newsletter evening --at-once --timezone {zone}"
        shell.ok("subscribers", "add", *words.split())
    shell.with_(DIGEST_UNCERTAIN="hold")("run")
    shell.ok("issues", "approve", "3")
    shell.ok("issues", "hold", "3")


@pytest.fixture
def old_newsroom(lived_in: Path, tmp_path: Path, monday_noon: None) -> Shell:
    """That newsroom, as one's own: delivery 1 is sent, 2 and notice 1 refused, 3 and notice 2 uncertain."""
    shutil.copytree(lived_in, tmp_path, dirs_exist_ok=True)
    return Shell(tmp_path)


@contextmanager
def mail_server(misbehaviour: Misbehaviour | None = None) -> Iterator[Smtpd]:
    """A real mail server in a thread of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(smtpd(misbehaviour)) as record,
    ):
        yield record


def sends_to(server: Smtpd) -> dict[str, str]:
    """The setting that names this server."""
    return {"DIGEST_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "DIGEST_SMTP_CONNECTIONS": "1"}
