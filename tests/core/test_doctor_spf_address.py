"""Whether an SPF record lets an address send, with what is known of its hosts."""

from __future__ import annotations

from typing import Final

import pytest

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Found
from digest.core.doctor_spf import walk
from digest.core.doctor_spf_address import hosts_named, judge_spf_address

HOSTS: Final = {
    ("a", "a.net"): Answer(("192.0.2.1", "2001:db8::1")),
    ("a", "b.net"): Answer(("198.51.100.1",)),
    ("mx", "a.net"): Answer(("203.0.113.1",)),
    ("mx", "silent.net"): Answer(trouble=Trouble.SILENT),
}


@pytest.mark.parametrize(
    ("record", "address", "lets"),
    [
        ("ip4:192.0.2.0/24 -all", "192.0.2.25", True),
        ("ip4:192.0.2.0/24 -all", "192.0.3.25", False),
        ("ip4:192.0.2.0/24 -all", "2001:db8::1", False),
        ("ip6:2001:db8::/32 -all", "2001:db8::99", True),
        ("-ip4:192.0.2.25 ip4:198.51.100.7 ~all", "192.0.2.25", False),
        ("ip4:192.0.2.9/24 -all", "192.0.2.25", True),
        ("a/8 -all", "192.99.2.1", True),
        ("a//128 -all", "192.0.2.1", True),
        ("a//128 -all", "2001:db8::1", True),
        ("a -all", "2001:db8::1", True),
        ("a/24 -all", "2001:db8::1", True),
        ("a/24 -all", "2001:db8::2", False),
        ("a -all", "192.0.2.1", True),
        ("a -all", "192.0.2.2", False),
        ("a/24 -all", "192.0.2.2", True),
        ("a//64 -all", "192.0.2.2", False),
        ("a//64 -all", "2001:db8::2", True),
        ("a/24//64 -all", "2001:db8::2", True),
        ("a:b.net/28 -all", "198.51.100.14", True),
        ("a:b.net/28 -all", "198.51.100.16", False),
        ("mx -all", "203.0.113.1", True),
        ("include:c.net -all", "192.0.2.77", True),
        ("include:c.net -all", "192.0.2.78", False),
        # what cannot be told from here is not told
        ("mx:silent.net -all", "192.0.2.1", True),
        ("exists:%{i}.a.net -all", "192.0.2.1", True),
        ("+all", "192.0.2.1", True),
    ],
)
def test_an_address_may_send_or_is_told(record: str, address: str, lets: bool) -> None:
    known = {"a.net": Answer((f"v=spf1 {record}",)), "c.net": Answer(("v=spf1 ip4:192.0.2.77 -all",))}
    walked = walk("a.net", known)
    assert hosts_named(walked) <= HOSTS.keys()
    found = [one.id for one in judge_spf_address("a.net", address, walked, HOSTS)]
    assert found == ([] if lets else [Found.SPF_ADDRESS])
