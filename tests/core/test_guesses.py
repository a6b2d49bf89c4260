"""A password is guessed slowly: from one network, at one account, and everywhere together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.guesses import counted_guess, counted_wrong_link, seconds_to_wait

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def spans(what: str = "password", account: str = "ann", seen_from: str = "192.0.2.7") -> set[str]:
    return {one.name for one in counted_guess(what, account, seen_from, NOON)}


def test_a_try_counts_at_home_at_the_account_and_for_the_network() -> None:
    ends = [(one.most, one.until - NOON) for one in counted_guess("password", "ann", "192.0.2.7", NOON)]
    assert ends == [
        (8, timedelta(minutes=10)),
        (30, timedelta(hours=12)),
        (100, timedelta(hours=1)),
        (300, timedelta(hours=1)),
    ]
    assert len(spans()) == 4


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        # a neighbour in the same network is the same
        (spans(seen_from="192.0.2.200"), 4),
        # another network has in common with this one what is tried at the account
        (spans(seen_from="198.51.100.7"), 1),
        (spans(account="bob"), 1),
        (spans(account="bob", seen_from="198.51.100.7"), 0),
        (spans(what="code"), 0),
    ],
    ids=["neighbour", "elsewhere", "another", "another-elsewhere", "code"],
)
def test_tries_count_together_that_have_something_in_common(other: set[str], shared: int) -> None:
    assert len(spans() & other) == shared


def test_a_wrong_link_counts_with_the_wrong_passwords_of_its_network_and_with_nothing_else() -> None:
    found = counted_wrong_link("192.0.2.200", NOON)
    assert (found.most, found.until - NOON) == (300, timedelta(hours=1))
    assert found.name in spans(account="bob")
    assert found.name not in spans(what="code") | spans(seen_from="198.51.100.7")


@pytest.mark.parametrize(
    ("past", "seconds"),
    [
        (timedelta(), 600),
        (timedelta(seconds=1), 599),
        (timedelta(seconds=1, milliseconds=1), 599),
        (timedelta(minutes=9, seconds=59), 1),
        (timedelta(minutes=9, seconds=59, milliseconds=999), 1),
        (timedelta(minutes=10), 600),
    ],
    ids=str,
)
def test_who_waits_as_long_as_is_said_comes_into_another_span(past: timedelta, seconds: int) -> None:
    assert seconds_to_wait(NOON + past) == seconds
    before, after = (
        next(iter(counted_guess("password", "ann", "192.0.2.7", when))).name
        for when in (NOON + past, NOON + past + timedelta(seconds=seconds))
    )
    assert before != after
