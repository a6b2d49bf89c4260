"""What the conductor sees of the post: letters, and lanes that carry one letter at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from digest.core.model import Outcome


class Letter(NamedTuple):
    """One message, ready for the wire; a tuple, since thousands are made a second."""

    #: envelope sender, to which it returns; empty for none
    sender: str
    #: envelope recipient, as `wire_address` gives it
    recipient: str
    #: header block, empty line and body, cut anywhere: what letters share is not copied for each of them
    pieces: Sequence[bytes]
    #: an address in it needs SMTPUTF8 (RFC 6531)
    smtputf8: bool = False
    #: the maker vouches that `is_canonical(content)` and that both addresses can stand in a command; without
    #: that each line and each address is looked at
    vouched: bool = False
    #: the file in an outbox folder; empty takes the Message-ID
    file_name: str = ""

    @property
    def content(self) -> bytes:
        """Header block, empty line and body."""
        return b"".join(self.pieces)

    @property
    def size(self) -> int:
        """Octets of the content."""
        return sum(map(len, self.pieces))


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
