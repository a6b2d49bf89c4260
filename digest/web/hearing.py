"""The server's reader of HTTP/1.1, by a parser in C: with the bound that this parser lacks.

In Python alone, reading a request takes longer than most pages take to make. But a head without an end would
fill memory with what it says.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Octets of a request's first line and headers; browsers send some hundred.
MOST_HEAD_BYTES: Final = 65_536


class Hearing(HttpToolsProtocol):
    """One connection. What is read without coming to an end of something is counted, whatever it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Have heard nothing yet."""
        super().__init__(*args, **kwargs)
        self._heard = 0

    def data_received(self, data: bytes) -> None:
        """Read on, or refuse what is no request of ours."""
        self._heard += len(data)
        if self._heard > MOST_HEAD_BYTES + len(data):
            self.send_400_response("Too long a head.")
        else:
            super().data_received(data)

    def on_headers_complete(self) -> None:
        """A head has ended."""
        self._heard = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body was handed on; how much of that is read, the page decides."""
        self._heard = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has ended."""
        self._heard = 0
        super().on_message_complete()
