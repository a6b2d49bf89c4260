"""A mail server that understands just enough to be talked to, and keeps every octet as it came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from digest.mail.lane import Letter
from digest.mail.servers import Server
from digest.mail.smtp import SmtpLane
from tests.wire.transmission import USUAL_OFFERS, Transmission

_ROOM = 1 << 24


class Listener:
    """Takes everything; what it took stands in `taken`, in the order in which it came."""

    def __init__(self) -> None:
        self.taken: list[Transmission] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until QUIT or its end."""
        writer.write(b"220 mail.example listens\r\n")
        mail = rcpt = b""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                said = ["250-mail.example", *(f"250-{offer}" for offer in sorted(USUAL_OFFERS)), "250 HELP"]
                writer.write("".join(f"{one}\r\n" for one in said).encode())
            elif verb == b"DATA":
                writer.write(b"354 Go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                self.taken.append(Transmission(mail, rcpt, data))
                writer.write(b"250 2.0.0 Taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Farewell\r\n")
                break
            else:
                mail, rcpt = (line, b"") if verb == b"MAIL" else (mail, line)
                writer.write(b"250 2.0.0 Well\r\n")
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """The server, until the block ends."""
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, limit=_ROOM)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()


async def over_the_wire(letters: Sequence[Letter]) -> list[Transmission]:
    """The letters as they arrive when a lane of ours posts them."""
    async with listening() as listener:
        lane = SmtpLane(Server("127.0.0.1", listener.port), helo="desk.example")
        for letter, following in zip(letters, [*letters[1:], None], strict=True):
            outcome = await lane.post(letter, following)
            assert outcome.accepted, outcome
        await lane.close()
    return listener.taken
