"""Whether an SPF record lets an address send: by the networks and hosts that it and its includes name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Finding, Found, Level
from digest.core.doctor_spf import Term, Walk

#: What only a receiver can look up, since it depends on the mail.
_OPAQUE: Final = frozenset({"exists", "ptr"})


def hosts_named(walked: Walk) -> frozenset[tuple[str, str]]:
    """The hosts whose addresses may send: `a` or `mx`, and the name."""
    return frozenset(
        (term.name, _host(domain, term)) for domain, term in walked.terms if term.name in {"a", "mx"}
    )


def judge_spf_address(
    domain: str, address: str, walked: Walk, hosts: Mapping[tuple[str, str], Answer]
) -> Iterator[Finding]:
    """Whether mail that leaves from an address passes; nothing where that cannot be told from here."""
    terms = [(name, term) for name, term in walked.terms if term.qualifier == "+"]
    if not walked.terms or walked.faults or walked.lost or any(_is_opaque(term) for _, term in terms):
        return
    named = [hosts[term.name, _host(name, term)] for name, term in terms if term.name in {"a", "mx"}]
    if any(answer.trouble is Trouble.SILENT for answer in named):
        return
    if not any(_matches(address, name, term, hosts) for name, term in terms):
        yield Finding(
            Found.SPF_ADDRESS,
            Level.ERROR,
            f"mail leaves from {address}, and the SPF record of {domain} does not let it",
            f"put {'ip6' if ':' in address else 'ip4'}:{address} into the record, before its all",
        )


def _host(domain: str, term: Term) -> str:
    return (term.value.partition("/")[0] or domain).lower().rstrip(".")


def _is_opaque(term: Term) -> bool:
    return term.name in _OPAQUE or "%" in term.value


def _matches(address: str, domain: str, term: Term, hosts: Mapping[tuple[str, str], Answer]) -> bool:
    if term.name in {"ip4", "ip6"}:
        return ip_address(address) in ip_network(term.value, strict=False)
    if term.name in {"a", "mx"}:
        is_six = ":" in address
        length = _length(term, is_six=is_six)
        found = [one for one in hosts[term.name, _host(domain, term)].values if (":" in one) is is_six]
        return any(ip_address(address) in ip_network(one + length, strict=False) for one in found)
    return term.name == "all"


def _length(term: Term, *, is_six: bool) -> str:
    """The prefix behind a host, such as `/24`, of the kind of the address: `/24//64` has both."""
    _, _, behind = term.value.partition("/")
    four, _, six = f"/{behind}".partition("//") if behind else ("", "", "")
    if is_six:
        return f"/{six}" if six else ""
    return four if len(four) > 1 else ""
