"""A mail server in the process that keeps a record of what it took, message by message and line by line."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd.smtp import SMTP

from digest.mail.servers import Server

_MESSAGE_ID: Final = re.compile(rb"^Message-ID: (<\d+\.(\d+)\.[^>]+>)\r$", re.MULTILINE)


@dataclass(frozen=True)
class Accepted:
    """A message for which the server took responsibility."""

    #: which connection it came by
    connection: int
    sender: str
    recipient: str
    message_id: str
    delivery_id: int
    content: bytes


@dataclass
class Record:
    """The server's own record; it judges what the store says."""

    accepted: list[Accepted] = field(default_factory=list)
    #: how many connections there were, and are
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    port: int = 0
    #: seconds that the answer to a final dot takes
    slowness: float = 0.0
    #: is given each message when its content has arrived, before it is taken; may answer instead
    at_data: Callable[[Accepted], Awaitable[str | None]] | None = None

    @property
    def server(self) -> Server:
        """The server as the settings name it."""
        return Server("127.0.0.1", self.port)

    def times_accepted(self) -> Counter[int]:
        """How often each delivery was taken."""
        return Counter(one.delivery_id for one in self.accepted)

    def assert_no_second_copy_differs(self) -> None:
        """A copy that came again is the same to the letter, so that whoever gets it can tell."""
        first: dict[int, Accepted] = {}
        for one in self.accepted:
            before = first.setdefault(one.delivery_id, one)
            assert (one.message_id, one.content) == (before.message_id, before.content)
            assert (one.sender, one.recipient) == (before.sender, before.recipient)
        assert len({one.message_id for one in first.values()}) == len(first)

    async def handle_DATA(self, _server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message; what is taken counts as taken even if the answer is never heard."""
        (recipient,) = envelope.rcpt_tos
        found = _MESSAGE_ID.search(envelope.original_content)
        assert found is not None
        message = Accepted(
            session.number,
            envelope.mail_from or "",
            recipient,
            found[1].decode(),
            int(found[2]),
            envelope.original_content,
        )
        if self.at_data is not None and (answer := await self.at_data(message)) is not None:
            return answer
        self.accepted.append(message)
        await asyncio.sleep(self.slowness)
        return "250 2.0.0 Taken"


class _Connection(SMTP):
    def __init__(self, record: Record, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(record, hostname="mail.example", loop=loop, enable_SMTPUTF8=True)
        self._record = record

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._record.connections += 1
        self._record.open_now += 1
        self._record.most_open = max(self._record.most_open, self._record.open_now)
        assert self.session is not None
        self.session.number = self._record.connections  # type: ignore[attr-defined]

    def connection_lost(self, error: Exception | None) -> None:
        self._record.open_now -= 1
        super().connection_lost(error)


@asynccontextmanager
async def recording(record: Record | None = None, *, port: int = 0) -> AsyncIterator[Record]:
    """The server listens until the block ends; with a record of before it goes on with that."""
    record = record or Record()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: _Connection(record, loop), "127.0.0.1", port)
    record.port = listener.sockets[0].getsockname()[1]
    try:
        yield record
    finally:
        listener.close()
