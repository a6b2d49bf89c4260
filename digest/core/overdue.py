"""When silence is an alarm: a slot without an issue, an issue that does not move. Told once, and at its end.

A look finds what is late at the moment; what is known of before is kept in rows, so that any process may
look, and those that look together tell of each once. Nothing is told at first sight: readers who join, come
back or change their times can be owed a slot of some hours ago, and get it within seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from digest.core.timetable import slot_words

#: What comes on top of an alarm within this time is gathered: an outage brings slot after slot.
GATHERED_FOR: Final = timedelta(hours=1)
#: As long as copies are sent a slot may wait its turn; not for ever, for others may be those who send.
LONGEST_EXCUSE: Final = timedelta(hours=6)


class Lateness(StrEnum):
    """What is late."""

    #: a slot has come, and there is neither an issue nor a reason why there is none
    SLOT = "slot"
    #: an issue has copies that could be sent, and none of them is
    ISSUE = "issue"


class Graces(Struct, frozen=True):
    """How long something may be late before it is told; None for ever."""

    slot: timedelta | None
    issue: timedelta | None

    @classmethod
    def of_minutes(cls, slot: int, issue: int) -> Graces:
        """As the settings have them; 0 for ever."""
        return cls(timedelta(minutes=slot) if slot else None, timedelta(minutes=issue) if issue else None)

    def of(self, kind: Lateness) -> timedelta | None:
        """That of a kind."""
        return self.slot if kind is Lateness.SLOT else self.issue


class Late(Struct, frozen=True):
    """What a look finds."""

    kind: Lateness
    #: the cadence of a newsletter, or the issue
    whose: str
    #: the slot; of news at once there is always one
    slot: str
    #: from when on an outcome was to come; None where that is not known, as of news at once
    due_at: datetime | None
    #: copies of an issue that could be sent
    left: int = 0
    #: something explains it at the moment
    excused: bool = False
    #: what is told of it, in plain values
    data: Mapping[str, Any] | None = None


class Watched(Struct, frozen=True):
    """What was late at a look before."""

    id: int
    kind: Lateness
    whose: str
    slot: str
    #: since when it is seen so, with so many copies left
    since: datetime
    left: int
    #: when admins were told; None as long as they were not
    told_at: datetime | None
    data: Mapping[str, Any]


class Steps(Struct, frozen=True):
    """What is to be done after a look."""

    #: seen for the first time
    begun: tuple[Late, ...] = ()
    #: what has moved, and is watched from now on; with what it has come to
    moved: tuple[tuple[Watched, Late], ...] = ()
    #: what was not told, and is late no more
    forgotten: tuple[Watched, ...] = ()
    #: what admins are to be told of
    raised: tuple[Watched, ...] = ()
    #: what they were told of, and is over
    cleared: tuple[Watched, ...] = ()

    @property
    def are_none(self) -> bool:
        """True when there is nothing to write down."""
        return not (self.begun or self.moved or self.forgotten or self.raised or self.cleared)


def judge(found: Iterable[Late], known: Sequence[Watched], graces: Graces, now: datetime) -> Steps:
    """What follows from a look at `now`, with what is known from before."""
    late = {(one.whose, one.slot): one for one in found if graces.of(one.kind) is not None}
    whose = {one.whose for one in late.values()}
    watched = {(one.whose, one.slot): one for one in known}
    begun = [one for key, one in late.items() if key not in watched and not one.excused]
    moved, forgotten, told, ended, ripe = [], [], [], [], []
    for key, one in watched.items():
        seen = late.get(key)
        if one.told_at is None:
            if seen is None or seen.excused:
                forgotten.append(one)
            elif seen.left != one.left:
                moved.append((one, seen))
            elif now - max(one.since, seen.due_at or one.since) >= (graces.of(one.kind) or timedelta.max):
                ripe.append(one)
        elif (seen is not None and seen.left >= one.left) or (seen is None and one.whose in whose):
            # of a slot that a later one has overtaken nothing is settled before that one is
            told.append(one.told_at)
        else:
            ended.append(one)
    raised = ripe if not told or now - max(told) >= GATHERED_FOR else []
    is_over = not (told or raised)
    cleared = [one for one in ended if is_over or (one.told_at and now - one.told_at >= GATHERED_FOR)]
    return Steps(tuple(begun), tuple(moved), tuple(forgotten), tuple(raised), tuple(cleared))


def late_words(data: Mapping[str, Any]) -> str:
    """What is late in words, of the values that are told of it."""
    slot = slot_words(data["slot"]) if data["slot"] else "news at once"
    words = f"{data['newsletter']}, {slot}" + (f" ({data['cadence']})" if data.get("cadence") else "")
    if data.get("issue"):
        words += f": issue {data['issue']}"
    return words + (f", {data['left']} copies left" if data.get("left") else "")
