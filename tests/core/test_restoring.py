"""Whether a backup may be put back: no rows are lost unless told, and no half store is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from msgspec.structs import replace

from digest.core.moving import Closed, Place, Start, Why
from digest.core.restoring import way_to_restore

AT: Final = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)
EMPTY: Final = Place("there", "", None)
IN_USE: Final = Place("there", "store", None, "holds rows of its own")
OTHER: Final = Place("there", "", None, "holds a table 'letters' of something else", is_other=True)


def closed(why: Why, backup: str = "monday") -> Place:
    return replace(IN_USE, closed=Closed(why, backup, "/kept.gz", AT))


def way(
    place: Place, *, revision: str | None = "0026", replace_: bool = False, is_read: bool = False
) -> Start | str:
    return way_to_restore(place, revision, "monday", "0026", replace=replace_, is_read=is_read)


@pytest.mark.parametrize("revision", [None, "0026"], ids=["empty", "migrated"])
def test_an_empty_store_is_filled(revision: str | None) -> None:
    assert way(EMPTY, revision=revision) is Start.FRESH


@pytest.mark.parametrize(
    "place", [IN_USE, closed(Why.TRIAL), closed(Why.RESTORED)], ids=["used", "trial", "drill"]
)
def test_what_is_there_goes_only_when_told(place: Place) -> None:
    assert str(way(place)).startswith("the store there ")
    assert way(place, replace_=True) is Start.ANEW


@pytest.mark.parametrize("place", [OTHER, closed(Why.MOVED), closed(Why.COPYING), closed(Why.UNFINISHED)])
def test_what_is_somebody_elses_never_goes(place: Place) -> None:
    for replace_ in (False, True):
        assert isinstance(way(place, replace_=replace_), str)


def test_what_was_broken_off_is_begun_anew_without_a_word() -> None:
    assert way(closed(Why.RESTORING)) is Start.ANEW
    assert way(closed(Why.RESTORING, "tuesday")) is Start.ANEW


def test_rows_that_were_compared_are_not_written_again() -> None:
    # the tables may be of today by then
    assert way(closed(Why.RESTORING), revision="0030", is_read=True) is Start.ON
    assert way(closed(Why.RESTORING, "tuesday"), is_read=True) is Start.ANEW


@pytest.mark.parametrize("place", [EMPTY, IN_USE, closed(Why.RESTORING)], ids=["empty", "used", "begun"])
def test_tables_of_another_version_are_refused(place: Place) -> None:
    said = way(place, revision="0025", replace_=True)
    assert said == (
        "the store there has tables of version 0025, and the backup those of 0026: name one that is empty"
    )
