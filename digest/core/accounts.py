"""The exactly-once ledger made anew: of all that was published since a reader began, what became of each.

Numbers stand as bits of one integer, so a reader's years are a few operations. When a copy gave its briefings
back is not written anywhere, so nothing is replayed: whatever the order, each number is in one copy that
counts, or owed, or left out for a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from digest.core.binding import Fate
from digest.core.damage import Damage
from digest.core.model import DeliveryStatus, LeftOut, Skip
from digest.core.reasons import OurReason

#: Copies in these states are the one that includes their briefings.
INCLUDING: Final = (
    DeliveryStatus.PLANNED,
    DeliveryStatus.SENDING,
    DeliveryStatus.SENT,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.UNCERTAIN,
)
#: Copies skipped for these reasons give their briefings back: the reader is owed them again.
GIVEN_BACK: Final = (Skip.PAUSED, Skip.CANCELLED, Skip.NOT_APPROVED, OurReason.LEFT_AND_CAME_BACK)
#: What a one-off decides beside what it carries.
_BY_HAND: Final = (LeftOut.SAME_STORY, LeftOut.RETRACTED, LeftOut.RETRACTED_IN_DOUBT)


class Part(StrEnum):
    """What a copy is to the ledger; one letter, for there are many copies."""

    INCLUDES = "i"
    #: what it held is owed again
    GAVE_BACK = "b"
    #: what it held did not come, and its end is the reason
    ENDED = "n"


def part_of(fate: Fate) -> Part:
    """What a bound copy is to the ledger."""
    if fate.status in INCLUDING:
        return Part.INCLUDES
    gives = fate.status is DeliveryStatus.EXPIRED or (
        fate.status is DeliveryStatus.SKIPPED and fate.reason in GIVEN_BACK
    )
    return Part.GAVE_BACK if gives and not fate.in_doubt else Part.ENDED


class Span(NamedTuple):
    """A set of numbers: the lowest, and the others by their distance from it."""

    lowest: int = 0
    bits: int = 0

    @property
    def mask(self) -> int:
        """One bit for each number."""
        return self.bits << self.lowest


def span_of(numbers: Collection[int]) -> Span:
    """The set of these numbers, none of which is below 0."""
    lowest = min(numbers, default=0)
    bits = 0
    for number in numbers:
        bits |= 1 << (number - lowest)
    return Span(lowest, bits)


class Content(NamedTuple):
    """What a cohort holds."""

    issue_id: int
    carried: Span
    #: what it is a reason for not getting
    left_out: Span
    #: one that asked no bookmark counts neither once nor twice
    by_bookmarks: bool


def content_of(
    issue_id: int,
    carried: Collection[int],
    left_out: Mapping[str, Collection[int]],
    *,
    by_hand: bool,
    ignores_bookmarks: bool,
) -> Content:
    """What a cohort says; one by hand decides of other tellings alone: it leaves the cut.

    And of what was taken out of it before it went: that counts as sent ahead, and is not owed any more.
    """
    reasons = list(_BY_HAND if by_hand else left_out)
    out = {number for reason in reasons for number in left_out.get(reason, ())}
    return Content(issue_id, span_of(carried), span_of(out), not ignores_bookmarks)


class Mark(NamedTuple):
    """How far a reader is, as it stands in the store, canonical or not."""

    cut: int
    deferred: tuple[int, ...]
    ahead: tuple[int, ...]

    def owes(self, newest: int) -> int:
        """The numbers that are owed, as bits."""
        above = _upto(newest) & ~_upto(self.cut)
        return (above & ~_bits(self.ahead)) | _bits(self.deferred)


class Missed(NamedTuple):
    """A gap: numbers above `after` up to `upto`, and some more."""

    after: int
    upto: int
    numbers: tuple[int, ...]


class History(Struct, frozen=True):
    """All that is known of what a reader got and is owed; those with equal ones are judged once."""

    began_after: int
    mark: Mark
    gaps: tuple[Missed, ...]
    #: cohort and part of each copy, in any order
    copies: Sequence[tuple[int, str]]


def judged(history: History, contents: Mapping[int, Content], newest: int) -> dict[Damage, int]:
    """What is wrong with a reader's ledger, by kind the numbers as bits; of double copies the issues."""
    included = twice = excused = came = issues = doubled = 0
    for cohort_id, part in history.copies:
        content = contents.get(cohort_id)
        if content is None:
            # a row that refers to nothing: told as such
            continue
        issue = 1 << content.issue_id
        doubled |= issues & issue
        issues |= issue
        carried = content.carried.mask
        if not content.by_bookmarks:
            came |= carried if part == Part.INCLUDES else 0
            continue
        excused |= content.left_out.mask
        if part == Part.INCLUDES:
            twice |= included & carried
            included |= carried
        elif part == Part.ENDED:
            excused |= carried
    for gap in history.gaps:
        excused |= (_upto(gap.upto) & ~_upto(gap.after)) | _bits(gap.numbers)
    owed = history.mark.owes(newest)
    promised = _upto(newest) & ~_upto(history.began_after)
    found = {
        Damage.TWICE: twice & promised,
        Damage.OWED_AGAIN: included & owed & promised,
        Damage.LOST: promised & ~(included | owed | excused | came),
        Damage.COPY_TWICE: doubled,
    }
    return {kind: mask for kind, mask in found.items() if mask}


def numbers_in(mask: int) -> Iterator[int]:
    """The numbers whose bits are set, the lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _upto(number: int) -> int:
    """All numbers from 1 to this one, as bits."""
    return (1 << (max(number, 0) + 1)) - 2


def _bits(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        if number > 0:
            mask |= 1 << number
    return mask
