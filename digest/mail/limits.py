"""How long a lane waits for a server, and how long it keeps a connection."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

# How a server that is gone is told from one that is slow: a machine that is there acknowledges at once. Else
# a letter on a connection that was cut without a word would wait ten minutes for its answer.
#: Seconds without a packet until the other machine is asked whether it is there, and between two askings.
ASKED_AFTER: Final = 30
ASKED_EVERY: Final = 10
#: So many askings in vain, and the connection is broken.
ASKED_TIMES: Final = 3
#: Seconds until what was sent and never acknowledged breaks it; some more than the others, since a server
#: that has no room for what comes acknowledges nothing either.
UNHEARD_FOR: Final = 120


class DataTimeouts(Struct, frozen=True):
    """Seconds to wait, by RFC 5321 section 4.5.3.2."""

    #: for the go-ahead after DATA
    data: float = 120
    #: for the answer to the final dot; the time to write the content is part of it
    final_dot: float = 600


class Timeouts(Struct, frozen=True):
    """Seconds to wait at each step, by RFC 5321 section 4.5.3.2 where it has a number."""

    #: for TCP to each address of the host, and for a TLS handshake
    connect: float = 30
    greeting: float = 300
    #: for the answer to EHLO, AUTH, MAIL, RCPT and RSET
    command: float = 300
    data: DataTimeouts = field(default_factory=DataTimeouts)
    #: how long a polite farewell may hold up a stop
    farewell: float = 5


class Reuse(Struct, frozen=True):
    """When a connection is exchanged for a new one before the server does it in its own way."""

    #: letters over one connection; Exim answers 421 after a thousand, Postfix does not count
    letters: int = 500
    #: seconds without a word; an overloaded Postfix waits ten, firewalls forget connections after minutes
    idle: float = 60
