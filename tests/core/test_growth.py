"""Who came and who left, counted by day and by reason."""

from __future__ import annotations

from datetime import date

import pytest

from digest.core.growth import DayOfReaders, days_of_readers, reasons_for_leaving
from subscribers.leaving import BY_ONE_CLICK, ON_THE_PAGE, LeavingReason, said_on_leaving
from subscribers.model import Moved, Standing

MONDAY = date(2026, 11, 23)
ACTIVE, PAUSED, PENDING, LEFT = Standing.ACTIVE, Standing.PAUSED, Standing.PENDING, Standing.LEFT


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, ACTIVE, (1, 0, 0)),
        (PENDING, ACTIVE, (1, 0, 0)),
        (LEFT, ACTIVE, (1, 0, 0)),
        (Standing.BOUNCING, ACTIVE, (1, 0, 0)),
        (ACTIVE, LEFT, (0, 1, 0)),
        (PAUSED, LEFT, (0, 1, 0)),
        (ACTIVE, Standing.BOUNCING, (0, 0, 1)),
        (PAUSED, Standing.COMPLAINED, (0, 0, 1)),
        (ACTIVE, Standing.SUPPRESSED, (0, 0, 1)),
        # neither came nor went
        (ACTIVE, PAUSED, (0, 0, 0)),
        (PAUSED, ACTIVE, (0, 0, 0)),
        (None, PENDING, (0, 0, 0)),
        (PENDING, LEFT, (0, 0, 0)),
        (Standing.BOUNCING, LEFT, (0, 0, 0)),
    ],
)
def test_a_change_of_standing_counts_as(
    before: Standing | None, after: Standing, change: tuple[int, int, int]
) -> None:
    (day,) = days_of_readers([Moved(MONDAY, before, after, 1)], MONDAY, MONDAY)
    assert (day.joined, day.left, day.lost) == change
    assert day.net == change[0] - change[1] - change[2]


def test_days_without_a_change_are_there_and_those_beyond_are_not() -> None:
    moves = [
        Moved(MONDAY, None, ACTIVE, 5),
        Moved(date(2026, 11, 25), ACTIVE, LEFT, 1),
        Moved(date(2026, 11, 26), ACTIVE, LEFT, 2),
        Moved(date(2026, 11, 22), ACTIVE, LEFT, 3),
    ]
    days = days_of_readers(moves, MONDAY, date(2026, 11, 25))
    assert days == (
        DayOfReaders(MONDAY, joined=5),
        DayOfReaders(date(2026, 11, 24)),
        DayOfReaders(date(2026, 11, 25), left=1),
    )


def test_leavings_are_counted_by_reason_or_by_the_way_they_took() -> None:
    said = {
        said_on_leaving(ON_THE_PAGE, LeavingReason.TOO_OFTEN, "twice would do"): 1,
        said_on_leaving(ON_THE_PAGE, LeavingReason.TOO_OFTEN): 2,
        ON_THE_PAGE: 4,
        BY_ONE_CLICK: 5,
        "erased": 3,
        "asked by phone": 2,
    }
    assert list(reasons_for_leaving(said).items()) == [
        ("by one click, without a word", 5),
        ("on the page, without a word", 4),
        ("erased", 3),
        ("too often", 3),
        ("removed by the newsroom", 2),
    ]
