"""One lane to one mail server: a connection that carries letter after letter, made again when it broke."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from aiosmtplib import SMTP, SMTPConnectError, SMTPException, SMTPHeloError, SMTPResponseException

from digest.core.model import Outcome, Stage
from digest.errors import TransportError
from digest.mail.datapath import DataTimeouts, hand_over
from digest.mail.lane import Letter
from digest.mail.replies import broken_outcome, reply_outcome
from digest.mail.servers import Security, Server

#: RFC 5321 section 4.5.3.1.3: a path with its angle brackets.
_LONGEST_PATH: Final = 256
_ADDRESS: Final = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f@]+")
#: A server that says this hangs up (RFC 5321 section 3.8).
_CLOSING: Final = 421
#: How long a polite farewell may hold up a stop.
_FAREWELL: Final = 5


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at each step, by RFC 5321 section 4.5.3.2 where it has a number."""

    #: for TCP to each address of the host, and for a TLS handshake
    connect: float = 30
    greeting: float = 300
    #: for the answer to EHLO, AUTH, MAIL, RCPT and RSET
    command: float = 300
    data: DataTimeouts = field(default_factory=DataTimeouts)


def strict_tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, with the certificate and the host name verified against the system's roots."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class SmtpLane:
    """A `Lane` to one server; `reach` lets a caller try the next server instead."""

    def __init__(
        self,
        server: Server,
        *,
        tls: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        helo: str | None = None,
    ) -> None:
        """Nothing is connected yet; `helo` is our name, None asks the resolver for it."""
        if tls is None and server.security is not Security.PLAIN:
            tls = strict_tls()
        self.server = server
        self._tls = tls
        self._timeouts = timeouts or Timeouts()
        self._helo = helo
        self._smtp: SMTP | None = None
        self._reset_due = False
        #: the connection has served before, so the server may have closed it meanwhile
        self._used = False

    async def open(self) -> None:
        """Connect; raises TransportError when the server cannot be used."""
        trouble = await self.reach()
        if trouble is not None:
            raise TransportError(f"mail server {told(self.server, trouble)}")

    async def reach(self) -> Outcome | None:
        """Make ready for the next letter; the outcome says what stood in the way, None that nothing did."""
        try:
            if self._reset_due and self.connected:
                self._reset_due = False
                if await self._ask(Stage.MAIL, 2, b"RSET") is not None:
                    self._drop()
            return None if self.connected else await self._connect()
        except BaseException:
            self._drop()
            raise

    async def post(self, letter: Letter) -> Outcome:
        """Hand over one letter; whatever goes wrong is told by the outcome."""
        trouble = await self.reach()
        if trouble is not None:
            return trouble
        try:
            outcome = self._unfit(letter) or await self._transaction(letter)
            if outcome.stage is Stage.MAIL and outcome.code == 0 and self._used:
                # Closed while it was idle: nothing was said of this letter, a new connection may take it.
                self._drop()
                return await self.post(letter)
        except BaseException:
            self._drop()
            raise
        self._settle(outcome)
        return outcome

    async def close(self) -> None:
        """Say QUIT when there is somebody to say it to."""
        if self._smtp is not None and self.connected:
            with suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=_FAREWELL)
        self._drop()

    @property
    def connected(self) -> bool:
        """True while there is a connection, as far as can be known without speaking."""
        return self._smtp is not None and self._smtp.is_connected

    async def _connect(self) -> Outcome | None:
        """Greeting, EHLO, STARTTLS, EHLO, AUTH; the first that fails is the answer."""
        self._drop()
        stage = Stage.CONNECT
        self._helo = self._helo or await asyncio.to_thread(_own_name)
        try:
            link = await _connected_socket(self.server, self._timeouts.connect)
            stage = Stage.GREETING
            self._smtp = smtp = self._client(link)
            await smtp.connect(timeout=self._timeouts.greeting)
            await self._introduce(smtp)
            if self.server.security is Security.STARTTLS:
                stage = Stage.STARTTLS
                await smtp.starttls(timeout=self._timeouts.connect)
                await self._introduce(smtp)
            if self.server.username:
                stage = Stage.AUTH
                await smtp.login(self.server.username, self.server.password, timeout=self._timeouts.command)
        except (SMTPException, OSError) as error:
            self._drop()
            return _trouble(stage, error)
        return None

    def _client(self, link: socket.socket) -> SMTP:
        return SMTP(
            hostname=self.server.host,
            sock=link,
            use_tls=self.server.security is Security.TLS,
            start_tls=False,
            tls_context=self._tls,
            local_hostname=self._helo,
            timeout=self._timeouts.command,
        )

    async def _introduce(self, smtp: SMTP) -> None:
        """EHLO, or HELO for a server that does not know it."""
        try:
            await smtp.ehlo(timeout=self._timeouts.command)
        except SMTPHeloError as refused:
            if refused.code // 100 != 5 or not smtp.is_connected:
                raise
            await smtp.helo(timeout=self._timeouts.command)

    def _unfit(self, letter: Letter) -> Outcome | None:
        """What this server is known to refuse is not put to it; the reader alone is concerned."""
        assert self._smtp is not None
        if not _fits_command(letter.recipient):
            return Outcome(
                Stage.MAIL, 553, "5.1.3", f"address {letter.recipient!r} cannot stand in a command"
            )
        if letter.sender and not _fits_command(letter.sender):
            return Outcome(Stage.MAIL, 553, "5.1.7", f"sender {letter.sender!r} cannot stand in a command")
        if _needs_utf8(letter) and not self._smtp.supports_extension("smtputf8"):
            return Outcome(
                Stage.MAIL, 553, "5.6.7", "the address needs SMTPUTF8, which the server does not offer"
            )
        limit = self._smtp.esmtp_extensions.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < len(letter.content):
            words = f"the message has {len(letter.content)} octets, the server takes {limit}"
            return Outcome(Stage.MAIL, 552, "5.3.4", words)
        return None

    async def _transaction(self, letter: Letter) -> Outcome:
        assert self._smtp is not None
        parameters = []
        if self._smtp.supports_extension("size"):
            parameters.append(b"SIZE=%d" % len(letter.content))
        if _needs_utf8(letter):
            parameters.append(b"SMTPUTF8")
        refused = await self._ask(
            Stage.MAIL, 2, b"MAIL FROM:<%s>" % letter.sender.encode(), *parameters
        ) or await self._ask(Stage.RCPT, 2, b"RCPT TO:<%s>" % letter.recipient.encode())
        return refused or await hand_over(
            self._smtp, letter.content, canonical=letter.canonical, timeouts=self._timeouts.data
        )

    async def _ask(self, stage: Stage, wanted: int, *command: bytes) -> Outcome | None:
        """Give a command; None when the answer begins with the wanted digit, else the outcome."""
        assert self._smtp is not None
        try:
            reply = await self._smtp.execute_command(*command, timeout=self._timeouts.command)
        except (SMTPException, OSError) as error:
            return broken_outcome(stage, error)
        return None if reply.code // 100 == wanted else reply_outcome(stage, reply.code, reply.message)

    def _settle(self, outcome: Outcome) -> None:
        """Leave the connection as the next letter may find it."""
        if outcome.accepted:
            self._used = True
        elif outcome.code == _CLOSING or outcome.code // 100 not in (4, 5):
            self._drop()
        else:
            self._used = self._reset_due = True

    def _drop(self) -> None:
        """Close without a word; what was not answered is not waited for."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None
        self._reset_due = self._used = False


def told(server: Server, trouble: Outcome) -> str:
    """One line that says which server failed where and why."""
    answer = " ".join(part for part in (str(trouble.code or ""), trouble.enhanced, trouble.text) if part)
    return f"{server} failed at {trouble.stage.value}: {answer}"


async def _connected_socket(server: Server, seconds: float) -> socket.socket:
    """A TCP connection to the first address of the host that answers.

    Made here because aiosmtplib has one time limit for this and for the greeting; 5 minutes suit only that.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        server.host, server.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    last: OSError = OSError(f"{server.host} has no address")
    for family, kind, protocol, _, address in found:
        link = socket.socket(family, kind, protocol)
        link.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(link, address), seconds)
        except TimeoutError:
            link.close()
            last = TimeoutError(f"no connection within {seconds:g} s")
        except OSError as error:
            link.close()
            last = error
        except BaseException:
            link.close()
            raise
        else:
            return link
    raise last


def _fits_command(address: str) -> bool:
    return _ADDRESS.fullmatch(address) is not None and len(address.encode()) + 2 <= _LONGEST_PATH


def _needs_utf8(letter: Letter) -> bool:
    return letter.smtputf8 or not (letter.recipient.isascii() and letter.sender.isascii())


def _trouble(stage: Stage, error: Exception) -> Outcome:
    """Why there is no connection; a TLS failure is told as such wherever the library met it."""
    if isinstance(error, SMTPResponseException):
        return reply_outcome(stage, error.code, error.message)
    if isinstance(error, SMTPConnectError) and error.__cause__ is not None:
        # TCP stands already, so what is not about the greeting is about the handshake; the library's own
        # words would name a port that it was not told
        cause = error.__cause__
        return broken_outcome(stage if isinstance(cause, SMTPException) else Stage.STARTTLS, cause)
    return broken_outcome(stage, error)


def _own_name() -> str:
    """This machine's name for EHLO; a name that no command may hold is not given."""
    name = socket.getfqdn()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+", name) else "localhost"
