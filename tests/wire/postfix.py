"""A real Postfix for a test: configured, queued and stopped in a folder of its own, beside any other.

It is as strict as Postfix can be told to be, and delivers all mail of the world into one Maildir.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

#: Seconds for the daemons to listen, to deliver one message more, and to end.
_PATIENCE: Final = 90
#: Where Debian and others put it; root's own path may lack it.
_SBIN: Final = "/usr/sbin"
_FROM_THE_SYSTEM: Final = ("daemon_directory", "meta_directory", "shlib_directory", "setgid_group")

_MAIN: Final = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {sbin}
mail_owner = {owner}
myhostname = mail.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alias_maps =
alias_database =
in_flow_delay = 0
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0

# loopback is exempt as Postfix comes, so nobody is exempt here
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
strict_rfc821_envelopes = yes
strict_mime_encoding_domain = yes
strict_8bitmime_body = yes
smtputf8_enable = yes
strict_smtputf8 = yes

virtual_mailbox_domains = static:all
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""
_MASTER: Final = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running server."""

    folder: Path
    port: int

    def delivered(self, expected: int) -> list[bytes]:
        """The messages that lie in the Maildir, when as many as expected do, or when no more come."""
        maildir = self.folder / "mail" / "all" / "new"
        found: list[Path] = []
        last_came = time.monotonic()
        while len(found) < expected and time.monotonic() < last_came + _PATIENCE:
            before, found = len(found), list(maildir.glob("*"))
            if len(found) > before:
                last_came = time.monotonic()
            time.sleep(0.05)
        return [path.read_bytes() for path in found]

    @property
    def log(self) -> str:
        """What it wrote down."""
        return (self.folder / "log").read_text(errors="replace")

    def flush(self) -> None:
        """Have what waits tried now, as `postqueue -f` does, which wants more of a Postfix than this is."""
        with socket.socket(socket.AF_UNIX) as queue_manager:
            queue_manager.settimeout(10)
            queue_manager.connect(str(self.folder / "queue" / "public" / "qmgr"))
            queue_manager.sendall(b"FADI")
            queue_manager.recv(1)


@contextmanager
def running_postfix(main: str = "", master: str = "") -> Iterator[Postfix]:
    """The server, until the block ends; skips with a word where none can be started.

    `main` and `master` are lines more of its two files of settings; what is said later holds.
    """
    if shutil.which("postfix", path=f"{_SBIN}:{os.environ.get('PATH', '')}") is None:
        pytest.skip("Postfix is not installed: Debian has it as postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only, and we are not root")
    # not in pytest's own folder, which is closed to the user that the daemons run as
    folder = Path(tempfile.mkdtemp(prefix="digest-postfix-"))
    folder.chmod(0o755)
    try:
        server = Postfix(folder, _free_port())
        _configure(server, main, master)
        _postfix(server, "start")
        try:
            _await_greeting(server)
            yield server
        finally:
            _postfix(server, "stop")
            _await_end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: Postfix, more: str, services: str) -> None:
    owner = pwd.getpwnam("postfix")
    for name in ("etc", "queue", "data", "mail"):
        (server.folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(server.folder / name, owner.pw_uid, owner.pw_gid)
    asked = [f"{_SBIN}/postconf", *_FROM_THE_SYSTEM]
    system = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    main = _MAIN.format(
        folder=server.folder, sbin=_SBIN, owner=owner.pw_name, uid=owner.pw_uid, gid=owner.pw_gid
    )
    (server.folder / "etc" / "main.cf").write_text(_each_once(main + system + more))
    (server.folder / "etc" / "master.cf").write_text(_MASTER.format(port=server.port) + services)


def _each_once(settings: str) -> str:
    """Of a setting that stands several times the last one.

    Every process warns of each other one before anybody reads the log, whose socket holds ten lines: then it
    waits for ever.
    """
    lines = [line.partition("=") for line in settings.splitlines() if line and not line.startswith("#")]
    last = {name.strip(): value.strip() for name, _, value in lines}
    return "".join(f"{name} = {value}\n" for name, value in last.items())


def _postfix(server: Postfix, verb: str) -> None:
    command = [f"{_SBIN}/postfix", "-c", str(server.folder / "etc"), verb]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"postfix {verb}: {done.stdout}{done.stderr}{server.log}"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _await_greeting(server: Postfix) -> None:
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=_PATIENCE) as talk:
                assert talk.recv(3) == b"220"
                return
        except ConnectionRefusedError:
            assert time.monotonic() < ends, f"Postfix does not listen: {server.log}"
            time.sleep(0.05)


def _await_end(server: Postfix) -> None:
    """Wait until the master and its children are gone, so that nothing is left running."""
    pid_file = server.folder / "queue" / "pid" / "master.pid"
    ends = time.monotonic() + _PATIENCE
    while pid_file.exists() and time.monotonic() < ends:
        pid = pid_file.read_text().strip()
        if not pid or not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
