"""The setting that says where returned mail lies: a mailbox, how it is reached, and who may enter it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

_SCHEMES: Final = {
    "imaps": ("imap", "tls", 993),
    "imap+starttls": ("imap", "starttls", 143),
    "imap": ("imap", "plain", 143),
    "pop3s": ("pop3", "tls", 995),
    "pop3+starttls": ("pop3", "starttls", 110),
    "pop3": ("pop3", "plain", 110),
}
_SHAPE: Final = (
    "should be imaps://USER:PASSWORD@HOST:PORT/FOLDER, or with imap+starttls, pop3s or pop3+starttls "
    "(special signs in a password are written %XX)"
)
#: Says that a password may cross the network unencrypted, such as one that belongs to a single machine.
_ASKED: Final = "unencrypted=yes"


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """Where a mailbox is, and how to enter it."""

    #: imap or pop3
    protocol: str
    #: tls, starttls or plain
    security: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    #: of IMAP
    folder: str = "INBOX"

    @property
    def name(self) -> str:
        """What people call it: who enters, where, and the folder."""
        folder = f", {self.folder}" if self.protocol == "imap" else ""
        return f"{self.user} at {self.host}{folder}"


def parse_mailbox(text: str) -> MailboxAddress:
    """Read `imaps://USER:PASSWORD@HOST/FOLDER`; raises ValueError that repeats nothing, for the password."""
    try:
        url = urlsplit(text.strip())
        protocol, security, usual = _SCHEMES[url.scheme]
        host, port = url.hostname, usual if url.port is None else url.port
    except (KeyError, ValueError):
        raise ValueError(_SHAPE) from None
    if not host or not port or not url.username or url.password is None or url.fragment:
        raise ValueError(_SHAPE)
    user, password, folder = (_plain(part) for part in (url.username, url.password, url.path.lstrip("/")))
    if security == "plain" and not _is_here(host) and url.query != _ASKED:
        raise ValueError(
            f"sends a password unencrypted over the network: use {protocol}s, or end with ?{_ASKED}"
        )
    if url.query not in ("", _ASKED):
        raise ValueError(_SHAPE)
    if folder and protocol == "pop3":
        raise ValueError("names a folder, and POP3 has none")
    return MailboxAddress(protocol, security, host, port, user, password, folder or "INBOX")


def _plain(part: str) -> str:
    """What was escaped; a line break would be a command of its own to the server."""
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("has a %XX that is not UTF-8") from None
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("holds a line break or another control character")
    return text


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
