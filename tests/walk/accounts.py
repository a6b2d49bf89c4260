"""What the small model speaks of: items, what is told of them later, wishes, newsletters, subscriptions."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK: Final = timedelta(days=7)


@dataclass
class Item:
    """A published briefing."""

    id: int
    number: int
    section: str
    topics: frozenset[str]
    published_at: datetime
    #: of its text
    revision: int = 1
    retracted: bool = False
    #: in which revision it was, when that was
    taken_back_at: int = 0
    #: what tells of the same event, as the store has it; the rules for joining are tried elsewhere
    story: int | None = None


@dataclass
class Change:
    """What is told, under a number of its own, of an item that was changed or taken back."""

    number: int
    item: Item
    kind: str
    #: the subscriptions that it is owed to: those that have had the text
    readers: set[int]


@dataclass(frozen=True)
class Wish:
    """What a reader asked for; None takes everything."""

    topics: frozenset[str] | None = None
    sections: frozenset[str] | None = None
    cap: int | None = None
    days: tuple[str, ...] = DAYS
    at: time = time(7)
    zone: str = "UTC"
    at_once: bool = False

    def newest_slot_day(self, now: datetime, after: datetime, quiet: Set[date]) -> date | None:
        """The local day of the last slot in (after, now], counted back day by day on the wall calendar."""
        zone = ZoneInfo(self.zone)
        day = now.astimezone(zone).date() + timedelta(days=1)
        for _ in range(70):
            due = datetime.combine(day, self.at, zone).astimezone(UTC)
            falls = day.day == 1 if self.days == ("monthly",) else DAYS[day.weekday()] in self.days
            if falls and due <= now and day not in quiet:
                return day if due > after else None
            day -= timedelta(days=1)
        return None


@dataclass(frozen=True)
class Paper:
    """What a newsletter carries."""

    slug: str
    sections: frozenset[str]
    cap: int | None
    reach_back: timedelta

    def cap_for(self, wish: Wish) -> int:
        return min(self.cap or 10**6, wish.cap or 10**6)

    def why_not(self, item: Item, wish: Wish) -> set[str]:
        """Every reason for which this item is not for this wish."""
        reasons = {
            "retracted": item.retracted,
            "section-not-carried": item.section not in self.sections,
            "section-not-chosen": wish.sections is not None and item.section not in wish.sections,
            "topic-not-followed": wish.topics is not None and not item.topics & wish.topics,
        }
        return {reason for reason, holds in reasons.items() if holds}


@dataclass
class Account:
    """One subscription: all it was promised is owed, until a copy includes it or a reason keeps it out."""

    id: int
    paper: Paper
    address: str
    standing: str
    wish: Wish
    began_after: int
    #: nothing about its calendar or standing has changed since
    steady_since: datetime
    #: all up to here was decided by a regular issue or a gap
    cut: int
    #: delivery by number
    carriers: dict[int, int] = field(default_factory=dict)
    #: reason by number
    out: dict[int, str] = field(default_factory=dict)
    away_after: int | None = None
    paused_until: datetime | None = None
    #: wishes that held at some time during the last step
    wishes: set[Wish] = field(default_factory=set)
    last_day: date = date.min
    #: the standing before leaving, and when that was
    left_from: str = ""
    left_at: datetime | None = None
    #: when it last began, or came back in any way but out of a pause
    came_at: datetime | None = None
    #: what came out up to here was over when it last came back by a new beginning
    anew_upto: int = 0
    #: the subscriptions that were left with it at one word
    left_together: tuple[int, ...] = ()

    def may_take_back(self, now: datetime) -> bool:
        """True for a week after leaving, for one who had agreed to mail."""
        agreed = self.left_from in {"active", "paused", "bouncing"}
        return self.standing == "left" and agreed and self.left_at is not None and now - self.left_at <= WEEK
