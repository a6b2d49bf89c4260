"""A mailbox at a server, by IMAP or POP3: mails are looked at, and put away once somebody has recorded them.

All of it blocks, and is for a thread. A mail that is put away twice, or looked at again after a crash, does
no harm: whoever records knows it again.
"""

from __future__ import annotations

import imaplib
import poplib
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from digest.errors import TransportError

#: Octets of a mail that are fetched: a report stands at its beginning.
MOST_OCTETS: Final = 1_000_000
#: Seconds for a connection, and for each answer.
_TIMEOUT: Final = 60
_SCHEMES: Final = {
    "imaps": ("imap", "tls", 993),
    "imap+starttls": ("imap", "starttls", 143),
    "imap": ("imap", "plain", 143),
    "pop3s": ("pop3", "tls", 995),
    "pop3+starttls": ("pop3", "starttls", 110),
    "pop3": ("pop3", "plain", 110),
}
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Put(StrEnum):
    """Where a mail goes that was recorded."""

    #: it was understood: away
    AWAY = "away"
    #: nobody could make anything of it: into a folder for a person
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """Where a mailbox is, and how to enter it."""

    protocol: str
    security: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    #: of IMAP
    folder: str = "INBOX"


def parse_mailbox(text: str) -> MailboxAddress:
    """Read `imaps://USER:PASSWORD@HOST/FOLDER`; raises ValueError that repeats nothing, for the password."""
    try:
        url = urlsplit(text.strip())
        protocol, security, port = _SCHEMES[url.scheme]
        host, number = url.hostname, url.port or port
    except (KeyError, ValueError):
        host, protocol = None, ""
    if not host or not url.username or url.password is None:
        raise ValueError(
            "should be imaps://USER:PASSWORD@HOST:PORT/FOLDER, or with imap+starttls, pop3s or pop3+starttls "
            "(special signs in a password are written %XX)"
        )
    if security == "plain" and host not in _HERE:
        raise ValueError("sends a password unencrypted over the network: use imaps or pop3s")
    folder = unquote(url.path.lstrip("/")) or "INBOX"
    return MailboxAddress(
        protocol, security, host, number, unquote(url.username), unquote(url.password), folder
    )


class OpenMailbox(Protocol):
    """A mailbox that was entered."""

    def names(self) -> list[str]:
        """What the server calls the mails that lie there, the oldest first."""
        ...

    def fetch(self, names: Sequence[str]) -> list[tuple[str, bytes]]:
        """The first part of each of these mails that still lies there."""
        ...

    def put(self, names: Collection[str], where: Put) -> None:
        """Put mails away that were recorded."""
        ...


@contextmanager
def entered(
    address: MailboxAddress, *, aside: str, context: ssl.SSLContext | None = None
) -> Iterator[OpenMailbox]:
    """Enter a mailbox; whatever fails in it is a TransportError with a line for people.

    `aside` is the folder for mails that a person has to look at.
    """
    tls = context or ssl.create_default_context()
    tls.minimum_version = max(tls.minimum_version, ssl.TLSVersion.TLSv1_2)
    enter = _imap if address.protocol == "imap" else _pop3
    with _told(address), enter(address, aside, tls) as mailbox:
        yield _Told(mailbox, address)


@contextmanager
def _told(address: MailboxAddress) -> Iterator[None]:
    """What libraries raise, as one line."""
    where = f"the mailbox of {address.user} at {address.host}"
    try:
        yield
    except (ImapToolsError, imaplib.IMAP4.error, poplib.error_proto) as error:
        raise TransportError(f"{where} refuses ({_said(error)}): check user, password and folder") from None
    except ssl.SSLError as error:
        raise TransportError(f"{where} cannot be reached safely ({error.reason or error})") from None
    except (OSError, EOFError) as error:
        raise TransportError(f"{where} cannot be reached ({error or type(error).__name__})") from None


