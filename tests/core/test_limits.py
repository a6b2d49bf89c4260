"""How often strangers may ask: networks are told apart as far as one holder may change his address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.limits import BY_DOMAIN, BY_LARGE_DOMAIN, BY_NETWORK, counted, network_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::1", "2001:db8:1::/48"),
        ("nowhere", "nowhere"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_a_network_is_what_one_holder_may_change_his_address_within(address: str, network: str) -> None:
    assert network_of(address) == network


def names(seen_from: str, address: str, now: datetime = NOON) -> list[str]:
    return [one.name for one in counted(seen_from, address, now)]


def test_neighbours_and_domains_of_one_family_count_together() -> None:
    assert names("192.0.2.1", "a@gmail.com") == names("192.0.2.200", "b@googlemail.com")
    assert names("192.0.2.1", "a@gmail.com") != names("198.51.100.1", "a@gmail.com")
    assert names("192.0.2.1", "a@one.example") != names("192.0.2.1", "a@two.example")


def test_a_span_ends_and_another_begins() -> None:
    first, *_others = counted("192.0.2.1", "a@one.example", NOON + timedelta(minutes=59))
    assert first.until == NOON + timedelta(hours=1)
    later, *_others = counted("192.0.2.1", "a@one.example", NOON + timedelta(hours=1))
    assert later.name != first.name


def test_where_half_of_all_readers_live_more_may_come() -> None:
    most = {one.most for one in counted("192.0.2.1", "a@hotmail.fr", NOON)}
    assert most == {limit.most for limit in (*BY_NETWORK, *BY_LARGE_DOMAIN)}
    assert {limit.most for limit in BY_DOMAIN} <= {one.most for one in counted("x", "a@one.example", NOON)}
