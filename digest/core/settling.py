"""What follows from what came back: one table for the copy, for its reader, and for those who watch.

Only a report that proves that it is about a copy of ours gets as far as this table; what proves nothing is
kept for a person and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from digest.core.reasons import OurReason
from digest.core.returned import Kind
from digest.core.verdict import Reason

#: So many days with returned mail, less those on which mail went through, are worth a word to the newsroom,
WARN_AT: Final = 3
#: are worth asking the mailbox itself by one mail,
PROBE_AT: Final = 5
#: and are enough when nobody has taken that mail either.
STOP_AT: Final = 7
#: Probes of one address are so far apart, and a day of returned mail within this time stops it.
PROBE_AGAIN_AFTER: Final = timedelta(days=14)
#: A full mailbox counts so seldom: its owner may be on a journey.
FULL_AGAIN_AFTER: Final = timedelta(days=7)


class Effect(StrEnum):
    """What became of something that came back."""

    #: it was told before
    SEEN = "seen-before"
    #: nothing in it proves what copy of ours it is about
    UNMATCHED = "unmatched"
    #: it is about a copy from before the reader moved to another address, or came back
    STALE = "stale"
    #: kept, and nothing follows
    NOTED = "noted"
    #: a copy in doubt is known to have arrived
    ARRIVED = "arrived"
    #: the copy did not reach its reader; the next ones may
    REFUSED = "refused"
    #: so, and it counts against the address
    COUNTED = "counted"
    #: so, and the mailbox is asked by one mail whether it lives
    PROBED = "probed"
    #: no more mail to this address, whatever the newsletter
    STOPPED = "stopped"
    #: no more mail, and the address is suppressed: lifted only when its owner asks
    COMPLAINED = "complained"
    #: the reader has left
    LEFT = "left"
    #: the words went on to the newsroom
    FORWARDED = "forwarded"
    #: it says nothing, and too many such mails wait already: it is counted, and that is all
    NOT_KEPT = "not-kept"


class Reader(StrEnum):
    """What a row of the table asks for a reader."""

    NOTHING = "nothing"
    STOP = "stop"
    #: a day with returned mail
    COUNT = "count"
    #: the same, but seldom
    COUNT_SELDOM = "count-seldom"
    COMPLAIN = "complain"
    LEAVE = "leave"
    #: hand the words on to a person
    FORWARD = "forward"


class Consequence(Struct, frozen=True):
    """A row of the table."""

    reader: Reader = Reader.NOTHING
    #: the reason with which the copy counts as refused; empty when it does not
    refused: str = ""
    #: it is known to have arrived
    arrived: bool = False


#: What is said -> what follows. Blocked is not the reader's fault: it is counted for the family of mailboxes,
#: and admins are told of it. RFC 3834 section 2: answers of machines change nothing.
TABLE: Final[Mapping[Kind, Consequence]] = {
    Kind.DELIVERED: Consequence(arrived=True),
    Kind.DELAYED: Consequence(),
    Kind.SOFT: Consequence(Reader.COUNT, refused=OurReason.RETURNED),
    Kind.HARD: Consequence(Reader.STOP, refused=Reason.NO_SUCH_ADDRESS),
    Kind.BLOCKED: Consequence(refused=Reason.POLICY),
    Kind.FULL: Consequence(Reader.COUNT_SELDOM, refused=Reason.MAILBOX_FULL),
    Kind.COMPLAINT: Consequence(Reader.COMPLAIN),
    Kind.AUTO_REPLY: Consequence(),
    Kind.CHALLENGE: Consequence(),
    Kind.REPLY: Consequence(Reader.FORWARD),
    Kind.UNSUBSCRIBE: Consequence(Reader.LEAVE),
    Kind.UNKNOWN: Consequence(),
}

#: A report of one mail to several recipients, of which none is the reader's own address, is about boxes that
#: the reader forwards to: the mildest word counts. From mild to grave.
GRAVITY: Final = (
    *(Kind.UNKNOWN, Kind.DELIVERED, Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.REPLY, Kind.DELAYED, Kind.BLOCKED),
    *(Kind.SOFT, Kind.FULL, Kind.HARD, Kind.UNSUBSCRIBE, Kind.COMPLAINT),
)


class Score(Struct, frozen=True):
    """How much speaks against an address: days with returned mail, less those on which mail went through."""

    points: int = 0
    #: the last day (UTC) that counted
    day: date = date.min
    #: when the mailbox was last asked whether it lives
    probed_at: datetime | None = None


def counted(before: Score, now: datetime, *, good_days: int, seldom: bool = False) -> Score:
    """The score after one more returned copy.

    A day counts once. `good_days` is on how many days since the last that counted mail went out and did not
    come back: each takes a point off. With `seldom` a day counts only a week after the last.
    """
    today = now.date()
    rest = FULL_AGAIN_AFTER if seldom else timedelta(days=1)
    if before.points and today - before.day < rest:
        return before
    return replace(before, points=max(0, before.points - good_days) + 1, day=today)


def step_of(before: Score, after: Score, now: datetime) -> Effect:
    """What a new score asks for: `COUNTED`, `PROBED` or `STOPPED`."""
    if after == before:
        return Effect.COUNTED
    asked_lately = after.probed_at is not None and now - after.probed_at < PROBE_AGAIN_AFTER
    if after.points >= STOP_AT and after.probed_at is not None:
        return Effect.STOPPED
    if after.points >= PROBE_AT and not asked_lately:
        return Effect.PROBED
    return Effect.COUNTED
