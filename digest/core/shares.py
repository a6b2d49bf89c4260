"""How a limit that holds for all is kept by several: each has a share, and shares never add up to more.

Whoever sends stands on a roll and looks at it every few seconds (a *beat*). With n on it each has one of n
parts, the one that its place gives. Looks are taken at different moments, and one may see a newcomer where
another does not yet. So a look counts for `FRESH_FOR` seconds at most; it takes in all rolls that there were
in the last `LOOKS_BACK` seconds, and each sender keeps to the smallest part that any of them gives.

Why that is enough: at a moment t, every look by which anybody sends is younger than `FRESH_FOR`, and goes
back beyond t - `FRESH_FOR`, as `LOOKS_BACK` is longer. So all of them know the one roll of that moment,
nobody has more than the part that it gives, and whoever was not on it has nothing. The parts of one roll add
up to the whole. A newcomer may begin at once when nobody is left of those before it: who signs on later sees
it, and waits.

What has ended, or is frozen, keeps its part until it is off the roll, which takes longer than a look counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zlib import crc32

from digest.core.pace import Limit, Limits

#: Seconds between two looks at the roll.
BEAT: Final = 5.0
#: For how many seconds a look counts: two beats, and what a slow store takes.
FRESH_FOR: Final = 12.0
#: How far a look goes back; longer by what it may take until others see who has signed on.
LOOKS_BACK: Final = timedelta(seconds=FRESH_FOR + 5.0)
#: Who has not been heard of for so long, while whoever judges was able to hear, has ended or is cut off.
SILENT_FOR: Final = timedelta(seconds=25)


class Part(NamedTuple):
    """One of several equal parts of whatever is limited: number `nth` (from 0) of `of`."""

    nth: int
    of: int

    def whole_number(self, most: int, name: str) -> int:
        """So many of `most` things that cannot be divided; over all places they add up to `most`.

        `name` says what is divided: the places that get one more are others for each.
        """
        place = (self.nth + crc32(name.encode())) % self.of
        return most * (place + 1) // self.of - most * place // self.of


class Stay(NamedTuple):
    """From when to when somebody stood on the roll, by the store's clock; `until` is None for who still does.

    `place` orders the roll: it grows with each who signs on.
    """

    place: int
    since: datetime
    until: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Whether it was on the roll then."""
        return self.since <= moment and (self.until is None or moment < self.until)


def parts_of(place: int, stays: Sequence[Stay], now: datetime) -> tuple[Part, ...]:
    """All parts that the rolls of the last `LOOKS_BACK` gave to a place.

    None when it was not on one of them, of which somebody is still there.
    """
    earliest = now - LOOKS_BACK
    changes = {moment for stay in stays for moment in (stay.since, stay.until) if moment is not None}
    found: dict[Part, None] = {}
    for moment in sorted({earliest, *(one for one in changes if earliest < one <= now)}):
        there = [stay for stay in stays if stay.covers(moment)]
        roll = sorted(stay.place for stay in there)
        if place in roll:
            found[Part(roll.index(place), len(roll))] = None
        elif any(stay.until is None for stay in there):
            return ()
    return tuple(found)


def silent(last_heard: Mapping[str, datetime], *, listening_since: datetime, now: datetime) -> frozenset[str]:
    """Who has been silent for too long, by the store's clock.

    Only the time counts during which whoever judges was able to hear: after the store itself was away,
    everybody has been silent.
    """
    return frozenset(name for name, at in last_heard.items() if now - max(at, listening_since) >= SILENT_FOR)


class SharedLimits(Limits, frozen=True):
    """What is left of limits for one of several: as much as the smallest of its parts."""

    #: all that count now; none for nothing at all
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, whole: Limits, parts: Sequence[Part]) -> SharedLimits:
        """The share of somebody who has these parts."""
        return cls(whole.server, whole.family, whole.families, tuple(parts))

    def of_server(self) -> Limit | None:
        """What may be done with the server; None for nothing."""
        return self._shared(self.server, "")

    def of_family(self, family: str) -> Limit | None:
        """What may be done with a family of mailboxes; None for nothing: others have it."""
        return self._shared(self.families.get(family, self.family), family)

    @property
    def may_bar(self) -> bool:
        """Whether some families have fewer places than there are senders."""
        fewest = min(one.connections for one in (self.family, *self.families.values()))
        return not self.parts or fewest < max(part.of for part in self.parts)

    def copies_of(self, all_copies: int) -> int:
        """So many of copies that all together may send."""
        return min((part.whole_number(all_copies, "") for part in self.parts), default=0)

    def _shared(self, limit: Limit, name: str) -> Limit | None:
        connections = min((part.whole_number(limit.connections, name) for part in self.parts), default=0)
        if not connections:
            return None
        fraction = 1 / max(part.of for part in self.parts)
        rate = None if limit.rate is None else limit.rate * fraction
        return Limit(connections, rate, max(1, int(limit.burst * fraction)))
