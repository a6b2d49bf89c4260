"""A call on a mail server that brings no mail: how far it lets us come, and what it offers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aiosmtplib import SMTP, SMTPException

from digest.core.doctor_servers import ServerSeen
from digest.core.model import Outcome, Stage
from digest.mail.connection import NoConnectionError, connect, strict_tls
from digest.mail.limits import Timeouts
from digest.mail.replies import broken_outcome, reply_outcome
from digest.mail.servers import Security, Server

#: Seconds; a mail may wait longer for a slow server, a person who looks should not.
HURRIED: Final = Timeouts(connect=5, greeting=8, command=8, farewell=1)


async def call_on(
    server: Server,
    addresses: Sequence[str],
    *,
    tls: ssl.SSLContext | None = None,
    timeouts: Timeouts = HURRIED,
    helo: str = "localhost",
) -> ServerSeen:
    """Connect as a lane does, up to the login, say NOOP and QUIT; `addresses` are those of its host."""
    seen = ServerSeen(str(server), server.host, tuple(addresses))
    if not addresses:
        return seen
    if tls is None and server.security is not Security.PLAIN:
        # the system's roots are read from files
        tls = await asyncio.to_thread(strict_tls)
    try:
        smtp = await connect(server, tls=tls, timeouts=timeouts, helo=helo)
    except NoConnectionError as failed:
        return ServerSeen(seen.name, seen.host, seen.addresses, failed.trouble)
    try:
        return await _look(seen, smtp, timeouts)
    finally:
        await _leave(smtp, timeouts)


async def _look(seen: ServerSeen, smtp: SMTP, timeouts: Timeouts) -> ServerSeen:
    return ServerSeen(
        seen.name,
        seen.host,
        seen.addresses,
        await _noop(smtp, timeouts),
        {name.upper(): words for name, words in smtp.esmtp_extensions.items()},
        smtp.get_transport_info("cipher") is not None,
        _until(smtp.get_transport_info("peercert")),
    )


async def _noop(smtp: SMTP, timeouts: Timeouts) -> Outcome | None:
    try:
        reply = await smtp.noop(timeout=timeouts.command)
    except (SMTPException, OSError) as error:
        return broken_outcome(Stage.GREETING, error)
    return None if reply.code // 100 == 2 else reply_outcome(Stage.GREETING, reply.code, reply.message)


async def _leave(smtp: SMTP, timeouts: Timeouts) -> None:
    try:
        await smtp.quit(timeout=timeouts.farewell)
    except (SMTPException, OSError):
        # all that was to be known is known
        smtp.close()


def _until(certificate: Any) -> datetime | None:
    """When a certificate ends, as `ssl` tells it."""
    if not certificate or "notAfter" not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
