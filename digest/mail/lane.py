"""What the conductor sees of the post: letters, and lanes that carry one letter at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
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
    #: signatures that go before the pieces, and are still being made in a thread, perhaps; and their octets
    seal: Future[bytes] | None = None
    seal_size: int = 0

    @property
    def whole(self) -> Sequence[bytes]:
        """All pieces of a letter; waits for the seal, if need be."""
        return self.pieces if self.seal is None else (self.seal.result(), *self.pieces)

    @property
    def content(self) -> bytes:
        """Header block, empty line and body; waits for the seal, if need be."""
        return b"".join(self.whole)

    @property
    def size(self) -> int:
        """Octets of the content."""
        return sum(map(len, self.pieces)) + self.seal_size

    @property
    def is_sealed(self) -> bool:
        """False while there is a seal to wait for."""
        return self.seal is None or self.seal.done()

    async def sealed(self) -> None:
        """Return when there is nothing to wait for any more."""
        if self.seal is not None:
            await asyncio.wrap_future(self.seal)


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

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """The short way from letter to letter: hand this one over without a wait, as `post` would.

        False, and nothing has happened, unless it was the `following` of the one before and all is well with
        its envelope and the connection: then it has to be posted. Else `then` is called with the outcome
        when that is known; it may not raise.
        """
        ...

    async def close(self) -> None:
        """Take leave; safe to repeat."""
