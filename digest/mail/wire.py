"""The wire under a conversation: bytes go out at once, answers are kept in order until they are asked for.

aiosmtplib makes the connection, but its protocol holds one answer at a time and drops what nobody waits for
yet, so several commands cannot travel together; and it takes a lock, a future and a time limit for each. So
when a connection stands (greeting, EHLO, STARTTLS and AUTH are done) its transport gets this protocol in
place of the library's; `SMTP.transport` is all that is used of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple, cast

from aiosmtplib import SMTP

#: A line of a reply has 512 octets (RFC 5321 section 4.5.3.1.5). More is borne, but a server that never ends
#: its line or its reply must not fill our memory.
_LONGEST_LINE: Final = 8192
_LONGEST_REPLY: Final = 4 * _LONGEST_LINE
#: What is read at a time: the answers to a group fit in, and one such room serves a lane for its life.
_ROOM: Final = 4096
#: What a transport must have to be taken over; asyncio's and uvloop's have it, with TLS and without.
_NEEDED: Final = ("set_protocol", "pause_reading", "resume_reading", "write", "is_closing", "abort")


class Reply(NamedTuple):
    """What a server answered; the lines of the text are parted by line feeds."""

    code: int
    text: str


@lru_cache(maxsize=256)
def _reply_in(line: bytes) -> Reply | None:
    """The reply that a line is by itself; None when it is part of one, or none.

    Kept, since servers answer MAIL, RCPT and DATA in the same words each time.
    """
    line = line.rstrip(b"\r")
    if line[:3].isdigit() and line[3:4] == b" " and len(line) <= _LONGEST_LINE:
        return Reply(int(line[:3]), line[4:].strip(b" \t").decode("utf-8", "surrogateescape"))
    return None


class Wire(asyncio.BufferedProtocol):
    """The bytes of one connection, for one task.

    Every way in which answers can fail to come is a ConnectionError, raised where the answer is asked for:
    closed, reset, too late, not understood, or more answers than commands. After that nothing more is heard.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        """Take the transport over from whatever protocol it had."""
        self._transport: Final = transport
        self._loop: Final = asyncio.get_running_loop()
        self._room: Final = memoryview(bytearray(_ROOM))
        #: how many answers are still to come
        self._due = 0
        self._replies: Final[deque[Reply]] = deque()
        #: the beginning of a line, and the earlier lines of a reply
        self._rest = b""
        self._lines: Final[list[bytes]] = []
        self._reply_size = 0
        #: why no more answers come; empty while they may
        self._trouble = ""
        #: who is to be told, once, of the next answer or that none comes
        self._then: Callable[[], None] | None = None
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        # uvloop chooses the way of reading when reading begins, so it begins anew for a buffered protocol
        transport.pause_reading()
        transport.set_protocol(self)
        transport.resume_reading()

    @classmethod
    def over(cls, smtp: SMTP) -> Wire | None:
        """Take a connection over from aiosmtplib; None when it is not as we know it and stays as it is."""
        transport = getattr(smtp, "transport", None)
        if not all(callable(getattr(transport, name, None)) for name in _NEEDED):
            return None
        return cls(cast("asyncio.Transport", transport))

    @property
    def trouble(self) -> str:
        """Why nothing can be said any more, as far as is known without speaking; empty when it can."""
        return self._trouble or ("the connection is closed" if self._transport.is_closing() else "")

    def say(self, pieces: Sequence[bytes], answers: int) -> None:
        """Write the pieces one after the other, and expect so many answers more."""
        if self.trouble:
            raise ConnectionError(self.trouble)
        self._due += answers
        # `writelines` would spare the copy and costs more: it takes a buffer for each of some twenty pieces,
        # and under TLS each becomes a record of its own
        self._transport.write(b"".join(pieces))

    async def hear(self, seconds: float) -> Reply:
        """The next answer; those that came before the trouble are given first."""
        if not self._replies and not self._trouble:
            waiter = self._loop.create_future()
            self.when_heard(seconds, partial(_wake, waiter))
            try:
                await waiter
            finally:
                self._then = None
        return self.heard()

    def when_heard(self, seconds: float, then: Callable[[], None]) -> None:
        """Call `then` when the next answer is there for `heard`, or will not come any more.

        To be asked for when none is there yet: right after something was said.
        """
        self._then = then
        self._limit(seconds)

    def heard(self) -> Reply:
        """The answer that is there."""
        if not self._replies:
            raise ConnectionError(self._trouble)
        return self._replies.popleft()

    def has_heard(self, firsts: Sequence[int]) -> bool:
        """Take so many answers when they have come, begin with these digits, and nothing is wrong.

        Otherwise none is taken, and it is for `hear` to tell why.
        """
        if len(self._replies) < len(firsts) or self.trouble:
            return False
        for reply, first in zip(self._replies, firsts, strict=False):
            if reply.code // 100 != first:
                return False
        for _ in firsts:
            self._replies.popleft()
        return True

    def abort(self) -> None:
        """Close now; what the kernel has not taken yet is never said."""
        self._end("the connection was given up")
        self._transport.abort()

    def _limit(self, seconds: float) -> None:
        """Ring when the time is up. Limits are minutes and answers take milliseconds, so an alarm that would
        ring too early is left in place to look again, instead of one set and struck off for each answer."""
        self._deadline = self._loop.time() + seconds
        if self._alarm is not None:
            if self._alarm_at <= self._deadline:
                return
            self._alarm.cancel()
        self._set_alarm()

    def _set_alarm(self) -> None:
        self._alarm_at = self._deadline
        self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._then is None:
            return
        if self._loop.time() < self._deadline:
            self._set_alarm()
        else:
            self._end("no answer in time")

    # --- what the transport calls ---------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to read to."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read, line by line."""
        *lines, self._rest = (self._rest + self._room[:nbytes]).split(b"\n")
        for line in lines:
            reply = None if self._lines else _reply_in(line)
            if reply is None or self._trouble:
                self._take(line)
            else:
                self._keep(reply)
        if len(self._rest) > _LONGEST_LINE:
            self._end("the server's line does not end")
        self._stir()

    def eof_received(self) -> bool:
        """The server says no more; False lets the transport close."""
        self._end("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing goes either way any more."""
        self._end(f"the connection was lost: {exc}" if exc else "the connection was lost")

    def _take(self, line: bytes) -> None:
        if self._trouble:
            return
        line = line.rstrip(b"\r")
        code, mark, words = line[:3], line[3:4], line[4:]
        if not (len(code) == 3 and code.isdigit() and mark in (b"", b" ", b"-", b"\t")):
            self._end(f"not a reply: {line[:80].decode(errors='replace')}")
            return
        self._lines.append(words.strip(b" \t"))
        self._reply_size += len(line) + 1
        if self._reply_size > _LONGEST_REPLY:
            self._end("the server's reply does not end")
        elif mark != b"-":
            self._keep(Reply(int(code), b"\n".join(self._lines).decode("utf-8", "surrogateescape")))
            self._lines.clear()
            self._reply_size = 0

    def _keep(self, reply: Reply) -> None:
        if self._due == 0:
            # a farewell such as 421, or a server that lost count: no later answer could be trusted
            self._end(f"the server spoke unasked: {reply.code} {reply.text}")
            return
        self._due -= 1
        self._replies.append(reply)

    def _end(self, trouble: str) -> None:
        self._trouble = self._trouble or trouble
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._stir()

    def _stir(self) -> None:
        then = self._then
        if then is not None and (self._replies or self._trouble):
            self._then = None
            then()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
