"""How much at a time is said to a server: what it offers, tempered by what a lane has seen of it."""

from __future__ import annotations

from enum import IntEnum


class Manner(IntEnum):
    """How an envelope is presented; each needs more of the server than the one before."""

    #: one command at a time
    SINGLE = 0
    #: MAIL, RCPT and DATA together (RFC 2920)
    GROUPED = 1
    #: the same, right behind the content of the letter before
    AHEAD = 2


class Manners:
    """What one lane has learned; some servers offer PIPELINING and then lose commands or hang up."""

    def __init__(self) -> None:
        """Believe the offer until experience speaks against it."""
        self.allowed = Manner.AHEAD
        self._proven = Manner.SINGLE

    def worked(self, manner: Manner) -> None:
        """Sensible answers came to all that was said in this manner."""
        if manner > self._proven:
            self._proven = manner

    def failed(self, manner: Manner) -> bool:
        """Step down, unless the manner has worked before: then it is not to blame, and this is False."""
        if manner <= self._proven:
            return False
        self.allowed = min(self.allowed, Manner(manner - 1))
        return True
