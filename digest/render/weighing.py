"""What the parts of a sheet weigh once they are on the wire: the facts from which the budget is kept.

Encoded pieces are whole lines, so what a mail weighs is the sum of what its pieces do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from digest.render.cutting import Cut, Part, Place, When, filled_slot

#: Room for a reader's own values, encoded: links have at most 200 octets, names sixty columns.
_ROOM_FOR_LINK: Final = 240
_ROOM_FOR: Final = {"name": 600}


class Scales:
    """Weighs the turns of a sheet's lists once."""

    def __init__(self, sheet: Cut) -> None:
        sources: dict[str, set[str]] = defaultdict(set)
        for parts in (sheet.frame, *sheet.pieces.values()):
            for place in _places(parts):
                sources[place.piece].add(place.source)
        self.sources: Final = frozenset(source for found in sources.values() for source in found)
        self._turns: Final[dict[tuple[str, str], int]] = defaultdict(int)
        for (piece, key), parts in sheet.pieces.items():
            for source in sources[piece]:
                self._turns[source, key] += weight(parts)
        self._frame: Final = sheet.frame

    def turn(self, source: str, key: str) -> int:
        """Octets of one turn of a list, wherever the list stands, but for the turns within it."""
        return self._turns[source, key]

    def turns(self) -> int:
        """Octets of all turns of all lists, each taken once."""
        return sum(self._turns.values())

    def frame(self, values: Mapping[str, str], shown: Callable[[str], str] = str) -> int:
        """Octets of what stands around the lists when these are the words of a cohort."""
        return weight(self._frame, values, shown)


def weight(
    parts: Iterable[Part], values: Mapping[str, str] | None = None, shown: Callable[[str], str] = str
) -> int:
    """Octets of these parts, turns of lists not counted; what only readers know counts with ample room."""
    known = values or {}
    octets = 0
    for part in parts:
        if isinstance(part, bytes):
            octets += len(part)
        elif isinstance(part, When):
            if known.get(part.name, "unknown"):
                octets += weight(part.parts, known, shown)
        elif isinstance(part, Place):
            continue
        elif part.name in known:
            octets += len(filled_slot(part, known[part.name], shown))
        else:
            octets += _ROOM_FOR.get(part.name, _ROOM_FOR_LINK)
    return octets


def _places(parts: Iterable[Part]) -> Iterator[Place]:
    for part in parts:
        if isinstance(part, Place):
            yield part
        elif isinstance(part, When):
            yield from _places(part.parts)
