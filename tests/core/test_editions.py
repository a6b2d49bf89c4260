"""Days of the archive follow one another without gap or overlap, wherever home is and whatever clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.core.editions import Month, day_span, local_day, month_span, parse_day, parse_month

ZONES = ["UTC", "Asia/Shanghai", "Europe/Paris", "America/New_York", "Africa/Cairo", "Pacific/Chatham"]


@pytest.mark.parametrize("zone", ZONES)
def test_every_instant_has_one_day(zone: str) -> None:
    day = date(2026, 1, 1)
    while day < date(2027, 1, 1):
        bounds, after = day_span(day, zone), day_span(day + timedelta(days=1), zone)
        assert bounds.last == after.first
        assert timedelta(hours=23) <= bounds.last - bounds.first <= timedelta(hours=25)
        assert local_day(bounds.first, zone) == day
        assert local_day(bounds.last - timedelta(microseconds=1), zone) == day
        day += timedelta(days=1)


@pytest.mark.parametrize("zone", ZONES)
def test_a_month_is_all_its_days(zone: str) -> None:
    for number in range(1, 13):
        month = Month(2026, number)
        spans = [day_span(day, zone) for day in month.days]
        assert month_span(month, zone) == (spans[0].first, spans[-1].last)


def test_a_day_is_that_of_home() -> None:
    late = datetime(2026, 11, 26, 20, tzinfo=UTC)
    assert local_day(late, "UTC") == date(2026, 11, 26)
    assert local_day(late, "Asia/Shanghai") == date(2026, 11, 27)


def test_paths_are_read_strictly() -> None:
    assert parse_day("2026-11-27") == date(2026, 11, 27)
    assert parse_month("2026", "02") == Month(2026, 2)
    assert (parse_day("1900-01-01"), parse_day("8999-12-31")) == (date(1900, 1, 1), date(8999, 12, 31))
    assert (parse_day("1899-12-31"), parse_day("9000-01-01")) == (None, None)
    for wrong in ("2026-11-7", "2026-02-30", "20261127", "2026-11-27 ", "0001-01-01", "9999-12-31", "", "x"):
        assert parse_day(wrong) is None
    for year, month in (("2026", "2"), ("2026", "13"), ("26", "02"), ("2026", "02-03"), ("٢٠٢٦", "02")):
        assert parse_month(year, month) is None
