"""Where we may go: which web addresses are well made, and which numbers no stranger may send us to.

Whoever names a feed names a place that this machine talks to from inside its own network. Without a guard
that is a way to the neighbours' pages, to the loopback, and to the keys that clouds hand out (server-side
request forgery). Names are not judged, since a name can stand for any number: the numbers are, right before
we connect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import idna
from msgspec import Struct

from digest.reach.answers import ReachError, Trouble

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

URL_LIMIT: Final = 2_000
_PORTS: Final = {"http": 80, "https": 443}
#: What may stand in a request line as it is; the rest is written %XX.
_KEPT: Final = "/?:@!$&'()*+,;=-._~%[]"
#: A number in any way in which systems read one: decimal, octal, hexadecimal, and short ones.
_NUMERIC: Final = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)(\.(0[xX][0-9a-fA-F]*|[0-9]+)){0,3}\.?")
#: IPv4 that is nobody's on the open internet (IANA's special-purpose registry, RFC 6890), and the one public
#: number at which a cloud answers its own machines.
_CLOSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
        ),
    )
)
#: IPv6 is open only here: loopback, mapped and translated IPv4, unique local, link-local, multicast are not.
_OPEN_V6: Final = IPv6Network("2000::/3")
#: Closed within it: protocols (Teredo among them, which carries IPv4), documentation, 6to4 (IPv4 again).
_CLOSED_V6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


class Place(Struct, frozen=True):
    """One place on the web, taken apart."""

    scheme: str
    #: in A-labels and lower case, or a number; without brackets
    host: str
    port: int
    #: path and query as they stand in the request
    target: str

    @property
    def url(self) -> str:
        """The web address, with a port only where it is not the usual one, and without fragment."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        return _authority(self.host, None if self.port == _PORTS[self.scheme] else self.port)

    def at(self, address: Address) -> str:
        """The same place, its host given by number."""
        return f"{self.scheme}://{_authority(str(address), self.port)}{self.target}"


def place_of(url: str) -> Place:
    """Take a web address apart; raises ReachError for what is none, and for other schemes than http(s)."""
    text = url.strip()
    if len(text) > URL_LIMIT:
        raise _not_taken(text[:60] + "…", f"has more than {URL_LIMIT} characters")
    if re.search(r"[\x00-\x20\x7f\\]", text):
        raise _not_taken(text, "holds a blank, a backslash or a control character")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _not_taken(text, "is not well made") from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        raise _not_taken(text, "is not an absolute http or https address")
    if "@" in parts.netloc:
        raise _not_taken(f"{scheme}://…@{host}", "holds a user name or password")
    if port == 0:
        raise _not_taken(text, "has the port 0")
    target = quote(parts.path or "/", safe=_KEPT) + (
        f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    )
    return Place(scheme, _host(host, text), port or _PORTS[scheme], target)


def place_from(place: Place, location: str) -> Place:
    """Where a redirect of `place` leads; raises ReachError as `place_of` does."""
    try:
        return place_of(urljoin(place.url, location.strip()))
    except ValueError:
        raise _not_taken(location, "is not well made") from None


def networks_of(text: str) -> tuple[Network, ...]:
    """The networks of a setting that has been looked at, comma-separated."""
    return tuple(ip_network(entry) for entry in filter(None, map(str.strip, text.split(","))))


def is_open_to(address: Address, own: Iterable[Network]) -> bool:
    """True when we may connect there: it is on the open internet, or in one of the `own` networks."""
    if any(address.version == network.version and address in network for network in own):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def number_of(text: str) -> Address | None:
    """An address as name servers give it; None for what is no address."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _host(host: str, url: str) -> str:
    if ":" in host:
        if number_of(host) is None:
            raise _not_taken(url, "has no well made host")
        return host
    try:
        # numbers in disguise go on as they are: the system reads them, and what comes of it is judged
        name = (
            host if _NUMERIC.fullmatch(host) else idna.encode(host, uts46=True, transitional=False).decode()
        )
    except (idna.IDNAError, UnicodeError):
        name = host.lower()
        if not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]{0,252})", name):
            raise _not_taken(url, "has no well made host") from None
    return name.rstrip(".") or host


def _authority(host: str, port: int | None) -> str:
    return (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")


def _not_taken(shown: str, why: str) -> ReachError:
    return ReachError(Trouble.REFUSED, f"the address {shown!r} {why}")
