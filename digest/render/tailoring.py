"""A rendition made to measure: the last step of printing, which is taken once for every reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from digest.render.cutting import Slot
from digest.render.rendition import Stencil


class Tailoring:
    """Fills a stencil with words and with links of which only the last part is a reader's own.

    Most of what is encoded for one reader is the same for the next, so each link is encoded once but for its
    token.
    """

    def __init__(self, stencil: Stencil, names: Sequence[str], links: Mapping[str, str], token: str) -> None:
        """`names` are those of the values in the order in which they will come.

        `links` tells, by the names of their slots, how links begin; `token` is any token: all are as long as
        this one, and made of letters, digits, `-` and `_`.
        """
        self._stencil: Final = stencil
        self._inks: Final = tuple(
            (names.index(slot.name), _ink(slot, links.get(slot.name), token)) for slot in stencil.slots
        )

    def pieces(self, values: Sequence[str]) -> list[bytes]:
        """The body of one reader's copy: words as they are, of links the tokens."""
        return self._stencil.filled([ink(values[position]) for position, ink in self._inks])


def _ink(slot: Slot, begin: str | None, token: str) -> Callable[[str], bytes]:
    """What encodes a value for a slot."""
    if begin is None:
        return slot.filled
    before, found, after = slot.filled(begin + token).rpartition(token.encode())
    if not found:
        # a line ends within the token
        return lambda own: slot.filled(begin + own)
    return lambda own: b"%b%b%b" % (before, own.encode(), after)
