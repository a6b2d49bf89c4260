"""A link to choose a password by is good for three days, and not for who is shut out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.entry_links import address_of_link, end_of_link, opens

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("after", "good"),
    [(timedelta(), True), (timedelta(days=3) - MOMENT, True), (timedelta(days=3), False)],
    ids=["at-once", "just-in-time", "too-late"],
)
def test_a_link_is_good_for_three_days(after: timedelta, good: bool) -> None:
    assert opens(end_of_link(NOON), None, NOON + after) is good


def test_who_is_shut_out_chooses_nothing() -> None:
    assert not opens(end_of_link(NOON), NOON, NOON)


@pytest.mark.parametrize("base_url", ["https://news.example/desk", "https://news.example/desk/"], ids=str)
def test_a_link_leads_to_where_the_pages_are(base_url: str) -> None:
    assert address_of_link(base_url, "t0ken") == "https://news.example/desk/admin/begin/t0ken"
