"""How long a lane waits for a server, and how long it keeps a connection."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DataTimeouts:
    """Seconds to wait, by RFC 5321 section 4.5.3.2."""

    #: for the go-ahead after DATA
    data: float = 120
    #: for the answer to the final dot; the time to write the content is part of it
    final_dot: float = 600


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at each step, by RFC 5321 section 4.5.3.2 where it has a number."""

    #: for TCP to each address of the host, and for a TLS handshake
    connect: float = 30
    greeting: float = 300
    #: for the answer to EHLO, AUTH, MAIL, RCPT and RSET
    command: float = 300
    data: DataTimeouts = field(default_factory=DataTimeouts)
    #: how long a polite farewell may hold up a stop
    farewell: float = 5


@dataclass(frozen=True, slots=True)
class Reuse:
    """When a connection is exchanged for a new one before the server does it in its own way."""

    #: letters over one connection; Exim answers 421 after a thousand, Postfix does not count
    letters: int = 500
    #: seconds without a word; an overloaded Postfix waits ten, firewalls forget connections after minutes
    idle: float = 60
