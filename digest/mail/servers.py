"""The setting that says where mail goes: one or several servers, or a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from digest.errors import SettingsError

SETTING: Final = "DIGEST_SMTP_URL"


class Security(Enum):
    """How a connection is protected; the value is the scheme of its URL."""

    PLAIN = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"

    @property
    def default_port(self) -> int:
        """The port when a URL names none (RFC 5321, RFC 6409, RFC 8314)."""
        return {Security.PLAIN: 25, Security.STARTTLS: 587, Security.TLS: 465}[self]


_OURS: Final = frozenset(security.value for security in Security)


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server that takes our copies."""

    host: str
    port: int
    security: Security = Security.PLAIN
    #: empty when the server wants no login
    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """The URL without user and password, fit for logs and messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.security.value}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A place to which a transport of a plugin takes our copies."""

    #: the name of the transport
    scheme: str
    #: where it leads, fit for logs and messages: neither user nor password nor query
    place: str
    url: str = field(repr=False)

    def __str__(self) -> str:
        """The URL without what may be secret in it."""
        return f"{self.scheme}://{self.place}"


class FileOutbox(Struct, frozen=True):
    """A folder that stands in for a server."""

    folder: Path


def parse_servers(url: str) -> tuple[Server | Carrier, ...] | FileOutbox:
    """The servers in the order in which they are tried, or the folder; raises SettingsError.

    A scheme that is not ours is that of a plugin, if there is one; it is not loaded here.

    What is wrong is named without repeating the URL, for it may hold a password.
    """
    url = url.strip()
    if url.startswith("file:"):
        return _outbox(url.removeprefix("file:"))
    if not url:
        raise SettingsError(
            f"{SETTING} is empty: give a server such as smtp://localhost:25, or file:var/outbox"
        )
    parts = url.split(",")
    wheres = [SETTING if len(parts) == 1 else f"{SETTING}, server {n}" for n in range(1, len(parts) + 1)]
    return tuple(_server(part.strip(), where) for part, where in zip(parts, wheres, strict=True))


def _outbox(folder: str) -> FileOutbox:
    if folder.startswith("//"):
        if not folder.startswith("///"):
            raise SettingsError(
                f"{SETTING}: say file:FOLDER or file:///FOLDER, without the name of a machine"
            )
        folder = folder.removeprefix("//")
    if not folder or not folder.isprintable():
        raise SettingsError(
            f"{SETTING}: the folder after file: is missing or unprintable, such as file:var/outbox"
        )
    return FileOutbox(Path(folder).expanduser())


def _server(url: str, where: str) -> Server | Carrier:
    scheme = url.partition("://")[0].lower()
    if "://" in url and scheme not in _OURS and scheme in _transports():
        return _carrier(url, scheme, where)
    split = _split(url, where)
    security = _security(split.scheme, where)
    username, password = _credentials(split, where)
    return Server(
        _host(split, where), _port(split, where) or security.default_port, security, username, password
    )


def _carrier(url: str, scheme: str, where: str) -> Carrier:
    """The rest of its address is for the transport to read."""
    if not url.isprintable() or " " in url:
        raise SettingsError(f"{where} holds a space or an unprintable character: write it as %XX")
    place = url.partition("://")[2].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return Carrier(scheme, place.partition("/")[0], url)


def _split(url: str, where: str) -> SplitResult:
    if not url.isprintable() or " " in url:
        raise SettingsError(f"{where} holds a space or an unprintable character: write it as %XX")
    if not re.match(r"[A-Za-z+]+://", url):
        raise SettingsError(f"{where} is not a URL: say it as smtp://host:port or file:FOLDER")
    try:
        split = urlsplit(url)
    except ValueError:
        raise SettingsError(
            f"{where} has a host that cannot be read: say it as host or [IPv6 address]"
        ) from None
    if split.path not in ("", "/") or split.query or split.fragment or url[-1] in "?#":
        raise SettingsError(
            f"{where} goes on after the port: a / ? # or @ in the user name or password is written as %XX"
        )
    return split


def _security(scheme: str, where: str) -> Security:
    try:
        return Security(scheme)
    except ValueError:
        known = ", ".join(f"{one}://" for one in (*(one.value for one in Security), *_transports()))
        raise SettingsError(f"{where} begins with {scheme}://: choose among {known} and file:") from None


def _transports() -> tuple[str, ...]:
    """The schemes of plugins; imported here, for most addresses are of ours."""
    from digest.plugins import shelf

    return shelf.names(shelf.Kind.TRANSPORT)


def _credentials(split: SplitResult, where: str) -> tuple[str, str]:
    try:
        username = unquote(split.username or "", errors="strict")
        password = unquote(split.password or "", errors="strict")
    except UnicodeDecodeError:
        raise SettingsError(f"{where} has a %XX in the user name or password that is not UTF-8") from None
    if bool(username) != bool(password):
        raise SettingsError(
            f"{where} needs both a user name and a password, as user:password@host, or neither"
        )
    return username, password


def _host(split: SplitResult, where: str) -> str:
    host = split.hostname or ""
    if not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+(?:%\w+)?", host):
        raise SettingsError(f"{where} names no host that can be looked up: say it as smtp://host:port")
    return host


def _port(split: SplitResult, where: str) -> int | None:
    try:
        port = split.port
    except ValueError:
        port = 0
    if port == 0:
        raise SettingsError(f"{where} has a port that is not a number from 1 to 65535")
    return port
