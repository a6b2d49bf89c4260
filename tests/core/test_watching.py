"""Which files of a watched folder may be read, and under which names they are kept: values alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.core.watching import REASONS, SETTLES, Sight, is_at_rest, is_left_alone, kept_name

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
#: As a file system has it: no slash, no zero, at most 255 bytes.
NAMES = (
    st.binary(min_size=1, max_size=255)
    .map(lambda some: os.fsdecode(some.replace(b"/", b"_").replace(b"\0", b"_")))
    .filter(lambda name: name not in {".", ".."})
)


@pytest.mark.parametrize(
    ("name", "alone"),
    [
        ("news.csv", False),
        (".news.csv", True),
        ("~$news.xlsx", True),
        ("~news.csv", False),
        ("news.csv~", True),
        ("News.CSV.Part", True),
        ("news.csv.crdownload", True),
        ("Thumbs.db", True),
        ("my-thumbs.db", False),
        ("part", False),
    ],
)
def test_what_is_hidden_or_not_finished_is_left_alone(name: str, alone: bool) -> None:
    assert is_left_alone(name) is alone


def seen(size: int = 10, modified: float = 0, changed: float = 0) -> Sight:
    """A file whose times lie so many seconds back."""
    at = NOW.timestamp()
    return Sight(size, int((at - modified) * 1e9), int((at - changed) * 1e9), (1, 1))


@pytest.mark.parametrize(
    ("sight", "unchanged_for", "rests"),
    [
        (seen(), 4.9, False),
        (seen(), 5.0, True),
        (seen(size=0), 5.0, False),
        (seen(size=1), 5.0, True),
        (seen(size=0, modified=61, changed=61), 0.0, True),
        (seen(modified=61, changed=61), 0.0, True),
        (seen(modified=61, changed=59), 0.0, False),
        (seen(modified=59, changed=61), 0.0, False),
        (seen(modified=-1e9, changed=61), 0.0, False),
        (seen(modified=-1e12, changed=-1e12), 0.0, False),
    ],
    ids=[
        "watched-too-short",
        "watched",
        "empty",
        "a-byte",
        "long-empty",
        "long-ago",
        "copied-with-an-old-time",
        "written",
        "from-the-future",
        "from-no-time",
    ],
)
def test_a_file_is_whole_when_it_was_watched_or_last_changed_long_ago(
    sight: Sight, unchanged_for: float, rests: bool
) -> None:
    assert is_at_rest(sight, unchanged_for, SETTLES, NOW) is rests


@pytest.mark.parametrize(
    ("name", "number", "kept"),
    [
        ("news.json", 1, "news.json"),
        ("news.json", 2, "news-2.json"),
        ("week.tar.gz", 3, "week.tar-3.gz"),
        ("README", 2, "README-2"),
        (".json", 2, ".json-2"),
        ("a." + "x" * 111, 1, "a." + "x" * 111),
        ("a." + "x" * 108, 12, "a-12." + "x" * 108),
        # what looks like an ending is none
        ("a." + "x" * 112, 2, "a." + "x" * 112 + "-2"),
        ("a." + "x" * 300, 1, "a." + "x" * 223),
        ("x" * 300 + ".csv", 2, "x" * 219 + "-2.csv"),
        # no sign is cut in two
        ("x" + "é" * 200, 1, "x" + "é" * 112),
    ],
    ids=[
        "own",
        "second",
        "two-endings",
        "no-ending",
        "only-ending",
        *("long", "longer", "none"),
        *("a", "b", "c"),
    ],
)
def test_a_number_stands_before_the_ending(name: str, number: int, kept: str) -> None:
    assert kept_name(name, number) == kept


@given(NAMES, st.integers(1, 10_000))
@example("x" * 255, 2)
@example("a." + "x" * 253, 2)
def test_any_name_can_be_kept_with_its_reasons_beside_it_and_further_ones_are_others(
    name: str, number: int
) -> None:
    kept = kept_name(name, number)
    assert kept
    assert "/" not in kept
    assert len(os.fsencode(kept_name(kept + REASONS, number))) <= 255
    assert kept_name(name, number + 1) != kept


def test_a_clock_that_goes_wrong_by_less_than_a_minute_does_no_harm() -> None:
    written_now_by_a_slow_clock = seen(modified=50, changed=50)
    assert not is_at_rest(written_now_by_a_slow_clock, 0, timedelta(seconds=5), NOW)
