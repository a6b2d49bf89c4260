"""Asking for names in the DNS: through a resolver that is named, or the machine's own."""

from __future__ import annotations

import asyncio
import re
import socket
from ipaddress import ip_address
from threading import Thread
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from digest.core.doctor_answers import Answer, Trouble

#: Seconds for one question, other tries and other servers included.
SECONDS: Final = 4.0
#: After so many questions without an answer nobody is asked any more: all would wait for nothing.
_MOST_SILENT: Final = 3
_AT_ONCE: Final = 20


class Records:
    """What stands under names, each asked for once at most; whatever goes wrong is told by the answer."""

    def __init__(self, server: tuple[str, int] | None = None, *, seconds: float = SECONDS) -> None:
        """Ask `server`, an address and a port, or those of this machine.

        Raises ValueError when this machine names none.
        """
        try:
            resolver = dns.asyncresolver.Resolver(configure=server is None)
        except (dns.resolver.NoResolverConfiguration, OSError) as error:
            raise ValueError(f"this machine names no resolver ({error})") from None
        if server is not None:
            resolver.nameservers, resolver.port = [server[0]], server[1]
        resolver.lifetime, resolver.timeout = seconds, seconds / 2
        # a name is asked for as it is: never with the machine's own domain behind it
        resolver.search = []
        self._resolver: Final = resolver
        self._gate: Final = asyncio.Semaphore(_AT_ONCE)
        self._silent = 0

    async def texts(self, name: str) -> Answer:
        """The texts under a name."""
        return await self._ask(name, "TXT")

    async def mail_servers(self, name: str) -> Answer:
        """Who takes mail for a domain, the preferred one first; a dot for nobody."""
        return await self._ask(name, "MX")

    async def addresses(self, name: str) -> Answer:
        """Its addresses, of both kinds."""
        four, six = await asyncio.gather(self._ask(name, "A"), self._ask(name, "AAAA"))
        values = four.values + six.values
        if values:
            return Answer(values)
        return four if not four.is_known else six

    async def names_of(self, address: str) -> Answer:
        """The names of an address."""
        return await self._ask(dns.reversename.from_address(address).to_text(), "PTR")

    async def _ask(self, name: str, kind: str) -> Answer:
        async with self._gate:
            if self._silent >= _MOST_SILENT:
                return Answer(trouble=Trouble.SILENT)
            try:
                found = await self._resolver.resolve(name.rstrip(".") + ".", kind)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                self._silent = 0
                return Answer(trouble=Trouble.ABSENT)
            except dns.exception.Timeout:
                self._silent += 1
                return Answer(trouble=Trouble.SILENT)
            except (dns.exception.DNSException, OSError):
                # a server that says it cannot, or a name that cannot stand in a question
                return Answer(trouble=Trouble.SILENT)
        self._silent = 0
        return Answer(tuple(_value(one) for one in sorted(found, key=_preference)))


def _preference(record: object) -> int:
    return record.preference if isinstance(record, MX) else 0


def _value(record: object) -> str:
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    if isinstance(record, MX):
        return record.exchange.to_text().rstrip(".").lower() or "."
    return str(record).rstrip(".").lower()


def parse_resolver(text: str) -> tuple[str, int]:
    """Read `ADDRESS` or `ADDRESS:PORT`, that of IPv6 in brackets; raises ValueError with what is wanted."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?|([0-9A-Fa-f:.]+)", text.strip())
    try:
        if not found:
            raise ValueError(text)
        address = str(ip_address(found[1] or found[2] or found[4]))
        port = int(found[3] or 53)
        if not 1 <= port <= 65_535:
            raise ValueError(text)
    except ValueError:
        raise ValueError("is no address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53") from None
    return address, port


async def found_by_machine(host: str, seconds: float) -> tuple[str, ...]:
    """The addresses of a host as this machine finds them for a connection; none after so many seconds.

    The question goes from a thread of its own, which may be left behind: one of the loop's would keep a
    command from ending for as long as the machine's resolver waits.
    """
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def tell(addresses: tuple[str, ...]) -> None:
        if not answered.done():
            answered.set_result(addresses)

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
        # too late for a loop that has ended
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, addresses)

    Thread(target=ask, daemon=True).start()
    try:
        return await asyncio.wait_for(answered, seconds)
    except TimeoutError:
        return ()
