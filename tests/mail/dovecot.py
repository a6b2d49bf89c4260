"""A real Dovecot for tests: Maildirs behind IMAP and POP3, in a folder and on ports of its own."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

USER: Final = "returns@news.example"
PASSWORD: Final = "a@pass/word&more!"
_SBIN: Final = "/usr/sbin"
#: Seconds for it to listen.
_PATIENCE: Final = 30
_SETTINGS: Final = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap pop3
listen = 127.0.0.1
first_valid_uid = 1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format =
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%n
mail_uid = mail
mail_gid = mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home
}}
namespace inbox {{
  inbox = yes
  {namespace}
}}
{more}
service anvil {{
  chroot =
  # who gave a wrong password would wait for longer each time
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """One that listens, and the mailbox of one of its users."""

    folder: Path
    ports: dict[str, int]
    user: str = USER

    def of(self, name: str) -> Dovecot:
        """Another user's mailbox, which is empty; names need no more than to differ."""
        other = replace(self, user=f"{name}@news.example")
        places = [other.mail.parent, other.mail, *(other.mail / part for part in ("new", "cur", "tmp"))]
        for place in places:
            place.mkdir(exist_ok=True)
            shutil.chown(place, "mail", "mail")
        return other

    @property
    def mail(self) -> Path:
        """The Maildir."""
        return self.folder / "mail" / self.user.partition("@")[0]

    def url(self, scheme: str, path: str = "", password: str = PASSWORD) -> str:
        """The address of the mailbox by one of its protocols."""
        port = self.ports[{"imap+starttls": "imap", "pop3+starttls": "pop3"}.get(scheme, scheme)]
        return f"{scheme}://{_quoted(self.user)}:{_quoted(password)}@localhost:{port}{path}"

    @property
    def context(self) -> ssl.SSLContext:
        """What trusts its certificate."""
        return ssl.create_default_context(cafile=str(self.folder / "cert.pem"))

    def throw_out(self) -> None:
        """End whoever is in the mailbox now, as an admin would: their connection is gone."""
        self._admin("kick")
        # what it was told before may still be done meanwhile
        deadline = time.monotonic() + 30
        while self._is_visited():
            assert time.monotonic() < deadline, "somebody who was thrown out is still there"
            time.sleep(0.02)

    def _is_visited(self) -> bool:
        """Whether anybody has a connection; the first line has names of columns."""
        return len(self._admin("who").splitlines()) > 1

    def _admin(self, word: str) -> bytes:
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), word, self.user]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def lay(self, name: str, raw: bytes) -> None:
        """Put a mail into the inbox, as a server would."""
        (self.mail / "new" / f"{time.time_ns()}.{name}.here").write_bytes(raw)

    def lying(self, folder: str = "") -> list[bytes]:
        """The mails that lie in a folder now, with the line ends of the wire."""
        place = self.mail / (f".{folder}" if folder else "")
        files = [one for part in ("new", "cur") for one in (place / part).glob("*")]
        raws = [one.read_bytes() for one in files if not one.name.endswith("T")]
        return [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in raws]


@contextmanager
def running(more: str = "", namespace: str = "") -> Iterator[Dovecot]:
    """A Dovecot for as long as the block runs, with `more` settings; skips where there is none."""
    path = f"{os.environ.get('PATH', '')}:{_SBIN}"
    program = shutil.which("dovecot", path=path)
    if program is None or os.geteuid():
        pytest.skip("Dovecot is not installed, or this is not root: apt install dovecot-imapd dovecot-pop3d")
    folder = Path(tempfile.mkdtemp(prefix="digest-dovecot-"))
    try:
        ports = {name: _free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
        _make_certificate(folder)
        # its parts run as several users
        folder.chmod(0o755)
        for part in ("mail", "home", "state"):
            (folder / part).mkdir()
            shutil.chown(folder / part, "mail", "mail")
        settings = folder / "dovecot.conf"
        words = {"folder": folder, "password": PASSWORD, "more": more, "namespace": namespace, **ports}
        settings.write_text(_SETTINGS.format(**words), encoding="utf-8")
        command = [program, "-F", "-c", str(settings)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            _wait_for(ports["imap"], process, folder)
            yield Dovecot(folder, ports).of("returns")
        finally:
            process.terminate()
            process.wait(_PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_certificate(folder: Path) -> None:
    asked = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", "-x509", *asked, *names], cwd=folder, check=True, capture_output=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(_PATIENCE * 10):
        if process.poll() is not None:
            break
        with socket.socket() as tried:
            if not tried.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    log = folder / "log"
    said = log.read_text() if log.exists() else ""
    error = process.stderr.read().decode() if process.poll() is not None and process.stderr else ""
    raise RuntimeError(f"Dovecot does not listen: {error} {said[-2000:]}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _quoted(text: str) -> str:
    return quote(text, safe="")
