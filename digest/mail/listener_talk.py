"""What is said to a mail server that brings mail: aiosmtpd's conversation, with our bounds and answers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.errors import StoreError
from digest.mail.listen_at import IsOurs, TakeIn

log = structlog.get_logger(__name__)

#: Octets of one mail.
MOST_OCTETS: Final = 10_000_000
#: Octets of one line. RFC 5321 grants 1,000, and returned mail holds what others wrote: refusing it loses it.
LONGEST_LINE: Final = 1_000_000
#: Recipients of one mail: a report has one.
MOST_RECIPIENTS: Final = 20
#: Connections at a time.
MOST_CONNECTIONS: Final = 50
#: Seconds from a command to the next, the mail itself included (RFC 5321 section 4.5.3.2.7), and of all.
SILENCE: Final = 300.0
LONGEST: Final = 900.0
_LATER: Final = "451 4.3.0 try again later"


class Door:
    """Lets in so many connections at a time, and knows them all."""

    def __init__(
        self,
        *,
        lmtp: bool,
        is_ours: IsOurs,
        take_in: TakeIn,
        most: int = MOST_CONNECTIONS,
        longest: float = LONGEST,
        most_octets: int = MOST_OCTETS,
    ) -> None:
        """`longest` is in seconds: a connection that lasts longer is ended, and its mail comes again."""
        self._handler: Final = _Handler(is_ours, take_in, lmtp=lmtp)
        self._kind: Final = _Lmtp if lmtp else _Smtp
        self._most: Final = most
        self.longest: Final = longest
        self.most_octets: Final = most_octets
        self._inside: Final[set[_Talk]] = set()

    def talk(self) -> asyncio.Protocol:
        """A conversation with who has just come, or a word that there are too many."""
        if len(self._inside) >= self._most:
            return _Full()
        talk = self._kind(
            self._handler,
            data_size_limit=self.most_octets,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="digest",
            timeout=SILENCE,
            loop=asyncio.get_running_loop(),
        )
        talk.door = self
        return talk

    def enter(self, talk: _Talk) -> None:
        """One has come in."""
        self._inside.add(talk)

    def leave(self, talk: _Talk) -> None:
        """One has gone."""
        self._inside.discard(talk)

    async def shut(self, *, within: float) -> None:
        """End all; mails that are being recorded have so many seconds for their answer."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._handler.idle.wait(), within)
        for talk in tuple(self._inside):
            if talk.transport is not None:
                talk.transport.close()


class _Full(asyncio.Protocol):
    """There is no room for one more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.3.2 too many connections, try again later\r\n")
        transport.close()


class _Talk(SMTP):
    """A conversation that ends in time, and takes lines as they come."""

    line_length_limit = LONGEST_LINE
    door: Door
    _ends: asyncio.TimerHandle | None = None
    #: octets since the last end of a line
    _unended = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.door.enter(self)
        self._ends = self.loop.call_later(self.door.longest, transport.close)

    def data_received(self, data: bytes) -> None:
        end = data.rfind(b"\n")
        self._unended = self._unended + len(data) if end < 0 else len(data) - end - 1
        if self._unended > self.door.most_octets:
            # aiosmtpd keeps what has come of a line until it ends, and this one is longer than any mail
            log.warning("a line without end", octets=self._unended)
            assert self.transport is not None
            self.transport.close()
            return
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._ends is not None:
            self._ends.cancel()
        self.door.leave(self)
        super().connection_lost(error)


class _Smtp(_Talk):
    """SMTP as it is."""


class _Lmtp(_Talk, LMTP):
    """LMTP as it is."""


class _Handler:
    """What aiosmtpd asks at each stage."""

    def __init__(self, is_ours: IsOurs, take_in: TakeIn, *, lmtp: bool) -> None:
        self._is_ours: Final = is_ours
        self._take_in: Final = take_in
        self._lmtp: Final = lmtp
        #: mails that are being recorded now
        self._recording = 0
        #: set while there are none
        self.idle: Final = asyncio.Event()
        self.idle.set()

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take only what is for us."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        try:
            ours = await self._is_ours(address)
        except Exception as error:
            return _later("it is not known whose address it is", error)
        if not ours:
            return "550 5.1.1 no such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Record the mail for each of its recipients; LMTP wants an answer for each, SMTP one."""
        content: Any = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        sender = (envelope.mail_from or "").strip("<>")
        self._recording += 1
        self.idle.clear()
        try:
            answers = [await self._recorded(raw, address, sender) for address in envelope.rcpt_tos]
        finally:
            self._recording -= 1
            if not self._recording:
                self.idle.set()
        if self._lmtp:
            return "\r\n".join(answers)
        return next((one for one in answers if not one.startswith("250")), "250 2.0.0 OK")

    async def handle_exception(self, error: Exception) -> str:
        """Whatever else goes wrong; aiosmtpd itself would refuse for good, and tell what it was."""
        return _later("a conversation failed", error)

    async def _recorded(self, raw: bytes, address: str, sender: str) -> str:
        try:
            await self._take_in(raw, address, sender)
        except Exception as error:
            return _later("returned mail could not be recorded: its server keeps it", error)
        return "250 2.0.0 OK"


def _later(what: str, error: Exception) -> str:
    if isinstance(error, StoreError):
        log.warning(what, error=str(error))
    else:
        # a fault of ours; the mail is tried again, and not lost by it
        log.error(what, error=f"{type(error).__name__}: {error}")
    return _LATER
