"""A connection to a mail server up to the first letter: greeting, EHLO, STARTTLS and AUTH by aiosmtplib."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl

from aiosmtplib import SMTP, SMTPConnectError, SMTPException, SMTPHeloError, SMTPResponseException

from digest.core.model import Outcome, Stage
from digest.mail.limits import ASKED_AFTER, ASKED_EVERY, ASKED_TIMES, UNHEARD_FOR, Timeouts
from digest.mail.replies import broken_outcome, reply_outcome
from digest.mail.servers import Security, Server


class NoConnectionError(Exception):
    """There is no connection; `trouble` says which step failed and how."""

    def __init__(self, trouble: Outcome) -> None:
        """Carry the outcome to where it is judged."""
        super().__init__(trouble)
        self.trouble = trouble


def strict_tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, with the certificate and the host name verified against the system's roots."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def connect(server: Server, *, tls: ssl.SSLContext | None, timeouts: Timeouts, helo: str) -> SMTP:
    """Greeting, EHLO, STARTTLS, EHLO, AUTH; raises NoConnectionError at the first that fails."""
    stage = Stage.CONNECT
    smtp: SMTP | None = None
    try:
        link = await _connected_socket(server, timeouts.connect)
        stage = Stage.GREETING
        smtp = _client(link, server, tls, timeouts, helo)
        await smtp.connect(timeout=timeouts.greeting)
        await _introduce(smtp, timeouts)
        if server.security is Security.STARTTLS:
            stage = Stage.STARTTLS
            await smtp.starttls(timeout=timeouts.connect)
            await _introduce(smtp, timeouts)
        if server.username:
            stage = Stage.AUTH
            await smtp.login(server.username, server.password, timeout=timeouts.command)
    except BaseException as error:
        if smtp is not None:
            smtp.close()
        if isinstance(error, SMTPException | OSError):
            raise NoConnectionError(_trouble(stage, error)) from None
        raise
    return smtp


def own_name() -> str:
    """This machine's name for EHLO; a name that no command may hold is not given."""
    name = socket.getfqdn()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+", name) else "localhost"


def _client(
    link: socket.socket, server: Server, tls: ssl.SSLContext | None, timeouts: Timeouts, helo: str
) -> SMTP:
    return SMTP(
        hostname=server.host,
        sock=link,
        use_tls=server.security is Security.TLS,
        start_tls=False,
        tls_context=tls,
        local_hostname=helo,
        timeout=timeouts.command,
    )


async def _introduce(smtp: SMTP, timeouts: Timeouts) -> None:
    """EHLO, or HELO for a server that does not know it."""
    try:
        await smtp.ehlo(timeout=timeouts.command)
    except SMTPHeloError as refused:
        if refused.code // 100 != 5 or not smtp.is_connected:
            raise
        await smtp.helo(timeout=timeouts.command)


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
        _notice_silence(link)
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


def _notice_silence(link: socket.socket) -> None:
    """Let the connection break when the other machine is gone, as far as this system can do that."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", ASKED_AFTER),
        ("TCP_KEEPINTVL", ASKED_EVERY),
        ("TCP_KEEPCNT", ASKED_TIMES),
        ("TCP_USER_TIMEOUT", UNHEARD_FOR * 1000),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            link.setsockopt(socket.IPPROTO_TCP, option, value)


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
