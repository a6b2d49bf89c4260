"""Whether a store may be copied: at no moment may two be open, and no row of anybody's may be lost."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Final

import pytest
from msgspec.structs import replace

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


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (
            Why.COPYING,
            "HERE is being copied to OTHER since DAY: "
            "go on with digest store copy, or give that up with digest store reopen",
        ),
        (
            Why.MOVED,
            "HERE has moved to OTHER (DAY): let DIGEST_DATABASE_URL name that one "
            "(digest store reopen would open this one again)",
        ),
        (Why.UNFINISHED, "HERE is an unfinished copy of OTHER, begun DAY: go on with digest store copy"),
        (
            Why.TRIAL,
            "HERE is a copy for trial of OTHER (DAY), which goes on by itself: "
            "to send from this one instead, say digest store reopen",
        ),
        (
            Why.RESTORING,
            "HERE is not whole: the backup OTHER (DAY) is being put back; go on with digest restore",
        ),
        (
            Why.RESTORED,
            "HERE was put back from the backup OTHER (DAY), and what was sent since then is not known here: "
            "open it with digest store reopen --sent-until TIME, or --send-again",
        ),
    ],
)
def test_a_closed_store_says_why_and_what_to_do(why: Why, said: str) -> None:
    words = said.replace("HERE", "the store sqlite:///new").replace("OTHER", "monday.backup")
    assert closed(why, other="monday.backup").words("sqlite:///new") == words.replace(
        "DAY", "2026-11-24 08:00 UTC"
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [(BEING_COPIED, replace(EMPTY, where="x")), (OPEN, TRIAL)],
    ids=["of-the-source", "of-the-target"],
)
def test_a_refusal_names_the_store_that_is_closed(source: Place, target: Place) -> None:
    refusal = way_to_copy(source, target, keep_open=False, new_name="new")
    assert str(refusal).startswith(f"the store {HERE if source is BEING_COPIED else THERE} is ")


def test_what_is_left_of_a_try_that_got_no_further_than_its_name_is_copied_over() -> None:
    way = way_to_copy(OPEN, replace(OF_BEFORE, store=""), keep_open=False, new_name="new")
    assert way == Way(Start.ANEW, "new", closes=True)


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
