"""A rendition made to measure: the last step of printing, which is taken once for every reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from digest.render.cutting import Slot
from digest.render.rendition import Stencil

#: Words that look the same in text, in markup and encoded, as most names do.
_PLAIN: Final = re.compile(r"(?!From )[A-Za-z0-9](?:[A-Za-z0-9 ]{0,58}[A-Za-z0-9])?")


class _Ink(NamedTuple):
    """How a value becomes what goes into a slot."""

    position: int
    slot: Slot
    #: of a link, what stands around its token when it is encoded; None where it has to be encoded as a whole
    around: tuple[bytes, bytes] | None
    #: what stands before the value, and is not yet encoded
    begin: str


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
            _ink(names.index(slot.name), slot, links.get(slot.name), token) for slot in stencil.slots
        )

    def pieces(self, values: Sequence[str]) -> list[bytes]:
        """The body of one reader's copy: words as they are, of links the tokens."""
        inks = []
        for position, slot, around, begin in self._inks:
            value = values[position]
            if around is not None:
                inks.append(around[0] + value.encode() + around[1])
            elif not begin and _PLAIN.fullmatch(value):
                inks.append(value.encode() + b"=\r\n")
            else:
                inks.append(slot.filled(begin + value))
        return self._stencil.filled(inks)


@lru_cache(maxsize=256)
def _ink(position: int, slot: Slot, begin: str | None, token: str) -> _Ink:
    """Kept, since it is the same in all cohorts of an issue."""
    if begin is None:
        return _Ink(position, slot, None, "")
    before, found, after = slot.filled(begin + token).rpartition(token.encode())
    # not found when a line ends within the token
    return _Ink(position, slot, (before, after) if found else None, begin)
