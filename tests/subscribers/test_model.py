"""The three interned preferences: one form each, and a bookmark that never loses or repeats a number."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.model import WEEKDAYS, Bookmark, Cadence, Format, Profile, Section, interning_key

HIGHEST = 30
numbers = st.integers(1, HIGHEST)


@st.composite
def bookmarks(draw: st.DrawFn) -> Bookmark:
    cut = draw(st.integers(0, HIGHEST))
    deferred = draw(st.sets(st.integers(1, cut))) if cut else set()
    ahead = draw(st.sets(st.integers(cut + 1, HIGHEST + 5)))
    return Bookmark(cut, tuple(sorted(deferred)), tuple(sorted(ahead)))


def owed(bookmark: Bookmark) -> set[int]:
    """The numbers that the reader is still owed a decision about."""
    return {number for number in range(1, HIGHEST + 10) if bookmark.is_new(number)}


# --- the bookmark -------------------------------------------------------------------------------------------


def test_new_reader_is_owed_everything() -> None:
    assert owed(Bookmark()) == set(range(1, HIGHEST + 10))


@given(bookmarks(), st.data())
def test_after_an_issue_only_what_it_deferred_or_never_saw_is_owed(
    bookmark: Bookmark, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(bookmark.cut, HIGHEST))
    decided = {number for number in owed(bookmark) if number <= cut}
    deferred = data.draw(st.sets(st.sampled_from(sorted(decided)))) if decided else set()
    moved = bookmark.moved_to(cut, deferred)
    assert owed(moved) == (owed(bookmark) - decided) | deferred


@given(bookmarks(), st.sets(numbers))
def test_what_was_sent_ahead_is_owed_no_more_and_nothing_else_changes(
    bookmark: Bookmark, sent: set[int]
) -> None:
    assert owed(bookmark.sent_ahead(sent)) == owed(bookmark) - sent


@given(bookmarks(), st.sets(numbers))
def test_what_was_given_back_is_owed_again_and_nothing_else_changes(
    bookmark: Bookmark, back: set[int]
) -> None:
    assert owed(bookmark.given_back(back)) == owed(bookmark) | back


@given(bookmarks(), st.sets(numbers))
def test_sending_ahead_and_giving_back_undo_each_other(bookmark: Bookmark, some: set[int]) -> None:
    sent = some & owed(bookmark)
    assert bookmark.sent_ahead(sent).given_back(sent) == bookmark


@given(bookmarks(), numbers)
def test_skipping_forgives_what_was_published_meanwhile_but_not_what_was_deferred(
    bookmark: Bookmark, cut: int
) -> None:
    skipped = bookmark.skipped_to(cut)
    assert owed(skipped) == {n for n in owed(bookmark) if n > cut or n <= bookmark.cut}
    assert skipped.cut == max(cut, bookmark.cut)


@pytest.mark.parametrize(
    ("cut", "deferred", "ahead"),
    [(5, (6,), (6,)), (5, (), (5,)), (5, (3, 2), ()), (5, (2, 2), ()), (5, (), (9, 7))],
)
def test_bookmark_has_one_form_only(cut: int, deferred: tuple[int, ...], ahead: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"cut|sorted|owed"):
        Bookmark(cut, deferred, ahead)


# --- cadence and profile ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (WEEKDAYS, "daily"),
        (WEEKDAYS[:5], "weekdays"),
        (("mon", "thu"), "mon,thu"),
        (("monthly",), "monthly"),
    ],
)
def test_days_are_written_as_people_write_them(days: tuple[str, ...], text: str) -> None:
    assert Cadence(days, time(7), "UTC").days_text == text


@pytest.mark.parametrize("days", [(), ("thu", "mon"), ("mon", "mon"), ("Monday",), ("mon", "monthly")])
def test_days_out_of_order_are_refused(days: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not weekdays in order"):
        Cadence(days, time(7), "UTC")


def test_cadence_falls_on_its_days() -> None:
    week = [date(2026, 11, 23 + place) for place in range(7)]
    cadence = Cadence(("mon", "sat"), time(7), "UTC")
    assert [day for day in week if cadence.falls_on(day)] == [date(2026, 11, 23), date(2026, 11, 28)]


@given(st.dates())
def test_monthly_cadence_falls_on_the_first_of_a_month(day: date) -> None:
    assert Cadence(("monthly",), time(7), "UTC").falls_on(day) == (day.day == 1)


cadences = st.builds(
    Cadence,
    st.sampled_from([WEEKDAYS, WEEKDAYS[:5], ("mon",), ("monthly",)]),
    st.sampled_from([time(7), time(7, 30), time(19)]),
    st.sampled_from(["UTC", "Europe/Paris"]),
    st.booleans(),
)
profiles = st.builds(
    Profile,
    st.none() | st.frozensets(st.sampled_from(["economy", "energy", "all"])),
    st.none() | st.frozensets(st.sampled_from(Section)),
    st.sampled_from(Format),
    st.sampled_from([None, 1, 11]),
    st.sampled_from(["en", "zh-Hans"]),
)
preferences = cadences | profiles | bookmarks()


@given(preferences, preferences)
def test_preferences_share_a_key_exactly_when_they_are_equal(
    one: Cadence | Profile | Bookmark, other: Cadence | Profile | Bookmark
) -> None:
    assert (interning_key(one) == interning_key(other)) == (one == other)


def test_keys_stay_what_they_are_since_they_stand_in_stores() -> None:
    # these change only together with a migration
    assert (
        interning_key(Cadence(WEEKDAYS[:5], time(7), "Europe/Paris")).hex()
        == "42d5e50963d33ef6e7fe133a02972030"
    )
    assert interning_key(Profile(topics=frozenset({"energy"}))).hex() == "95ca492f941f1048e78e990366d48695"
    assert interning_key(Bookmark(7, (3,), (9,))).hex() == "47e50d42945f24ef8af9a005bf3d0a37"
