"""A folder of an IMAP server (RFC 9051): looked at without a trace, and emptied mail by mail.

Its numbers (UIDs) are used within one session only, in which they cannot change their meaning.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from imap_tools.errors import ImapToolsError, UnexpectedCommandStatusError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.utils import encode_folder

from digest.mail.mailbox.address import MailboxAddress
from digest.mail.mailbox.looked import MOST_OCTETS, Looked, Put, RefusedError, fitting
from digest.mail.mailbox.sockets import TIMEOUT, shut

_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")
#: A body that is no literal: nothing, or next to nothing.
_SHORT_BODY: Final = re.compile(rb'\bBODY\[\](?:<\d+>)? (?:NIL|"([^"]*)")')
#: RFC 2342: the first of the user's own namespaces.
_PREFIX: Final = re.compile(r'^\(\("([^"]*)"')


@contextmanager
def imap_folder(
    address: MailboxAddress, *, aside: str, done: str, tls: ssl.SSLContext
) -> Iterator[ImapFolder]:
    """Enter a folder; mails for a person go to `aside`, all others to `done`, or they are deleted."""
    made: dict[str, Callable[[], BaseMailBox]] = {
        "tls": lambda: MailBox(address.host, address.port, timeout=TIMEOUT, ssl_context=tls),
        "starttls": lambda: MailBoxStartTls(address.host, address.port, timeout=TIMEOUT, ssl_context=tls),
        "plain": lambda: MailBoxUnencrypted(address.host, address.port, timeout=TIMEOUT),
    }
    mailbox = made[address.security]()
    try:
        _log_in(mailbox, address)
        yield ImapFolder(mailbox, address.folder, aside=aside, done=done)
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            mailbox.logout()


def _log_in(mailbox: BaseMailBox, address: MailboxAddress) -> None:
    # LOGIN has no words for more than ASCII (RFC 9051 section 6.2.3)
    is_ascii = (address.user + address.password).isascii()
    log_in = mailbox.login if is_ascii else mailbox.login_utf8
    try:
        log_in(address.user, address.password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (UnexpectedCommandStatusError, imaplib.IMAP4.error) as error:
        raise RefusedError(f"refuses the login ({words_of(error)}): check user and password") from None


class ImapFolder:
    """A folder that was entered. Flags stay as they are, for people read there, too."""

    lasting = False

    def __init__(self, mailbox: BaseMailBox, folder: str, *, aside: str, done: str) -> None:
        self._mailbox: Final = mailbox
        self._client: Final = mailbox.client
        self._folders: Final = {Put.ASIDE: aside, Put.UNKNOWN: aside, Put.AWAY: done}
        #: folders by the names that they were asked for
        self._places: Final[dict[str, str]] = {}
        # many servers say what they can do only to who has logged in
        _, told = self._client.capability()
        self._can: Final = {word.upper() for line in told if line for word in line.decode().split()}
        try:
            mailbox.folder.set(folder)
        except UnexpectedCommandStatusError as error:
            raise RefusedError(f"has no folder {folder} to read ({words_of(error)})") from None

    def names(self) -> list[str]:
        """Their UIDs, but for those that somebody marked as deleted."""
        return self._mailbox.uids("UNDELETED", charset=None)

    def fetch(self, names: Sequence[str]) -> list[Looked]:
        """Look at the first of these mails."""
        _, told = self._client.uid("FETCH", ",".join(names), "(UID RFC822.SIZE)")
        taken = fitting(names, _sizes(told))
        status, bodies = self._bodies(taken)
        if status != "OK":
            # one that the server cannot read is no reason to leave the others
            for name in taken:
                bodies |= self._bodies([name])[1]
        return [Looked(name, bodies.get(name)) for name in taken]

    def put(self, names: Collection[str], where: Put) -> None:
        """Move or delete them."""
        if not names:
            return
        uids = ",".join(names)
        try:
            if folder := self._folders[where]:
                self._move(uids, names, encode_folder(self._place(folder)).decode())
            else:
                self._delete(uids, names)
        except UnexpectedCommandStatusError as error:
            raise RefusedError(f"does not let go of a mail ({words_of(error)})") from None

    def cut(self) -> None:
        """End the connection."""
        shut(self._client.socket())

    def _bodies(self, names: Sequence[str]) -> tuple[str, dict[str, bytes]]:
        status, answer = self._client.uid("FETCH", ",".join(names), f"(UID BODY.PEEK[]<0.{MOST_OCTETS}>)")
        return status, _bodies_in(answer)

    def _move(self, uids: str, names: Collection[str], folder: str) -> None:
        if "MOVE" in self._can:
            _must(*self._client.uid("MOVE", uids, folder))
            return
        _must(*self._client.uid("COPY", uids, folder))
        self._delete(uids, names)

    def _delete(self, uids: str, names: Collection[str]) -> None:
        """Delete these and no others: what a person has marked as deleted is theirs to expunge."""
        _must(*self._client.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)"))
        if "UIDPLUS" in self._can:
            _must(*self._client.uid("EXPUNGE", uids))
        elif set(self._mailbox.uids("DELETED", charset=None)) <= set(names):
            self._mailbox.expunge()

    def _place(self, folder: str) -> str:
        """What the server calls a folder, which is made when it is missing."""
        if folder not in self._places:
            # some have everything below INBOX (RFC 2342)
            known = list(dict.fromkeys([folder, self._prefix() + folder]))
            found = next((one for one in known if self._is_there(one)), None)
            self._places[folder] = found or self._make(known)
        return self._places[folder]

    def _prefix(self) -> str:
        if "NAMESPACE" not in self._can:
            return ""
        _, told = self._client.namespace()
        found = _PREFIX.match(told[0].decode()) if told and isinstance(told[0], bytes) else None
        return found[1] if found else ""

    def _is_there(self, folder: str) -> bool:
        status, _ = self._client.status(encode_folder(folder).decode(), "(MESSAGES)")
        return status == "OK"

    def _make(self, names: Sequence[str]) -> str:
        said: Any = ""
        for name in names:
            quoted = encode_folder(name).decode()
            status, said = self._client.create(quoted)
            if status == "OK":
                # a person looks for it in a mail program
                self._client.subscribe(quoted)
                return name
        raise RefusedError(f"does not make a folder {names[0]} ({_told(said)}): make it, or name another")


def words_of(error: Exception) -> str:
    """What the server said, in a line."""
    if isinstance(error, UnexpectedCommandStatusError):
        return _told(error.command_result[1])
    return _told(error.args[:1])


def _must(status: str, answer: Any) -> None:
    if status != "OK":
        raise RefusedError(f"does not let go of a mail ({_told(answer)})")


def _told(answer: Any) -> str:
    parts = [answer] if isinstance(answer, (str, bytes)) else answer or []
    texts = [part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in parts]
    return " ".join(" ".join(texts).split())[:200]


def _sizes(answer: Sequence[Any]) -> dict[str, int]:
    lines = [line for line in answer if isinstance(line, bytes)]
    found = [(_UID.search(line), _SIZE.search(line)) for line in lines]
    return {uid[1].decode(): int(size[1]) for uid, size in found if uid and size}


def _bodies_in(answer: Sequence[Any]) -> dict[str, bytes]:
    """The bodies of an answer by UID: a pair for each literal, and what stands before and after it."""
    bodies: dict[str, bytes] = {}
    for part, after in zip(answer, [*answer[1:], None], strict=True):
        if isinstance(part, tuple):
            uid = _UID.search(part[0]) or (_UID.search(after) if isinstance(after, bytes) else None)
            body: bytes | None = part[1]
        elif isinstance(part, bytes) and (short := _SHORT_BODY.search(part)):
            uid, body = _UID.search(part), short[1] or b""
        else:
            continue
        if uid and body is not None:
            bodies[uid[1].decode()] = body
    return bodies