class _Told:
    """A mailbox whose failures are told as lines."""

    def __init__(self, mailbox: OpenMailbox, address: MailboxAddress) -> None:
        self._mailbox: Final = mailbox
        self._address: Final = address

    def names(self) -> list[str]:
        with _told(self._address):
            return self._mailbox.names()

    def fetch(self, names: Sequence[str]) -> list[tuple[str, bytes]]:
        with _told(self._address):
            return self._mailbox.fetch(names)

    def put(self, names: Collection[str], where: Put) -> None:
        with _told(self._address):
            self._mailbox.put(names, where)


class _Imap:
    """A folder of an IMAP server. Flags stay as they are, for people read there, too."""

    def __init__(self, mailbox: BaseMailBox, folder: str, aside: str) -> None:
        self._mailbox: Final = mailbox
        self._aside: Final = aside
        mailbox.folder.set(folder)

    def names(self) -> list[str]:
        return self._mailbox.uids("UNDELETED")

    def fetch(self, names: Sequence[str]) -> list[tuple[str, bytes]]:
        found = []
        for name in names:
            status, answer = self._mailbox.client.uid("FETCH", name, f"(BODY.PEEK[]<0.{MOST_OCTETS}>)")
            raw = [part[1] for part in answer if isinstance(part, tuple)]
            # a mail that somebody else has just taken away has no body
            if status == "OK" and raw and isinstance(raw[0], bytes):
                found.append((name, raw[0]))
        return found

    def put(self, names: Collection[str], where: Put) -> None:
        if not names:
            return
        if where is Put.ASIDE and self._aside:
            if not self._mailbox.folder.exists(self._aside):
                self._mailbox.folder.create(self._aside)
            self._mailbox.move(list(names), self._aside)
        else:
            self._mailbox.delete(list(names))


class _Pop3:
    """A mailbox of a POP3 server, which has no folders; what is deleted goes when the session ends well."""

    def __init__(self, client: poplib.POP3) -> None:
        self._client: Final = client
        self._numbers: Final[dict[str, str]] = {}

    def names(self) -> list[str]:
        _, lines, _ = self._client.uidl()
        pairs = [line.decode("ascii", "replace").split(" ", 1) for line in lines]
        self._numbers.update((name, number) for number, name in (pair for pair in pairs if len(pair) == 2))
        return list(self._numbers)

    def fetch(self, names: Sequence[str]) -> list[tuple[str, bytes]]:
        found = []
        for name in names:
            _, lines, _ = self._client.retr(int(self._numbers[name]))
            found.append((name, b"\r\n".join(lines)[:MOST_OCTETS] + b"\r\n"))
        return found

    def put(self, names: Collection[str], where: Put) -> None:
        for name in names:
            self._client.dele(int(self._numbers[name]))


@contextmanager
def _imap(address: MailboxAddress, aside: str, tls: ssl.SSLContext) -> Iterator[OpenMailbox]:
    made: dict[str, Callable[[], BaseMailBox]] = {
        "tls": lambda: MailBox(address.host, address.port, timeout=_TIMEOUT, ssl_context=tls),
        "starttls": lambda: MailBoxStartTls(address.host, address.port, timeout=_TIMEOUT, ssl_context=tls),
        "plain": lambda: MailBoxUnencrypted(address.host, address.port, timeout=_TIMEOUT),
    }
    mailbox = made[address.security]()
    try:
        mailbox.login(address.user, address.password, initial_folder=None)
        yield _Imap(mailbox, address.folder, aside)
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            mailbox.logout()


@contextmanager
def _pop3(address: MailboxAddress, _aside: str, tls: ssl.SSLContext) -> Iterator[OpenMailbox]:
    client: poplib.POP3
    if address.security == "tls":
        client = poplib.POP3_SSL(address.host, address.port, timeout=_TIMEOUT, context=tls)
    else:
        client = poplib.POP3(address.host, address.port, timeout=_TIMEOUT)
    try:
        if address.security == "starttls":
            client.stls(tls)
        client.user(address.user)
        client.pass_(address.password)
        yield _Pop3(client)
        # RFC 1939 section 6: only a session that ends by QUIT deletes
        client.quit()
    finally:
        client.close()


def _said(error: Exception) -> str:
    words = error.args[0] if error.args else error
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return " ".join(text.split())[:200]
