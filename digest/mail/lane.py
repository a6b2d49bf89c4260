"""What the conductor sees of the post: letters, and lanes that carry one letter at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from digest.core.model import Outcome


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready for the wire."""

    #: envelope sender, to which it returns; empty for none
    sender: str
    #: envelope recipient, as `wire_address` gives it
    recipient: str
    #: header block, empty line and body
    content: bytes
    #: an address in it needs SMTPUTF8 (RFC 6531)
    smtputf8: bool = False
    #: the maker vouches that `is_canonical(content)`; without that each line is looked at
    canonical: bool = False
    #: the file in an outbox folder; empty takes the Message-ID
    file_name: str = ""


class Lane(Protocol):
    """One connection, to be used by one task."""

    async def open(self) -> None:
        """Get ready to post; raises TransportError when that is not possible."""

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Hand over one letter and say what came of it; connects anew when the connection has gone.

        `following` is the letter that will most likely be posted next. Its envelope may travel with this
        one's content, which saves round trips; nothing of its content does. Not posting it after all does no
        harm, but costs a connection.
        Trouble before the first word about this letter has a stage before `Stage.MAIL`: it was not tried.
        """
        ...

    async def close(self) -> None:
        """Take leave; safe to repeat."""
