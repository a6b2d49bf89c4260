"""Whether a store may be copied: at no moment may two be open, and no row of anybody's may be lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Final

import pytest

from digest.core.moving import Closed, Place, Start, Way, Why, way_to_copy

AT: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HERE, THERE = "sqlite:////old.sqlite3", "postgresql://db/news"


def closed(why: Why, copy: str = "one", other: str = THERE) -> Closed:
    return Closed(why, copy, other, AT)


OPEN: Final = Place(HERE, "store", None, "holds rows")
BEING_COPIED: Final = replace(OPEN, closed=closed(Why.COPYING))
MOVED: Final = replace(OPEN, closed=closed(Why.MOVED))
EMPTY: Final = Place(THERE, "", None)
UNFINISHED: Final = Place(THERE, "store", closed(Why.UNFINISHED, other=HERE), "holds rows")
OF_BEFORE: Final = replace(UNFINISHED, closed=closed(Why.UNFINISHED, "another", HERE))
OF_ANOTHER: Final = replace(OF_BEFORE, store="another")
IN_USE: Final = Place(THERE, "another", None, "holds rows")
TRIAL: Final = replace(IN_USE, closed=closed(Why.TRIAL, other=HERE))
TARGETS: Final = (EMPTY, UNFINISHED, OF_BEFORE, OF_ANOTHER, IN_USE, TRIAL, replace(MOVED, where=THERE))


@pytest.mark.parametrize(
    ("source", "target", "way"),
    [
        pytest.param(OPEN, EMPTY, Way(Start.FRESH, "new", closes=True), id="first"),
        pytest.param(OPEN, OF_BEFORE, Way(Start.ANEW, "new", closes=True), id="given up"),
        pytest.param(BEING_COPIED, EMPTY, Way(Start.FRESH, "one", closes=False), id="closed alone"),
        pytest.param(BEING_COPIED, OF_BEFORE, Way(Start.ANEW, "one", closes=False), id="another try"),
        pytest.param(BEING_COPIED, UNFINISHED, Way(Start.ON, "one", closes=False), id="on"),
        pytest.param(MOVED, UNFINISHED, Way(Start.LAST_WORD, "one", closes=False), id="last word"),
    ],
)
def test_a_copying_begins_where_it_should(source: Place, target: Place, way: Way) -> None:
    assert way_to_copy(source, target, keep_open=False, new_name="new") == way


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        pytest.param(OPEN, IN_USE, "postgresql://db/news holds rows: name one that is empty", id="in use"),
        pytest.param(OPEN, OF_ANOTHER, "an unfinished copy of another store", id="another's"),
        pytest.param(OPEN, TRIAL, "is a copy for trial of sqlite", id="trial"),
        pytest.param(
            BEING_COPIED, replace(EMPTY, where="x"), "is being copied to postgresql", id="elsewhere"
        ),
        pytest.param(MOVED, EMPTY, "has moved to postgresql://db/news (2026-11-24 08:00 UTC)", id="moved"),
        pytest.param(MOVED, OF_BEFORE, "has moved to", id="moved before"),
        pytest.param(replace(OPEN, closed=closed(Why.TRIAL)), EMPTY, "is a copy for trial", id="of a trial"),
        pytest.param(UNFINISHED, replace(EMPTY, where="x"), "is an unfinished copy", id="of a part"),
    ],
)
def test_what_may_not_be_copied_is_refused_in_words(source: Place, target: Place, words: str) -> None:
    refusal = way_to_copy(source, target, keep_open=False, new_name="new")
    assert isinstance(refusal, str)
    assert words in refusal


@pytest.mark.parametrize("target", TARGETS, ids=lambda place: str(TARGETS.index(place)))
def test_a_copy_for_trial_closes_nothing_and_is_not_of_a_closed_store(target: Place) -> None:
    way = way_to_copy(OPEN, target, keep_open=True, new_name="new")
    assert isinstance(way, str) or not way.closes
    for source in (BEING_COPIED, MOVED):
        assert isinstance(way_to_copy(source, target, keep_open=True, new_name="new"), str)


def test_who_moves_a_store_ends_with_it_closed_and_never_writes_over_anything() -> None:
    for source, target in product((OPEN, BEING_COPIED, MOVED), TARGETS):
        way = way_to_copy(source, target, keep_open=False, new_name="new")
        if isinstance(way, Way):
            assert source.closed is not None or way.closes
            assert not target.holds or (target.closed and target.closed.why is Why.UNFINISHED)
            assert target.store in {"", source.store}
