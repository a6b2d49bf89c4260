"""How many mails that say nothing are kept for a person: room for some, and never for a flood."""

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


class Lying(Struct, frozen=True):
    """One that waits."""

    #: of the copy to whose return path it came; both empty for none that is known
    delivery_id: int | None
    notice_id: int | None
    #: as many as are kept
    octets: int


class Room:
    """What room is left; what is taken in counts at once."""

    def __init__(self, lying: Iterable[Lying] = ()) -> None:
        """Begin with what waits already."""
        self._mails = 0
        self._octets = 0
        self._of_copy: Counter[tuple[int | None, int | None]] = Counter()
        for one in lying:
            self._add(one)

    def take(self, one: Lying) -> bool:
        """Make room for one more; False when there is none."""
        if (
            self._mails >= MOST_MAILS
            or self._octets + one.octets > MOST_OCTETS
            or self._of_copy[one.delivery_id, one.notice_id] >= MOST_OF_ONE
        ):
            return False
        self._add(one)
        return True

    def _add(self, one: Lying) -> None:
        self._mails += 1
        self._octets += one.octets
        self._of_copy[one.delivery_id, one.notice_id] += 1
