"""A real SMTP server in the process that notes what it took and misbehaves on request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, AnyStr, Final

from aiosmtpd.smtp import SMTP, AuthResult

from digest.mail.servers import Security, Server

#: Instead of a reply: close the connection, or say nothing at all. A reply may end with the first.
HANG_UP: Final = "hang up"
SILENCE: Final = "silence"
#: At the end of a 421: it is said, but the connection stays.
STAYS: Final = "stays"
#: The right reply, but what was read together with the command is lost.
DEAF: Final = "deaf"

#: What is said instead of the right thing: at each use of a command the next reply, None for the right one;
#: that also when they are used up. A single reply is said always. DOT is the answer to the final dot.
Misbehaviour = Mapping[str, str | Sequence[str | None]]

REFUSES_THE_READER: Final = {"RCPT": "550 5.1.1 No such user here"}
REFUSES_THE_FIRST_READER: Final = {"RCPT": ["550 5.1.1 No such user here"]}
GREYLISTS: Final = {"RCPT": ["451 4.7.1 Greylisted, come back in five minutes"]}
DROPS_AFTER_THE_FINAL_DOT: Final = {"DOT": [HANG_UP]}
HANGS_UP_AFTER_ONE: Final = {"MAIL": [None, HANG_UP]}
SPEAKS_IN_MANY_LINES: Final = {
    "GREETING": "220-mail.example ESMTP\r\n220-No spam, please\r\n220 ready",
    "DOT": "250-2.0.0 Taken\r\n250-2.0.0 and kept\r\n250 2.0.0 as number 17",
}
KNOWS_NO_EHLO: Final = {"EHLO": "502 5.5.1 What?"}
REFUSES_LOGIN: Final = {"AUTH": "535 5.7.8 Wrong password"}


@dataclass(frozen=True)
class Taken:
    """One message as the server holds it, dots undone."""

    sender: str
    recipient: str
    options: list[str]
    content: bytes


@dataclass
class Smtpd:
    """The server's own record."""

    misbehaviour: Misbehaviour = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    #: what came after a false go-ahead to DATA, and for whom
    swallowed: list[tuple[list[str], bytes]] = field(default_factory=list)
    #: verbs in the order in which they came
    verbs: list[str] = field(default_factory=list)
    #: the bytes as they came; what was written apart, with an answer between, is apart here
    arrivals: list[bytes] = field(default_factory=list)
    pipelining: bool = False
    connections: int = 0
    port: int = 0
    uses: dict[str, int] = field(default_factory=dict)
    hearing: asyncio.Condition = field(default_factory=asyncio.Condition)

    def server(self, security: Security = Security.PLAIN, username: str = "", password: str = "") -> Server:
        return Server("localhost", self.port, security, username, password)

    async def heard(self, verb: str, times: int = 1) -> None:
        """Wait until a command has come."""
        async with self.hearing:
            await self.hearing.wait_for(lambda: self.verbs.count(verb) >= times)

    def instead(self, step: str) -> str | None:
        use = self.uses[step] = self.uses.get(step, 0) + 1
        plan = self.misbehaviour.get(step, ())
        if isinstance(plan, str):
            return plan
        return plan[use - 1] if use <= len(plan) else None

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take the message, and only then fail to say so."""
        reply = self.instead("DOT")
        if reply == DEAF:
            forget(server)
            reply = None
        if reply is None or reply[0] == "2" or reply == HANG_UP:
            (recipient,) = envelope.rcpt_tos
            options, content = envelope.mail_options, envelope.original_content
            self.taken.append(Taken(envelope.mail_from or "", recipient, options, content))
        return reply or "250 2.0.0 Taken"


class _Conversation(SMTP):
    """One connection: every command first asks whether to misbehave."""

    def __init__(self, smtpd: Smtpd, **options: Any) -> None:
        super().__init__(smtpd, hostname="mail.example", **options)
        self.smtpd = smtpd
        self.greeted = False
        #: another way to say the yes that comes next
        self.wording: str | None = None
        for verb in ("EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET"):
            self._smtp_methods[verb] = self._watched(verb, self._smtp_methods[verb])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.smtpd.connections += not self.greeted
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.smtpd.arrivals.append(bytes(data))
        super().data_received(data)

    def _watched(self, verb: str, method: Any) -> Any:
        async def command(arg: str | None) -> None:
            if self.transport is None or self.transport.is_closing():
                return
            async with self.smtpd.hearing:
                self.smtpd.verbs.append(verb)
                self.smtpd.hearing.notify_all()
            reply = self.smtpd.instead(verb)
            if reply == DEAF:
                forget(self)
            elif reply is not None and not reply.startswith("2"):
                await self.push(reply)
                if verb == "DATA" and reply.startswith("3"):
                    await self._swallow()
                return
            else:
                self.wording = reply
            await method(arg)

        return command

    async def _swallow(self) -> None:
        content = b""
        while not (b"\r\n" + content).endswith(b"\r\n.\r\n"):
            content += await self._reader.readuntil(b"\r\n")
        recipients = [] if self.envelope is None else self.envelope.rcpt_tos
        self.smtpd.swallowed.append((list(recipients), content.removesuffix(b".\r\n")))
        forget_envelope: Any = self._set_post_data_state
        forget_envelope()
        await self.push("554 5.5.1 No valid recipients")

    async def push(self, status: AnyStr) -> None:
        await self._say(status if isinstance(status, str) else status.decode())

    async def _say(self, status: str) -> None:
        if not self.greeted:
            self.greeted = True
            status = self.smtpd.instead("GREETING") or status
        status, self.wording = self.wording or status, None
        if status == SILENCE:
            # until the other side hangs up
            await asyncio.Event().wait()
        words = status.removesuffix(HANG_UP).removesuffix(STAYS)
        if words:
            await super().push(words)
        leaves = status.endswith(HANG_UP) or (status.startswith("421") and not status.endswith(STAYS))
        if leaves and self.transport is not None:
            self.transport.close()


def forget(server: SMTP) -> None:
    """Lose what was read from a connection and not looked at yet."""
    reader: Any = server._reader
    reader._buffer.clear()


@asynccontextmanager
async def smtpd(
    misbehaviour: Misbehaviour | None = None,
    *,
    implicit_tls: ssl.SSLContext | None = None,
    pipelining: bool = False,
    record: Smtpd | None = None,
    port: int = 0,
    **options: Any,
) -> AsyncIterator[Smtpd]:
    """The server listens on a port of this machine, a free one if none is named, until the block ends.

    A `record` that is given brings its own ways.
    """
    record = record or Smtpd(misbehaviour or {}, pipelining=pipelining)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: _Conversation(record, loop=loop, **options), "127.0.0.1", port, ssl=implicit_tls
    )
    record.port = listener.sockets[0].getsockname()[1]
    try:
        yield record
    finally:
        listener.close()


def login(_server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Knows one user, with a password that only percent-decoding gives."""
    return AuthResult(success=(data.login, data.password) == (b"news", b"p@ss:w/rd"))
