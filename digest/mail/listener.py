"""Listens for mail servers that hand over what comes back, by LMTP (RFC 2033) or SMTP.

Only mail to addresses of ours is taken, and it is acknowledged once it is durable: until then the server that
brings it keeps it, and comes again.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import structlog

from digest.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

log = structlog.get_logger(__name__)

#: Octets of one mail.
MOST_OCTETS: Final = 10_000_000
#: Recipients of one mail: a report has one.
MOST_RECIPIENTS: Final = 20
#: Connections at a time, and seconds of silence on one.
MOST_CONNECTIONS: Final = 50
_SILENCE: Final = 60.0
_SCHEMES: Final = frozenset({"lmtp", "smtp"})


@dataclass(frozen=True, slots=True)
class ListenAt:
    """Where to listen, and in which language."""

    lmtp: bool
    host: str = ""
    port: int = 0
    #: of a socket in the file system, instead of host and port
    path: str = ""


#: Takes in (mail, envelope recipient, envelope sender), durable when it returns; raises StoreError.
TakeIn = Callable[[bytes, str, str], Awaitable[None]]
IsOurs = Callable[[str], Awaitable[bool]]


def parse_listen(text: str) -> ListenAt:
    """Read `lmtp://127.0.0.1:8024`, `smtp://…` or `lmtp+unix:/path`; raises ValueError."""
    if text.startswith("lmtp+unix:/"):
        return ListenAt(lmtp=True, path=text.removeprefix("lmtp+unix:"))
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host or not port or url.scheme not in _SCHEMES or url.path.strip("/") or url.username:
        raise ValueError("should be lmtp://HOST:PORT, smtp://HOST:PORT or lmtp+unix:/PATH")
    return ListenAt(url.scheme == "lmtp", host, port)


@asynccontextmanager
async def listening(at: ListenAt, *, is_ours: IsOurs, take_in: TakeIn) -> AsyncIterator[asyncio.Server]:
    """Listen while the block runs; raises SettingsError when that cannot be."""
    make = _protocol(at, _Handler(is_ours, take_in))
    loop = asyncio.get_running_loop()
    try:
        if at.path:
            # of a process that ended without taking it along
            await asyncio.to_thread(Path(at.path).unlink, missing_ok=True)
            server = await loop.create_unix_server(make, at.path)
        else:
            server = await loop.create_server(make, at.host, at.port, family=socket.AF_UNSPEC)
    except OSError as error:
        where = at.path or f"{at.host}:{at.port}"
        raise SettingsError(
            f"DIGEST_RETURNS_LISTEN: nothing can listen at {where} ({error.strerror or error})"
        ) from None
    try:
        yield server
    finally:
        server.close()
        await server.wait_closed()


def _protocol(at: ListenAt, handler: _Handler) -> Callable[[], SMTP]:
    try:
        from aiosmtpd.lmtp import LMTP
        from aiosmtpd.smtp import SMTP
    except ImportError:
        raise SettingsError(
            "DIGEST_RETURNS_LISTEN needs: pip install 'newsroom-digest[listen]' (aiosmtpd)"
        ) from None
    return partial(
        LMTP if at.lmtp else SMTP,
        handler,
        data_size_limit=MOST_OCTETS,
        enable_SMTPUTF8=True,
        hostname="localhost",
        ident="digest",
        timeout=_SILENCE,
        loop=asyncio.get_running_loop(),
    )


class _Handler:
    """What aiosmtpd asks at each stage."""

    def __init__(self, is_ours: IsOurs, take_in: TakeIn) -> None:
        self._is_ours: Final = is_ours
        self._take_in: Final = take_in
        self._open = asyncio.Semaphore(MOST_CONNECTIONS)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take only what is for us."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        try:
            ours = await self._is_ours(address)
        except StoreError:
            return "451 4.3.0 try again later"
        if not ours:
            return "550 5.1.1 no such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Record the mail for each of its recipients; LMTP wants an answer for each, SMTP one."""
        content: Any = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        sender = (envelope.mail_from or "").strip("<>")
        answers = [await self._recorded(raw, address, sender) for address in envelope.rcpt_tos]
        if type(server).__name__ == "LMTP":
            return "\r\n".join(answers)
        return next((one for one in answers if not one.startswith("250")), "250 2.0.0 OK")

    async def _recorded(self, raw: bytes, address: str, sender: str) -> str:
        async with self._open:
            try:
                await self._take_in(raw, address, sender)
            except StoreError as error:
                log.warning("returned mail could not be recorded: its server keeps it", error=str(error))
                return "451 4.3.0 try again later"
        return "250 2.0.0 OK"
