"""What a reader is and wants, as plain values: the three interned preferences, and the words for standing.

Cadence, profile and bookmark are *interned*: equal wishes are one row in the store, found by the hash of
their canonical form. That form is therefore part of the store's format: changing it takes a migration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, time
from enum import StrEnum
from typing import Final

from msgspec import Struct

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHLY: Final = "monthly"


class Section(StrEnum):
    """What kind of item a briefing is."""

    BRIEFING = "briefing"
    HOT_TOPIC = "hot-topic"
    ANALYSIS = "analysis"
    REPORT = "report"
    PERSPECTIVE = "perspective"


class Format(StrEnum):
    """How a reader wants a mail to look."""

    HTML = "html"
    TEXT = "text"


class Standing(StrEnum):
    """May we write to this reader? Only `ACTIVE` may be written to; every other word says why not."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    BOUNCING = "bouncing"
    COMPLAINED = "complained"
    LEFT = "left"
    SUPPRESSED = "suppressed"


#: The standings of readers who read no more, whoever brought that about.
AWAY: Final = frozenset({Standing.LEFT, Standing.BOUNCING, Standing.COMPLAINED, Standing.SUPPRESSED})


class Cadence(Struct, frozen=True):
    """*When* a reader wants mail: on some local days at a local time, or as soon as there is something.

    With `at_once`, every publication is a slot; what a length cap left over then comes at `at` on `days`.
    """

    #: subset of `WEEKDAYS` in week order, or `("monthly",)` for the first of each month
    days: tuple[str, ...]
    #: local wall-clock time, whole minutes
    at: time
    #: IANA name, such as ``Europe/Paris``
    zone: str
    at_once: bool = False

    def __post_init__(self) -> None:
        """Refuse what `parse_days` would not have made."""
        if self.days != (MONTHLY,) and (not self.days or self.days != _in_week_order(self.days)):
            raise ValueError(f"days {self.days!r} are not weekdays in order")

    @property
    def monthly(self) -> bool:
        """True when the only day is the first of each month."""
        return self.days == (MONTHLY,)

    @property
    def days_text(self) -> str:
        """The days as people write them: daily, weekdays, monthly, or a list."""
        return days_in_words(self.days)

    @property
    def in_words(self) -> str:
        """The cadence in the words of those who set it: `weekdays at 07:30 Europe/Paris`, or `at once`."""
        return "at once" if self.at_once else f"{self.days_text} at {self.at:%H:%M} {self.zone}"

    def canonical(self) -> str:
        """The text by which equal cadences are one row."""
        return f"{'at-once ' if self.at_once else ''}{','.join(self.days)} {self.at:%H:%M} {self.zone}"

    def falls_on(self, day: date) -> bool:
        """True when the cadence has a slot on this local date."""
        if self.monthly:
            return day.day == 1
        return WEEKDAYS[day.weekday()] in self.days


class Profile(Struct, frozen=True):
    """*What* a reader wants, and how it should look."""

    #: slugs of the topics followed; None follows all, those of the future included
    topics: frozenset[str] | None = None
    #: kinds of item; None takes whatever the newsletter carries
    sections: frozenset[Section] | None = None
    format: Format = Format.HTML
    #: at most so many items a mail; None means no cap
    max_items: int | None = None
    #: BCP 47 tag of the words around the briefings
    language: str = "en"

    def canonical(self) -> str:
        """The text by which equal profiles are one row."""
        return _canonical_json(
            {
                "topics": None if self.topics is None else sorted(self.topics),
                "sections": None if self.sections is None else sorted(self.sections),
                "format": self.format.value,
                "max_items": self.max_items,
                "language": self.language,
            }
        )


class Bookmark(Struct, frozen=True):
    """*How far* a reader is: all up to number `cut` is accounted for, but for two short lists.

    `deferred` holds numbers that are still owed: at or below the cut, or above it when they are meant for
    these readers in particular. `ahead` holds numbers above the cut that the reader has already been sent.
    Both are sorted and without repeats, and no number is in both.
    """

    cut: int = 0
    deferred: tuple[int, ...] = ()
    ahead: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Keep the form canonical: sorted, unique, and none both owed and sent."""
        for numbers in (self.deferred, self.ahead):
            if list(numbers) != sorted(set(numbers)):
                raise ValueError(f"bookmark lists are sorted and unique, not {numbers!r}")
        if both := set(self.deferred) & set(self.ahead):
            raise ValueError(f"{min(both)} is owed, and was sent ahead")
        if self.ahead and self.ahead[0] <= self.cut:
            raise ValueError(f"ahead {self.ahead[0]} lies at or below the cut {self.cut}")

    def is_new(self, number: int) -> bool:
        """True when the reader is still owed a decision about this briefing number."""
        return number in self.deferred or (number > self.cut and number not in self.ahead)

    def owing(self, number: int) -> Bookmark:
        """The bookmark of readers to whom a number is owed in particular, wherever their cut is."""
        ahead = tuple(n for n in self.ahead if n != number)
        return Bookmark(self.cut, tuple(sorted({*self.deferred, number})), ahead)

    def moved_to(self, cut: int, deferred: Iterable[int]) -> Bookmark:
        """The bookmark after an issue that decided everything up to `cut` and deferred some of it."""
        return Bookmark(cut, tuple(sorted(set(deferred))), tuple(n for n in self.ahead if n > cut))

    def sent_ahead(self, numbers: Iterable[int]) -> Bookmark:
        """The bookmark after these numbers were sent outside the regular issues."""
        sent = set(numbers)
        return Bookmark(
            self.cut,
            tuple(n for n in self.deferred if n not in sent),
            tuple(sorted({*self.ahead, *(n for n in sent if n > self.cut)})),
        )

    def given_back(self, numbers: Iterable[int]) -> Bookmark:
        """The bookmark after a copy with these numbers did not reach the reader and they are owed again."""
        back = set(numbers)
        return Bookmark(
            self.cut,
            tuple(sorted({*self.deferred, *(n for n in back if n <= self.cut)})),
            tuple(n for n in self.ahead if n not in back),
        )

    def skipped_to(self, cut: int) -> Bookmark:
        """The bookmark of a reader who asked not to get what was published up to `cut`."""
        if cut <= self.cut:
            return self
        return Bookmark(cut, self.deferred, tuple(n for n in self.ahead if n > cut))

    def canonical(self) -> str:
        """The text by which equal bookmarks are one row."""
        return _canonical_json([self.cut, list(self.deferred), list(self.ahead)])


def interning_key(value: Cadence | Profile | Bookmark) -> bytes:
    """Sixteen bytes that stand for the canonical form (BLAKE2b; 128 bits do not collide by chance)."""
    return hashlib.blake2b(value.canonical().encode(), digest_size=16).digest()


def days_in_words(days: tuple[str, ...]) -> str:
    """Days in week order as people write them: daily, weekdays, monthly, or a list."""
    if days == WEEKDAYS:
        return "daily"
    if days == WEEKDAYS[:5]:
        return "weekdays"
    return ",".join(days)


def _in_week_order(days: Iterable[str]) -> tuple[str, ...]:
    wanted = set(days)
    return tuple(day for day in WEEKDAYS if day in wanted)


def _canonical_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)


class Moved(Struct, frozen=True):
    """How many readers went from one standing to another on a day (UTC)."""

    day: date
    #: None for those who began
    before: Standing | None
    after: Standing
    count: int
