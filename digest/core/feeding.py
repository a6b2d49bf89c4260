"""What is decided about feeds: when each is asked again, when it has moved, what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Final

from msgspec import Struct

from subscribers.model import Section

#: Nobody is asked more often than this, whatever is set; and a feed that fails, at least so often.
SHORTEST: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(days=1)
#: A server may ask us to stay away for so long.
LONGEST_AWAY: Final = timedelta(days=7)
#: A feed with items that settle is looked at once more this long before they come out.
_LAST_LOOK: Final = timedelta(minutes=1)
#: An address is changed when its server has said so this often in a row: some do by mistake, for an hour.
MOVES_BELIEVED: Final = 3
#: From so many failures in a row on a feed fails; one or two are the weather.
FAILING_FROM: Final = 3
#: A feed is silent after so many times the usual pause between its items, within these bounds.
_SILENT_TIMES: Final = 8
_SILENT_FROM: Final = timedelta(days=3)
_SILENT_UPTO: Final = timedelta(days=90)
_RHYTHM_OF: Final = 20
#: How long a gap is shown: somebody who looks on Monday shall see what Friday's night lost.
GAP_SHOWN: Final = timedelta(days=4)
#: So long an entry that left its feed is known again: some feeds show what is a season old.
ENTRIES_KEPT: Final = timedelta(days=180)


class FeedHealth(StrEnum):
    """How a feed is, the worst that holds."""

    #: it said that it is no more, and is not asked again
    GONE = "gone"
    FAILING = "failing"
    #: every entry of a poll was new, so some may have come and gone between two polls
    GAP = "gap"
    SILENT = "silent"
    #: it was not polled yet
    NEW = "new"
    FINE = "fine"


class PollOutcome(StrEnum):
    """What a poll brought."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    GONE = "gone"


class ItemState(StrEnum):
    """What became of an entry of a feed."""

    #: a draft that waits for its time: it may be corrected, or vanish
    SETTLING = "settling"
    SETTLED = "settled"
    #: it left the feed before its time: a draft that is not published
    VANISHED = "vanished"
    #: it was in the feed before the feed was ours
    OLD = "old"
    #: another feed had it first
    ELSEWHERE = "elsewhere"


class Feed(Struct, frozen=True):
    """A feed that is polled."""

    id: int
    url: str
    #: as the feed says it
    title: str
    #: the name of the source instead of the title; empty for the title
    source: str
    section: Section
    #: topics that each item gets; without any, categories and rules decide
    topics: tuple[str, ...]
    every_minutes: int
    settle_minutes: int
    #: how many items of the first poll are published
    take: int
    added_at: datetime
    kind: str = ""
    link: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    #: of the body that was read last; empty before
    body_key: str = ""
    #: None when it is not polled any more
    next_poll_at: datetime | None = None
    polled_at: datetime | None = None
    #: when it was read with success for the first time
    begun_at: datetime | None = None
    failures: int = 0
    #: what went wrong last; empty when nothing did
    trouble: str = ""
    moved_to: str | None = None
    moved_seen: int = 0
    gone_at: datetime | None = None
    gap_at: datetime | None = None
    #: when its newest item came
    newest_at: datetime | None = None
    #: the usual pause between its items
    rhythm_minutes: int | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.source or self.title or self.url

    @property
    def every(self) -> timedelta:
        """The pause between two polls."""
        return max(timedelta(minutes=self.every_minutes), SHORTEST)

    @property
    def settle(self) -> timedelta:
        """How long an item waits before it comes out."""
        return timedelta(minutes=self.settle_minutes)


def may_be_out(feed: Feed, published: datetime | None, until: datetime | None) -> bool:
    """Whether readers may have had an item that is new here, from a store that is gone and sent until then.

    That is asked of what a feed brings first since; what comes later was not there by then.
    """
    if until is None or feed.begun_at is None:
        return False
    if feed.newest_at is not None and feed.newest_at > until:
        return False
    return published is None or published <= until


def health_of(feed: Feed, now: datetime) -> FeedHealth:
    """The worst that holds of a feed."""
    if feed.gone_at is not None:
        return FeedHealth.GONE
    if feed.failures >= FAILING_FROM or (feed.failures and feed.begun_at is None):
        return FeedHealth.FAILING
    if feed.begun_at is None:
        return FeedHealth.NEW
    if feed.gap_at is not None and now - feed.gap_at < GAP_SHOWN:
        return FeedHealth.GAP
    limit = silent_after(feed.rhythm_minutes)
    if limit is not None and feed.newest_at is not None and now - feed.newest_at > limit:
        return FeedHealth.SILENT
    return FeedHealth.FINE


def next_after_answer(feed: Feed, now: datetime, settles_at: datetime | None, chance: float) -> datetime:
    """When a feed that answered is asked again; `settles_at` is when its next item comes out.

    `chance` is 0 to 1, and spreads the polls by a tenth of their pause to both sides.
    """
    regular = now + feed.every * (0.9 + 0.2 * chance)
    if settles_at is None or settles_at <= now:
        return regular
    return max(min(regular, settles_at - _LAST_LOOK), now + SHORTEST / 2)


def next_after_failure(
    feed: Feed, now: datetime, failures: int, away: timedelta | None, chance: float
) -> datetime:
    """When a feed that failed so many times in a row is asked again: each time twice as late, up to a day.

    `away` is what its server asked for (Retry-After).
    """
    doubled: timedelta = feed.every * int(2 ** min(failures, 16))
    wait = min(doubled, max(LONGEST_WAIT, feed.every)) * (0.75 + 0.5 * chance)
    return now + (max(wait, min(away, LONGEST_AWAY)) if away is not None else wait)


def retry_after(header: str, now: datetime) -> timedelta | None:
    """What a server asks for, in seconds or as a date (RFC 9110, 10.2.3); None for what is neither."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**9))
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max((found if found.tzinfo else found.replace(tzinfo=UTC)) - now, timedelta())


def move_seen(feed: Feed, moved_to: str | None) -> tuple[str, str | None, int]:
    """The address of a feed from now on, where its server says it has moved to, and how often in a row."""
    if moved_to is None or moved_to == feed.url:
        return feed.url, None, 0
    seen = feed.moved_seen + 1 if moved_to == feed.moved_to else 1
    return (moved_to, None, 0) if seen >= MOVES_BELIEVED else (feed.url, moved_to, seen)


def rhythm_of(published: Sequence[datetime]) -> int | None:
    """The usual pause between the newest items of a feed, in minutes; None when they are too few to tell."""
    newest = sorted(published, reverse=True)[:_RHYTHM_OF]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(newest)]
    return max(int(median(gaps) // 60), 1) if len(gaps) >= 3 else None


def silent_after(rhythm_minutes: int | None) -> timedelta | None:
    """How long without a new item is strange for a feed of this rhythm; None when nothing is known of it."""
    if rhythm_minutes is None:
        return None
    return min(max(_SILENT_TIMES * timedelta(minutes=rhythm_minutes), _SILENT_FROM), _SILENT_UPTO)


def forgotten_before(feed: Feed) -> date | None:
    """What left the feed before this day is forgotten; None when it is not known what is there now.

    Counted back from the last look: an entry that is away while its feed is out of reach may be there.
    """
    if feed.polled_at is None or feed.failures or feed.gone_at is not None:
        return None
    return (feed.polled_at - ENTRIES_KEPT).date()
