"""A mailbox of a POP3 server (RFC 1939), which has no folders; what nobody understood stays where it is."""

from __future__ import annotations

import poplib
import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from digest.mail.mailbox.address import MailboxAddress
from digest.mail.mailbox.looked import MOST_OCTETS, Looked, Put, RefusedError, fitting
from digest.mail.mailbox.sockets import TIMEOUT, shut

#: Octets that are read at a time; a line of a mail may be longer.
_PIECE: Final = 65_536
#: Lines of a mail that is larger than what is fetched: enough for it, and not all of it.
_LINES: Final = MOST_OCTETS // 60


@contextmanager
def pop3_mailbox(address: MailboxAddress, *, tls: ssl.SSLContext) -> Iterator[Pop3Mailbox]:
    """Enter a mailbox; what was put away is gone once the block ends well (RFC 1939 section 6)."""
    client: poplib.POP3
    if address.security == "tls":
        client = poplib.POP3_SSL(address.host, address.port, timeout=TIMEOUT, context=tls)
    else:
        client = poplib.POP3(address.host, address.port, timeout=TIMEOUT)
    try:
        if address.security == "starttls":
            _start_tls(client, tls)
        _log_in(client, address)
        yield Pop3Mailbox(client)
        client.quit()
    finally:
        client.close()


def _start_tls(client: poplib.POP3, tls: ssl.SSLContext) -> None:
    try:
        client.stls(tls)
    except poplib.error_proto:
        raise RefusedError("offers no STLS: nothing was sent without it") from None


def _log_in(client: poplib.POP3, address: MailboxAddress) -> None:
    try:
        client.user(address.user)
        client.pass_(address.password)
    except poplib.error_proto as error:
        words = pop3_words(error)
        # RFC 3206 and RFC 2449: what the password has nothing to do with
        if "[IN-USE]" in words or "[SYS/TEMP]" in words:
            raise RefusedError(f"is not to be had just now ({words})") from None
        raise RefusedError(f"refuses the login ({words}): check user and password") from None


def pop3_words(error: Exception) -> str:
    """What the server said, in a line."""
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.removeprefix("-ERR").split())[:200]


class Pop3Mailbox:
    """A mailbox that was entered."""

    def __init__(self, client: poplib.POP3) -> None:
        self._client: Final = client
        _, lines, _ = client.list()
        pairs = [line.split() for line in lines]
        #: octets by number
        self._octets: Final = {int(pair[0]): int(pair[1]) for pair in pairs}
        told = self._told_names()
        #: whether the server has names that last
        self.lasting = told is not None
        self._numbers: Final[dict[str, int]] = {}
        for number in self._octets:
            name = (told or {}).get(number, str(number))
            # equal mails may have equal names (RFC 1939 section 7)
            self._numbers[f"{name} {number}" if name in self._numbers else name] = number

    def names(self) -> list[str]:
        """What lies there, by the names that last where the server has such."""
        return list(self._numbers)

    def fetch(self, names: Sequence[str]) -> list[Looked]:
        """Look at the first of these mails."""
        sizes = {name: self._octets[self._numbers[name]] for name in names}
        return [Looked(name, self._mail(self._numbers[name])) for name in fitting(names, sizes)]

    def put(self, names: Collection[str], where: Put) -> None:
        """Have them deleted once the session ends well."""
        if where is Put.UNKNOWN:
            # there is no other place to which it could go
            return
        for name in names:
            try:
                self._client.dele(self._numbers[name])
            except poplib.error_proto as error:
                raise RefusedError(f"does not let go of a mail ({pop3_words(error)})") from None

    def cut(self) -> None:
        """End the connection."""
        shut(self._client.sock)

    def _told_names(self) -> dict[int, str] | None:
        try:
            _, lines, _ = self._client.uidl()
        except poplib.error_proto:
            return None
        pairs = [line.decode("ascii", "replace").split(" ", 1) for line in lines]
        return {int(pair[0]): pair[1].strip() for pair in pairs if len(pair) == 2}

    def _mail(self, number: int) -> bytes | None:
        """The first part of a mail; the library refuses long lines, and keeps a mail of any size."""
        whole = self._octets[number] <= MOST_OCTETS
        command = f"RETR {number}" if whole else f"TOP {number} {_LINES}"
        self._client.sock.sendall(f"{command}\r\n".encode("ascii"))
        if not self._line().startswith(b"+OK"):
            return None
        kept: list[bytes] = []
        octets, begins = 0, True
        while True:
            piece = self._line()
            if begins and piece.startswith(b"."):
                if piece.rstrip(b"\r\n") == b".":
                    return b"".join(kept)[:MOST_OCTETS]
                piece = piece[1:]
            begins = piece.endswith(b"\n")
            if octets < MOST_OCTETS:
                kept.append(piece)
                octets += len(piece)

    def _line(self) -> bytes:
        piece: bytes = self._client.file.readline(_PIECE)
        if not piece:
            raise EOFError("the connection broke off")
        return piece
