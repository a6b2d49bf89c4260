"""How events change a subscription: what stays owed, what becomes a gap, and which standing leads where."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from subscribers.model import WEEKDAYS, Bookmark, Cadence, Profile, Standing
from subscribers.subscription import (
    Event,
    StandingError,
    Subscription,
    left,
    paused,
    resumed,
    returned,
    standing_after,
)
from tests.subscribers.test_model import bookmarks, owed

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
READER = Subscription(
    id=1,
    subscriber_id=1,
    newsletter_id=1,
    address="ann@example.org",
    name="Ann",
    standing=Standing.ACTIVE,
    cadence=Cadence(WEEKDAYS, time(7), "UTC"),
    profile=Profile(),
    bookmark=Bookmark(10, (4, 7), (12,)),
    served_day=TODAY,
    began_after=0,
    began_at=NOW,
)


def reader(bookmark: Bookmark, standing: Standing = Standing.ACTIVE) -> Subscription:
    return replace(READER, bookmark=bookmark, standing=standing)


# --- standing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "standings"),
    [
        (Event.CONFIRMED, {Standing.PENDING}),
        (Event.PAUSED, {Standing.ACTIVE, Standing.PAUSED}),
        (Event.RESUMED, {Standing.PAUSED}),
        (Event.LEFT, {Standing.PENDING, Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING}),
        (Event.RETURNED, {Standing.LEFT, Standing.BOUNCING}),
        (Event.BOUNCED_HARD, {Standing.ACTIVE, Standing.PAUSED}),
        (Event.COMPLAINED, set(Standing)),
        (Event.SUPPRESSED, set(Standing)),
    ],
)
def test_event_happens_only_to(event: Event, standings: set[Standing]) -> None:
    assert {standing for standing in Standing if _fits(standing, event)} == standings


@pytest.mark.parametrize("standing", [Standing.COMPLAINED, Standing.SUPPRESSED])
def test_nothing_brings_back_who_must_not_be_written_to(standing: Standing) -> None:
    reached = {event: standing_after(standing, event) for event in Event if _fits(standing, event)}
    # what an admin takes off the list: the reader is away then, and may come back
    lifted = reached.pop(Event.LIFTED, Standing.LEFT)
    assert lifted is Standing.LEFT
    assert set(reached.values()) == {Standing.COMPLAINED, Standing.SUPPRESSED}


def test_refusal_names_standing_and_event() -> None:
    with pytest.raises(StandingError, match=r"^a reader who is left cannot be paused$"):
        paused(replace(READER, standing=Standing.LEFT), until=None, catch_up=True, newest=20)


# --- pausing ------------------------------------------------------------------------------------------------


@given(bookmarks(), st.integers(0, 30), st.integers(0, 10))
def test_pause_with_catching_up_changes_nothing_of_what_is_owed(
    bookmark: Bookmark, newest: int, published: int
) -> None:
    asleep = paused(reader(bookmark), until=None, catch_up=True, newest=newest)
    awake, gap = resumed(asleep, newest=newest + published, served_day=TODAY)
    assert awake.bookmark == bookmark
    assert gap is None


@given(bookmarks(), st.integers(0, 10), st.integers(0, 5))
def test_pause_without_catching_up_leaves_out_what_was_published_meanwhile_and_nothing_else(
    bookmark: Bookmark, unplanned: int, published: int
) -> None:
    before = bookmark.cut + unplanned
    newest = before + published
    asleep = paused(reader(bookmark), until=None, catch_up=False, newest=before)
    awake, gap = resumed(asleep, newest=newest, served_day=TODAY)
    assert owed(awake.bookmark) == owed(bookmark) - set(range(before + 1, newest + 1))
    assert (gap is not None) == (published > 0)
    if gap is not None:
        assert (gap.after, gap.upto, gap.numbers, gap.reason) == (before, newest, (), "paused")


def test_pausing_again_does_not_move_the_beginning_of_the_pause() -> None:
    asleep = paused(READER, until=None, catch_up=False, newest=15)
    assert paused(asleep, until=NOW, catch_up=False, newest=18).away_after == 15


def test_resuming_forgets_when_the_pause_was_to_end() -> None:
    awake, _ = resumed(paused(READER, until=NOW, catch_up=True, newest=15), newest=20, served_day=TODAY)
    assert (awake.standing, awake.paused_until, awake.away_after) == (Standing.ACTIVE, None, None)


# --- leaving and coming back --------------------------------------------------------------------------------


def test_leaving_keeps_the_bookmark_and_ends_a_pause() -> None:
    gone = left(paused(READER, until=NOW, catch_up=False, newest=15))
    assert gone == replace(READER, standing=Standing.LEFT)


@given(bookmarks(), st.integers(0, 35))
def test_who_returns_is_owed_what_is_newer_than_the_reach_and_was_not_sent_before(
    bookmark: Bookmark, reach: int
) -> None:
    back, gap = returned(reader(bookmark, Standing.LEFT), reach=reach, served_day=TODAY, reason="left")
    decided = set(range(1, max(bookmark.cut, reach) + 1))
    assert owed(back.bookmark) == owed(bookmark) - decided
    assert set(range(gap.after + 1, gap.upto + 1)) | set(gap.numbers) >= owed(bookmark) & decided


def test_who_returns_is_still_owed_in_particular_what_is_newer_than_the_reach() -> None:
    before = Bookmark(20, (5, 23, 27))
    back, gap = returned(reader(before, Standing.LEFT), reach=24, served_day=TODAY, reason="left")
    assert (back.bookmark, gap.numbers) == (Bookmark(24, (27,)), (5, 23))


@pytest.mark.parametrize(
    ("timetable_says", "served"), [(TODAY, TODAY), (TOMORROW, TOMORROW), (date.min, TODAY)]
)
def test_day_already_served_is_never_served_again(timetable_says: date, served: date) -> None:
    asleep = replace(READER, standing=Standing.PAUSED)
    gone = replace(READER, standing=Standing.LEFT)
    assert resumed(asleep, newest=20, served_day=timetable_says)[0].served_day == served
    assert returned(gone, reach=0, served_day=timetable_says, reason="left")[0].served_day == served


def _fits(standing: Standing, event: Event) -> bool:
    try:
        standing_after(standing, event)
    except StandingError:
        return False
    return True
