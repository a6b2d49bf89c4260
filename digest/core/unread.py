"""How many mails that came back are kept for a person: room for some, and never for a flood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

#: Mails that say nothing and wait for a person, of all copies together and of one. Who finds one return path
#: can write to it as often as they like; more than these nobody reads.
MOST_MAILS: Final = 500
MOST_OF_ONE: Final = 20
#: Octets of all of them, and of one: its first part says what it is.
MOST_OCTETS: Final = 16 * 1024 * 1024
KEPT_OCTETS: Final = 64 * 1024


class Bounds(Struct, frozen=True):
    """How many there is room for."""

    mails: int
    of_one: int
    octets: int
    #: octets of each that are kept
    kept: int
    #: whether those of no copy count as if they were of one
    binds_strays: bool


#: Of mails that say nothing.
SILENT: Final = Bounds(MOST_MAILS, MOST_OF_ONE, MOST_OCTETS, KEPT_OCTETS, binds_strays=True)
#: Of all others of which the mail itself is kept: answers, and what nothing proves. A newsroom with many
#: readers has thousands of these, and whoever likes can forge them.
TELLING: Final = Bounds(10_000, MOST_OF_ONE, 512 * 1024 * 1024, 128 * 1024, binds_strays=False)


class Lying(Struct, frozen=True):
    """One that is kept."""

    #: of the copy to whose return path it came; both empty for none that is known
    delivery_id: int | None
    notice_id: int | None
    #: as many as are kept
    octets: int


class Room:
    """What room is left; what is taken in counts at once."""

    def __init__(self, lying: Iterable[Lying] = (), bounds: Bounds = SILENT) -> None:
        """Begin with what lies there already."""
        self._bounds: Final = bounds
        self._mails = 0
        self._octets = 0
        self._of_copy: Counter[tuple[int | None, int | None]] = Counter()
        for one in lying:
            self._add(one)

    def take(self, one: Lying) -> bool:
        """Make room for one more; False when there is none."""
        most, copy = self._bounds, (one.delivery_id, one.notice_id)
        is_bound = most.binds_strays or copy != (None, None)
        if (
            self._mails >= most.mails
            or self._octets + one.octets > most.octets
            or (is_bound and self._of_copy[copy] >= most.of_one)
        ):
            return False
        self._add(one)
        return True

    def _add(self, one: Lying) -> None:
        self._mails += 1
        self._octets += one.octets
        self._of_copy[one.delivery_id, one.notice_id] += 1
