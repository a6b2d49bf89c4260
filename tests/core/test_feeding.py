"""When a feed is asked again, how it is, and where it lives by now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.feeding import (
    GAP_SHOWN,
    LONGEST_AWAY,
    Feed,
    FeedHealth,
    forgotten_before,
    health_of,
    may_be_out,
    move_seen,
    next_after_answer,
    next_after_failure,
    retry_after,
    rhythm_of,
    silent_after,
)
from subscribers.model import Section

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, MINUTE, SECOND, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
FEED = Feed(
    *(1, "https://news.example/feed", "News", "", Section.BRIEFING, ()),
    every_minutes=60,
    settle_minutes=10,
    take=0,
    added_at=NOW - DAY,
    begun_at=NOW - DAY,
    polled_at=NOW,
)


# --- How it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "health"),
    [
        (FEED, FeedHealth.FINE),
        (replace(FEED, begun_at=None), FeedHealth.NEW),
        (replace(FEED, begun_at=None, failures=1), FeedHealth.FAILING),
        (replace(FEED, failures=2), FeedHealth.FINE),
        (replace(FEED, failures=3), FeedHealth.FAILING),
        (replace(FEED, failures=9, gone_at=NOW), FeedHealth.GONE),
        (replace(FEED, gap_at=NOW - GAP_SHOWN + SECOND), FeedHealth.GAP),
        (replace(FEED, gap_at=NOW - GAP_SHOWN), FeedHealth.FINE),
        (replace(FEED, rhythm_minutes=60, newest_at=NOW - 3 * DAY), FeedHealth.FINE),
        (replace(FEED, rhythm_minutes=60, newest_at=NOW - 3 * DAY - SECOND), FeedHealth.SILENT),
        (replace(FEED, rhythm_minutes=None, newest_at=NOW - 300 * DAY), FeedHealth.FINE),
        (replace(FEED, rhythm_minutes=60, newest_at=None), FeedHealth.FINE),
    ],
)
def test_the_worst_that_holds_of_a_feed_is_told(feed: Feed, health: FeedHealth) -> None:
    assert health_of(feed, NOW) is health


@pytest.mark.parametrize(
    ("newest_at", "published", "may_be"),
    [
        (None, None, True),
        (None, NOW, True),
        (None, NOW + SECOND, False),
        (NOW, NOW, True),
        (NOW + SECOND, NOW, False),
    ],
)
def test_an_item_may_be_out_that_came_no_later_than_the_store_that_is_gone(
    newest_at: datetime | None, published: datetime | None, may_be: bool
) -> None:
    feed = replace(FEED, newest_at=newest_at)
    assert may_be_out(feed, published, NOW) is may_be
    assert not may_be_out(feed, published, None)
    assert not may_be_out(replace(feed, begun_at=None), published, NOW)


@pytest.mark.parametrize(
    ("rhythm", "limit"),
    [
        (None, None),
        (1, 3 * DAY),
        (540, 3 * DAY),
        (541, 8 * 541 * MINUTE),
        (1440, 8 * DAY),
        (99_999, 90 * DAY),
    ],
)
def test_a_feed_is_silent_after_eight_of_its_pauses_within_bounds(
    rhythm: int | None, limit: timedelta | None
) -> None:
    assert silent_after(rhythm) == limit


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        ([0, 1, 2], None),
        ([0, 1, 2, 3], 60),
        ([3, 0, 2, 1], 60),
        ([0, 1, 3, 6], 120),
        ([0, 0, 0, 0], 1),
        # the newest twenty alone
        ([*range(20), *(100 * n for n in range(1, 30))], 6000),
    ],
    ids=["three", "hourly", "any-order", "median", "at-once", "newest"],
)
def test_the_rhythm_is_the_usual_pause_between_items(hours: list[int], minutes: int | None) -> None:
    assert rhythm_of([NOW + n * HOUR for n in hours]) == minutes


def test_what_left_a_feed_is_forgotten_half_a_year_after_the_last_good_look() -> None:
    assert forgotten_before(FEED) == date(2026, 5, 28)
    for unsure in (
        replace(FEED, polled_at=None),
        replace(FEED, failures=1),
        replace(FEED, gone_at=NOW),
    ):
        assert forgotten_before(unsure) is None


# --- When it is asked again ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settles_at", "chance", "again"),
    [
        (None, 0.0, NOW + 54 * MINUTE),
        (None, 0.5, NOW + 60 * MINUTE),
        (None, 1.0, NOW + 66 * MINUTE),
        # a minute before something comes out, it is looked at once more
        (NOW + 30 * MINUTE, 0.5, NOW + 29 * MINUTE),
        (NOW + 70 * MINUTE, 0.5, NOW + 60 * MINUTE),
        (NOW + 61 * MINUTE, 0.5, NOW + 60 * MINUTE),
        (NOW + 70 * SECOND, 0.5, NOW + 30 * SECOND),
        # what came out already asks for nothing
        (NOW, 0.5, NOW + 60 * MINUTE),
        (NOW + SECOND, 0.5, NOW + 30 * SECOND),
        (NOW - MINUTE, 0.5, NOW + 60 * MINUTE),
    ],
)
def test_a_feed_that_answered_is_asked_again(
    settles_at: datetime | None, chance: float, again: datetime
) -> None:
    assert next_after_answer(FEED, NOW, settles_at, chance) == again


def test_no_feed_is_asked_more_often_than_once_a_minute() -> None:
    assert next_after_answer(replace(FEED, every_minutes=0), NOW, None, 0.5) == NOW + MINUTE


@pytest.mark.parametrize(
    ("every", "failures", "away", "chance", "wait"),
    [
        (60, 1, None, 0.5, 2 * HOUR),
        (60, 3, None, 0.5, 8 * HOUR),
        (60, 3, None, 0.0, 6 * HOUR),
        (60, 3, None, 1.0, 10 * HOUR),
        (60, 5, None, 0.5, DAY),
        (1, 99, None, 0.5, DAY),
        # one that is asked every third day is not asked more often when it fails
        (4320, 1, None, 0.5, 3 * DAY),
        # its server says when; a week is the most
        (60, 1, 5 * HOUR, 0.5, 5 * HOUR),
        (60, 1, HOUR, 0.5, 2 * HOUR),
        (60, 1, 30 * DAY, 0.5, LONGEST_AWAY),
        (60, 1, timedelta(), 0.5, 2 * HOUR),
    ],
)
def test_a_feed_that_failed_is_asked_again_each_time_twice_as_late(
    every: int, failures: int, away: timedelta | None, chance: float, wait: timedelta
) -> None:
    feed = replace(FEED, every_minutes=every)
    assert next_after_failure(feed, NOW, failures, away, chance) == NOW + wait


@given(st.integers(0, 100_000), st.integers(1, 10**6), st.none() | st.timedeltas(), st.floats(0, 1))
def test_however_often_it_fails_the_wait_is_neither_none_nor_endless(
    every: int, failures: int, away: timedelta | None, chance: float
) -> None:
    wait = next_after_failure(replace(FEED, every_minutes=every), NOW, failures, away, chance) - NOW
    assert timedelta(seconds=45) <= wait <= max(LONGEST_AWAY, 1.25 * max(DAY, every * MINUTE))


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 2 * MINUTE),
        (" 120 ", 2 * MINUTE),
        ("0", timedelta()),
        ("9" * 30, timedelta(seconds=10**9)),
        ("Tue, 24 Nov 2026 13:00:00 GMT", HOUR),
        ("Tue, 24 Nov 2026 14:00:00 +0100", HOUR),
        ("Tue, 24 Nov 2026 13:00:00 -0000", HOUR),
        ("Tue, 24 Nov 2026 11:00:00 GMT", timedelta()),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("٣", None),
        ("1.5", None),
    ],
)
def test_a_server_says_when_to_come_again(header: str, wait: timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


# --- Where it lives -----------------------------------------------------------------------------------------


def test_a_feed_moves_when_its_server_has_said_so_three_times_in_a_row() -> None:
    other, third = "https://news.example/rss", "https://news.example/atom"
    feed, moves = FEED, []
    for said in (other, other, third, third, None, other, other, other, other):
        url, moved_to, seen = move_seen(feed, said)
        feed = replace(feed, url=url, moved_to=moved_to, moved_seen=seen)
        moves.append((url, moved_to, seen))
    assert moves == [
        (FEED.url, other, 1),
        (FEED.url, other, 2),
        (FEED.url, third, 1),
        (FEED.url, third, 2),
        (FEED.url, None, 0),
        (FEED.url, other, 1),
        (FEED.url, other, 2),
        (other, None, 0),
        # where it is already is no move
        (other, None, 0),
    ]
