"""One reader of one newsletter, and how each event changes it: a subscription in, a subscription out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from subscribers.model import Bookmark, Cadence, Profile, Standing


class Event(StrEnum):
    """What can happen to a standing."""

    CONFIRMED = "confirmed"
    PAUSED = "paused"
    RESUMED = "resumed"
    LEFT = "left"
    RETURNED = "returned"
    BOUNCED_HARD = "bounced-hard"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    #: who was suppressed by hand, or complained by a slip, may be written to again, once they come back
    LIFTED = "lifted"


#: Every allowed change of standing; what is not here is refused by name.
TRANSITIONS: Final[Mapping[tuple[Standing, Event], Standing]] = MappingProxyType(
    {
        (Standing.PENDING, Event.CONFIRMED): Standing.ACTIVE,
        (Standing.PENDING, Event.LEFT): Standing.LEFT,
        (Standing.ACTIVE, Event.PAUSED): Standing.PAUSED,
        (Standing.PAUSED, Event.PAUSED): Standing.PAUSED,
        (Standing.PAUSED, Event.RESUMED): Standing.ACTIVE,
        (Standing.ACTIVE, Event.LEFT): Standing.LEFT,
        (Standing.PAUSED, Event.LEFT): Standing.LEFT,
        (Standing.BOUNCING, Event.LEFT): Standing.LEFT,
        (Standing.LEFT, Event.RETURNED): Standing.ACTIVE,
        (Standing.BOUNCING, Event.RETURNED): Standing.ACTIVE,
        (Standing.ACTIVE, Event.BOUNCED_HARD): Standing.BOUNCING,
        (Standing.PAUSED, Event.BOUNCED_HARD): Standing.BOUNCING,
        (Standing.SUPPRESSED, Event.LIFTED): Standing.LEFT,
        (Standing.COMPLAINED, Event.LIFTED): Standing.LEFT,
        **{(standing, Event.COMPLAINED): Standing.COMPLAINED for standing in Standing},
        **{(standing, Event.SUPPRESSED): Standing.SUPPRESSED for standing in Standing},
    }
)


class StandingError(ValueError):
    """An event that does not fit the standing; the message says both."""


class Subscription(Struct, frozen=True):
    """A status and three shared preferences, with what is needed to change them rightly."""

    id: int
    subscriber_id: int
    newsletter_id: int
    address: str
    name: str
    standing: Standing
    cadence: Cadence
    profile: Profile
    bookmark: Bookmark
    #: the local day of the last slot planned, or written off: owed are those after it
    served_day: date
    #: the publication number after which it began
    began_after: int
    began_at: datetime
    #: the newest number when a pause without catching up began
    away_after: int | None = None
    #: when a pause ends by itself
    paused_until: datetime | None = None


class Gap(Struct, frozen=True):
    """Numbers above `after` up to `upto` (and `numbers`, deferred before) that the reader was not to get."""

    after: int
    upto: int
    numbers: tuple[int, ...]
    reason: str


def standing_after(before: Standing, event: Event) -> Standing:
    """The standing after an event; raises `StandingError` when the two do not fit."""
    after = TRANSITIONS.get((before, event))
    if after is None:
        raise StandingError(f"a reader who is {before} cannot be {event}")
    return after


def paused(
    subscription: Subscription, *, until: datetime | None, catch_up: bool, newest: int
) -> Subscription:
    """No mail until resumed, or until `until`; without `catch_up` what is published meanwhile is left out."""
    standing = standing_after(subscription.standing, Event.PAUSED)
    away_after = subscription.away_after if subscription.away_after is not None else newest
    return replace(
        subscription,
        standing=standing,
        away_after=None if catch_up else away_after,
        paused_until=until,
    )


def resumed(
    subscription: Subscription, *, newest: int, served_day: date, passing: Collection[int] = ()
) -> tuple[Subscription, Gap | None]:
    """Back from a pause. `newest` is the last number of the pause, `served_day` as the timetable says.

    Without catching up, the gap is exactly what was published during the pause: what was already owed before
    stays owed. Of the numbers in `passing` only those are owed that are owed in particular.
    """
    standing = standing_after(subscription.standing, Event.RESUMED)
    bookmark, gap = subscription.bookmark, None
    away_after = subscription.away_after
    if away_after is not None and newest > max(away_after, bookmark.cut):
        after = max(away_after, bookmark.cut)
        line = [number for number in range(bookmark.cut + 1, after + 1) if bookmark.is_new(number)]
        passed = tuple(n for n in line if n in passing and n not in bookmark.deferred)
        owed = [number for number in line if number not in passed]
        bookmark = bookmark.moved_to(newest, [*bookmark.deferred, *owed])
        gap = Gap(after, newest, passed, "paused")
    return (
        replace(
            subscription,
            standing=standing,
            bookmark=bookmark,
            served_day=max(served_day, subscription.served_day),
            away_after=None,
            paused_until=None,
        ),
        gap,
    )


def suppressed(subscription: Subscription) -> Subscription:
    """Not to be written to, whatever it was before."""
    standing = standing_after(subscription.standing, Event.SUPPRESSED)
    return replace(subscription, standing=standing, away_after=None, paused_until=None)


def lifted(subscription: Subscription) -> Subscription:
    """No longer kept from mail: gone, as if by themselves, so that a return takes the usual ways."""
    return replace(subscription, standing=standing_after(subscription.standing, Event.LIFTED))


def left(subscription: Subscription) -> Subscription:
    """Gone, until the reader returns; the bookmark stays, since it says what the reader already had."""
    standing = standing_after(subscription.standing, Event.LEFT)
    return replace(subscription, standing=standing, away_after=None, paused_until=None)


def returned(
    subscription: Subscription, *, reach: int, served_day: date, reason: str
) -> tuple[Subscription, Gap]:
    """Back after leaving: what is newer than `reach` and not yet decided comes with the first issue.

    So does what is owed in particular and newer than that: of a text that was had before.
    """
    standing = standing_after(subscription.standing, Event.RETURNED)
    before = subscription.bookmark
    upto = max(before.cut, reach)
    given_up = tuple(number for number in before.deferred if number <= upto)
    gap = Gap(before.cut, upto, given_up, reason)
    return (
        replace(
            subscription,
            standing=standing,
            bookmark=before.moved_to(upto, [n for n in before.deferred if n > upto]),
            served_day=max(served_day, subscription.served_day),
            away_after=None,
            paused_until=None,
        ),
        gap,
    )
