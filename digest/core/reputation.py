"""What comes back is watched: rates of a family of mailboxes against the lines that providers draw.

A rate alone says little about few copies. An alarm is cheap, so it goes by the rate itself, with a least
number of events and of copies. To stop mail is not: there the whole of what the rate may truly be has to lie
beyond the line (the lower end of a Wilson interval, one-sided, at 95 %).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from math import sqrt
from typing import Final

from msgspec import Struct

from digest.core.model import DeliveryStatus, Verdict
from digest.core.verdict import Reason

#: What is looked at for rates; and for a wave of refusals.
WINDOW: Final = timedelta(days=7)
WAVE: Final = timedelta(hours=24)
#: How long a family is left alone, unless a person says so before.
PAUSE: Final = timedelta(hours=24)

#: Gmail wants complaints below 0.1 %, and turns mail away from 0.3 % on; with 2 % of bad addresses a list is
#: taken for a bought one.
COMPLAINT_LINE: Final = 0.001
COMPLAINT_WALL: Final = 0.003
BOUNCE_LINE: Final = 0.02
#: From such a part of a line on it is near.
NEAR_FROM: Final = 0.7
#: Fewer events are chance, and of fewer copies in a week no provider keeps a rate.
LEAST_EVENTS: Final = 3
LEAST_COPIES: Final = 100

#: Complaints that stop mail to a family.
LEAST_COMPLAINTS: Final = 5
#: A wave: so many copies of a day turned away for what we send or are, and such a part of them.
LEAST_BLOCKED: Final = 20
BLOCKED_LINE: Final = 0.1
#: Bad addresses among those of one issue that hold it: a list was taken in that should not have been.
LEAST_BAD: Final = 10
BAD_LIST_LINE: Final = 0.05

#: Of the normal distribution, one-sided: one time in twenty the truth lies below.
_CONFIDENCE: Final = 1.645
#: Refusals that are about us, whoever the reader.
_BLOCKING: Final = frozenset({Reason.POLICY, Reason.SPAM, Reason.SENDER_REFUSED})


class What(StrEnum):
    """What is counted of copies that had an answer."""

    ACCEPTED = "accepted"
    #: refused at once, since there is no such address
    HARD = "hard"
    #: refused at once, for what we send or who we are
    BLOCKED = "blocked"
    #: refused at once for another reason
    REFUSED = "refused"

    @property
    def is_bad(self) -> bool:
        """True for what is worth a look."""
        return self is What.HARD or self is What.BLOCKED


class Measure(StrEnum):
    """What has a line."""

    COMPLAINTS = "complaints"
    BOUNCES = "bounces"


class Level(StrEnum):
    """How a rate lies to its line."""

    FINE = "fine"
    NEAR = "near"
    OVER = "over"


LINES: Final[Mapping[Measure, float]] = {
    Measure.COMPLAINTS: COMPLAINT_LINE,
    Measure.BOUNCES: BOUNCE_LINE,
}


class Counts(Struct, frozen=True):
    """What became of the copies to a family, of an issue, or of all, in some time."""

    #: copies that had an answer: accepted, or refused for good
    tried: int = 0
    accepted: int = 0
    #: no such address: refused at once, or returned
    hard: int = 0
    #: for what we send or who we are: refused at once, or returned
    blocked: int = 0
    complaints: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            self.tried + other.tried,
            self.accepted + other.accepted,
            self.hard + other.hard,
            self.blocked + other.blocked,
            self.complaints + other.complaints,
        )


class Reading(Struct, frozen=True):
    """One rate against its line."""

    measure: Measure
    events: int
    copies: int

    @property
    def rate(self) -> float:
        """From 0 to 1; what came back of copies that are not counted is no rate."""
        return min(1.0, self.events / self.copies) if self.copies else 0.0

    @property
    def level(self) -> Level:
        """How it lies to its line."""
        if self.events < LEAST_EVENTS or self.copies < LEAST_COPIES:
            return Level.FINE
        line = LINES[self.measure]
        return Level.OVER if self.rate > line else Level.NEAR if self.rate >= NEAR_FROM * line else Level.FINE


def what_of(verdict: Verdict) -> What | None:
    """As what an outcome counts; None as long as it is not known."""
    if verdict.status is DeliveryStatus.SENT:
        return What.ACCEPTED
    if verdict.status is not DeliveryStatus.REFUSED:
        return None
    if verdict.hard_bounce:
        return What.HARD
    return What.BLOCKED if verdict.reason in _BLOCKING else What.REFUSED


def readings(week: Counts) -> tuple[Reading, Reading]:
    """Complaints of copies that servers took, and bad addresses of all that had an answer."""
    return (
        Reading(Measure.COMPLAINTS, week.complaints, week.accepted),
        Reading(Measure.BOUNCES, week.hard, week.tried),
    )


def why_pause(week: Counts, day: Counts) -> str:
    """Why mail to a family must rest, in words for people; empty when it need not.

    `day` is a part of the week: what the last 24 hours brought.
    """
    if day.blocked >= LEAST_BLOCKED and day.blocked >= BLOCKED_LINE * day.tried:
        return f"{_share(day.blocked, day.tried)} were turned away within a day"
    if week.complaints >= LEAST_COMPLAINTS and surely(week.complaints, week.accepted) > COMPLAINT_WALL:
        return f"readers of {_share(week.complaints, week.accepted)} complained, more than 0.3 %"
    return ""


def why_hold(issue: Counts) -> str:
    """Why an issue must not go on, in words for people; empty when it may."""
    if issue.hard >= LEAST_BAD and surely(issue.hard, issue.tried) > BAD_LIST_LINE:
        return f"{_share(issue.hard, issue.tried)} went to addresses that do not exist, more than 5 %"
    return ""


def surely(events: int, copies: int) -> float:
    """The least that a rate is, as far as so many copies can tell (Wilson 1927); from 0 to 1."""
    if not copies or not events:
        return 0.0
    rate, z2 = min(1.0, events / copies), _CONFIDENCE**2
    middle = rate + z2 / (2 * copies)
    spread = _CONFIDENCE * sqrt(rate * (1 - rate) / copies + z2 / (4 * copies**2))
    return (middle - spread) / (1 + z2 / copies)


def percent(rate: float) -> str:
    """A rate as people read it, such as `0.12 %`."""
    return f"{100 * rate:.2f} %"


def _share(events: int, copies: int) -> str:
    return f"{events:,} of {copies:,} copies ({percent(events / copies if copies else 0.0)})"
