"""A mail server far away: what it reads together it answers together, one round trip later.

`python -m benchmarks.slow_sink PORT MILLISECONDS` listens on loopback until it is ended. Latency decides
here, not speed, so Python is fast enough.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import Final

_END: Final = b"\r\n.\r\n"
_GREETING: Final = b"220 far.example ESMTP\r\n"
_OFFER: Final = b"250-far.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n"
_YES: Final = b"250 2.0.0 Ok\r\n"
_GO_AHEAD: Final = b"354 go ahead\r\n"
_BYE: Final = b"221 2.0.0 Bye\r\n"


class FarAway(asyncio.Protocol):
    """One connection; takes everything and keeps nothing."""

    def __init__(self, delay: float) -> None:
        """Answer `delay` seconds after reading."""
        self._delay: Final = delay
        self._loop: Final = asyncio.get_running_loop()
        self._held: Final[deque[bytes]] = deque()
        self._transport: asyncio.Transport
        #: what was read and is not understood yet; of content only the last signs, which may begin its end
        self._rest = b""
        self._in_content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, late as ever."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._answer(_GREETING)

    def data_received(self, data: bytes) -> None:
        """Read all there is, then answer it together."""
        self._rest += data
        answers: list[bytes] = []
        while (answer := self._read_one()) is not None:
            answers.append(answer)
        if answers:
            self._answer(b"".join(answers))

    def _read_one(self) -> bytes | None:
        """Take the next command, or a message, and say what it gets; None when it is not all there."""
        if self._in_content:
            end = self._rest.find(_END)
            if end < 0:
                self._rest = self._rest[-(len(_END) - 1) :]
                return None
            self._rest = self._rest[end + len(_END) :]
            self._in_content = False
            return _YES
        line, ended, rest = self._rest.partition(b"\r\n")
        if not ended:
            return None
        self._rest = rest
        verb = line[:4].upper()
        if verb == b"DATA":
            self._in_content = True
            # an empty message ends with a dot on its first line
            self._rest = b"\r\n" + self._rest
            return _GO_AHEAD
        return {b"EHLO": _OFFER, b"QUIT": _BYE}.get(verb, _YES)

    def _answer(self, words: bytes) -> None:
        self._held.append(words)
        self._loop.call_later(self._delay, self._say_next)

    def _say_next(self) -> None:
        words = self._held.popleft()
        self._transport.write(words)
        if words.endswith(_BYE):
            self._transport.close()


async def serve(port: int, milliseconds: float) -> None:
    """Listen until cancelled."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FarAway(milliseconds / 1000), "127.0.0.1", port, backlog=200)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
