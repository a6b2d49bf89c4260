"""How often strangers may ask for something: by the network they ask from, by the domain they name.

Without such limits a form that sends a question to any address is a weapon (subscription bombing). Together
with one question a day and three in all to an address (`core/notices.py`) they bound what it can do.

Whoever holds a reader's link is no stranger, and is counted only where another address is to be written to:
a mail provider presses the button for thousands of readers from one network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from msgspec import Struct

from digest.core.families import FAMILIES, family_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Limit(Struct, frozen=True):
    """At most so many in each span; spans follow one another, and each counts for itself."""

    most: int
    span: timedelta


class Counted(Struct, frozen=True):
    """One thing that is counted: what, until when, and how many of it there may be."""

    name: str
    until: datetime
    most: int


#: An office or a campus behind one address may subscribe at the same time; a script is slowed down.
BY_NETWORK: Final = (Limit(60, timedelta(hours=1)), Limit(300, timedelta(days=1)))
BY_DOMAIN: Final = (Limit(200, timedelta(hours=1)), Limit(1_000, timedelta(days=1)))
#: Half of all readers live at one of these.
BY_LARGE_DOMAIN: Final = (Limit(20_000, timedelta(hours=1)),)
#: Links that are none, from one network: far more than mails cut short, far less than a program that guesses.
BY_WRONG_LINK: Final = Limit(300, timedelta(minutes=10))
#: Answers to mails that are handed on to the newsroom: of one address, and of all whom nothing proves to have
#: had a mail. Two machines that answer each other come to an end, and spam is not sent on by thousands.
BY_WRITER: Final = Limit(20, timedelta(days=1))
#: A copy has one reader. Who finds its return path can write there under as many names as they like.
BY_ANSWERED: Final = Limit(50, timedelta(days=1))
BY_UNKNOWN_WRITERS: Final = Limit(200, timedelta(days=1))
#: Calls of a mail provider that are none, from one network. One whose secret was mistyped knocks as often
#: as it has news, and is heard as soon as that is mended: good calls are never counted.
BY_WRONG_CALL: Final = Limit(60, timedelta(minutes=10))
#: Who holds an IPv6 network has at least so much of it, and a provider gives whole ones to homes.
_NETWORK_BITS: Final = {4: 24, 6: 48}


def network_of(address: str) -> str:
    """The network that an address belongs to, as far as one holder may change it; what is none is itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ip_network((found, _NETWORK_BITS[found.version]), strict=False))


def end_of_span(span: timedelta, now: datetime) -> datetime:
    """When the span ends that it is now."""
    return _EPOCH + ((now - _EPOCH) // span + 1) * span


def counted(seen_from: str, address: str, now: datetime) -> Iterator[Counted]:
    """All that a request from somewhere about an address counts for."""
    domain = family_of(address)
    by_domain = BY_LARGE_DOMAIN if domain in FAMILIES else BY_DOMAIN
    for name, limits in ((f"network {network_of(seen_from)}", BY_NETWORK), (f"domain {domain}", by_domain)):
        yield from spans(name, limits, now)


def spans(name: str, limits: Iterable[Limit], now: datetime) -> Iterator[Counted]:
    """What a request counts for under one name: the span of each limit in which it falls."""
    for limit in limits:
        until = end_of_span(limit.span, now)
        yield Counted(f"{name} {until:%Y-%m-%dT%H:%M} {limit.span}", until, limit.most)
