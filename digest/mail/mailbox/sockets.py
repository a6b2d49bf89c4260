"""How long a mail server is waited for, and how a wait is ended from outside."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Final

#: Seconds for a connection, and for each answer.
TIMEOUT: Final = 30


def shut(sock: socket.socket | None) -> None:
    """End a connection, if it is one still, below TLS, whose state belongs to the thread that uses it."""
    if sock is None:
        return
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
