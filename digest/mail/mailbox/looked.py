"""What may be done with a mailbox that was entered, whatever its protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct

from digest.errors import TransportError

#: Octets of a mail that are fetched: a report stands at its beginning, and a story that is longer is refused.
MOST_OCTETS: Final = 10_000_000
#: Octets of mails that are fetched together, so that a mailbox of large ones fills no memory.
MOST_TOGETHER: Final = 20_000_000


class Put(StrEnum):
    """Where a mail goes that was taken in."""

    #: it was understood, and is recorded: away
    AWAY = "away"
    #: nobody was found behind it, and it is recorded for a person: aside
    ASIDE = "aside"
    #: nobody could make anything of it, and nothing of it is recorded: it may not be lost
    UNKNOWN = "unknown"


class RefusedError(TransportError):
    """The server refuses one step, and goes on to answer others."""


class Looked(Struct, frozen=True):
    """A mail that was looked at."""

    #: what the server calls it
    name: str
    #: its first `MOST_OCTETS`; None when it does not lie there any more, or the server does not give it
    raw: bytes | None


class OpenMailbox(Protocol):
    """A mailbox that was entered."""

    @property
    def lasting(self) -> bool:
        """Whether mails go when the session ends, and those that stay keep their names."""
        ...

    def names(self) -> list[str]:
        """What the server calls the mails that lie there, the oldest first."""
        ...

    def fetch(self, names: Sequence[str]) -> list[Looked]:
        """Look at the first of these mails, one at least, and no more than fit into memory."""
        ...

    def put(self, names: Collection[str], where: Put) -> None:
        """Put mails away that were taken in; raises RefusedError when they stay where they are."""
        ...

    def cut(self) -> None:
        """Break the connection from another thread, so that who waits for an answer waits no more."""
        ...


def fitting(names: Sequence[str], sizes: Mapping[str, int]) -> list[str]:
    """The first of these that are fetched together, one at least; sizes are in octets."""
    taken: list[str] = []
    octets = 0
    for name in names:
        octets += min(sizes.get(name, 0), MOST_OCTETS)
        if taken and octets > MOST_TOGETHER:
            break
        taken.append(name)
    return taken
