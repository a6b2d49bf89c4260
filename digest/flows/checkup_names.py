"""What the DNS says of the senders of newsletters: asked side by side, and judged as receivers do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from msgspec import Struct

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Finding, Found, Level, is_well, or_fine
from digest.core.doctor_records import (
    KeyWanted,
    dmarc_names,
    judge_dkim,
    judge_dmarc,
    judge_mx,
    judge_ptr,
)
from digest.core.doctor_spf import judge_spf, walk
from digest.core.doctor_spf_address import hosts_named, judge_spf_address
from digest.reach.records import Records


class Named(Struct, frozen=True):
    """Whose records are looked at."""

    #: of senders, which are those of return paths and signatures as well
    domains: tuple[str, ...]
    keys: tuple[KeyWanted, ...]
    #: why the keys that sign could not be read; empty where they could, or where none is set
    no_keys: str
    #: addresses from which mail leaves, as somebody said
    leaves_from: tuple[str, ...]
    #: addresses of the mail servers to which we hand it
    servers: tuple[str, ...]


async def look_up(named: Named, asked: Callable[[], Records]) -> tuple[Finding, ...]:
    """All that is wrong with the records."""
    try:
        records = asked()
    except ValueError as error:
        mend = "let /etc/resolv.conf name a resolver, or say --resolver ADDRESS"
        return (Finding(Found.DNS_RESOLVER, Level.ERROR, str(error), mend),)
    looks = [_of_domain(domain, named, records) for domain in named.domains]
    found = await asyncio.gather(*looks, _of_addresses(named, records))
    unread = [] if not named.no_keys else [_unread_keys(named.no_keys)]
    return (*unread, *(one for findings in found for one in findings))


def _unread_keys(why: str) -> Finding:
    mend = "mend DIGEST_DKIM_KEYS, then look again"
    return Finding(Found.DKIM_UNREAD, Level.ERROR, f"no DKIM record was compared: {why}", mend)


async def _of_domain(domain: str, named: Named, records: Records) -> tuple[Finding, ...]:
    texts = await records.texts(domain)
    if not texts.is_known:
        line = f"nobody answers when asked for {domain}"
        mend = "check the resolver and the name servers of the domain, or say --resolver ADDRESS"
        return (Finding(Found.DNS_SILENT, Level.WARNING, line, mend),)
    keys = named.keys
    parts = await asyncio.gather(
        _spf(domain, texts, named.leaves_from, records),
        _dmarc(domain, records, is_signed=bool(keys or named.no_keys)),
        _mx(domain, records),
        *(_dkim(domain, key, records) for key in keys),
    )
    fine = f"{domain} has SPF, DMARC{', MX and DKIM' if keys else ' and MX'} as they should be"
    return or_fine([one for found in parts for one in found], Finding(Found.DNS_FINE, Level.FINE, fine))


async def _spf(domain: str, texts: Answer, leaves_from: Iterable[str], records: Records) -> list[Finding]:
    known = {domain: texts}
    while needs := walk(domain, known).needs:
        known |= await _asked(needs, records)
    found, walked = list(judge_spf(domain, known)), walk(domain, known)
    if not is_well(found):
        return found
    wanted = sorted(hosts_named(walked))
    hosts = dict(zip(wanted, await asyncio.gather(*(_host(*one, records) for one in wanted)), strict=True))
    for address in leaves_from:
        found += judge_spf_address(domain, address, walked, hosts)
    return found


async def _host(kind: str, name: str, records: Records) -> Answer:
    """The addresses of a host, or of those who take mail for a domain."""
    if kind == "a":
        return await records.addresses(name)
    servers = await records.mail_servers(name)
    if not servers.values:
        return servers
    answers = await asyncio.gather(*(records.addresses(one) for one in servers.values if one != "."))
    silent = any(not one.is_known for one in answers)
    values = tuple(value for one in answers for value in one.values)
    return Answer(values, Trouble.SILENT if silent else Trouble.NONE)


async def _dmarc(domain: str, records: Records, *, is_signed: bool) -> list[Finding]:
    known = await _asked(dmarc_names(domain), records)
    return list(judge_dmarc(domain, known, is_signed=is_signed))


async def _dkim(domain: str, key: KeyWanted, records: Records) -> list[Finding]:
    answer = await records.texts(key.name(domain))
    return list(judge_dkim(domain, key, answer)) if answer.is_known else []


async def _mx(domain: str, records: Records) -> list[Finding]:
    servers, addresses = await asyncio.gather(records.mail_servers(domain), records.addresses(domain))
    return list(judge_mx(domain, servers, addresses))


async def _of_addresses(named: Named, records: Records) -> list[Finding]:
    seen = named.leaves_from or tuple(one for one in named.servers if ip_address(one).is_global)
    if named.servers and not seen:
        line = "from which address mails reach the open internet cannot be seen from here"
        mend = "say --address ADDRESS to have its name looked at"
        return [Finding(Found.ADDRESS_UNSEEN, Level.ADVICE, line, mend)]
    found = await asyncio.gather(*(_ptr(address, records) for address in dict.fromkeys(seen)))
    return [one for findings in found for one in findings]


async def _ptr(address: str, records: Records) -> list[Finding]:
    names = await records.names_of(address)
    back = dict(zip(names.values, await asyncio.gather(*map(records.addresses, names.values)), strict=True))
    return list(judge_ptr(address, names, back))


async def _asked(names: Iterable[str], records: Records) -> dict[str, Answer]:
    names = list(names)
    return dict(zip(names, await asyncio.gather(*map(records.texts, names)), strict=True))
