"""SPF records (RFC 7208) as receivers read them: whether they are well made, and how much they make one ask.

Nothing is asked here: `walk` is told what is known, and says which names have to be asked next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from msgspec import Struct

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Finding, Found, Level

#: Terms that make a receiver ask, in all records together (section 4.6.4).
MOST_LOOKUPS: Final = 10
_VERSION: Final = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)
_MODIFIER: Final = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_MECHANISM: Final = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?:([:/])(.*))?", re.IGNORECASE
)
_ASKS: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
#: What a name in a term looks like; macros may stand in it (section 7).
_NAME: Final = re.compile(r"(?:[A-Za-z0-9_.-]|%\{[A-Za-z][0-9]*r?[.+,/_=-]*\}|%[%_-])+")
_LENGTHS: Final = re.compile(r"(?:/(?:3[0-2]|[12]?\d))?(?://(?:12[0-8]|1[01]\d|\d{1,2}))?")


class Term(Struct, frozen=True):
    """One word of a record."""

    #: such as include, ip4, all, redirect
    name: str
    #: what stands before a mechanism, plus when nothing does; empty for a modifier
    qualifier: str = ""
    #: a domain, a network or nothing; behind a domain, or alone, the length of a network
    value: str = ""

    @property
    def asks(self) -> bool:
        """Whether a receiver has to ask for something."""
        return self.name in _ASKS


class Walk(Struct, frozen=True):
    """How far a look at a record and those that it includes has come."""

    #: by the domain on whose record it stands
    terms: tuple[tuple[str, Term], ...] = ()
    #: domain and what is wrong with its record
    faults: tuple[tuple[str, str], ...] = ()
    #: included, and without a record: a receiver gives up there
    lost: tuple[str, ...] = ()
    #: to be asked before the walk can go on
    needs: frozenset[str] = frozenset()

    @property
    def lookups(self) -> int:
        """Terms that make a receiver ask."""
        return sum(term.asks for _, term in self.terms)


def records_of(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the texts under a name that are SPF records."""
    return tuple(text for text in texts if _VERSION.match(text))


def parse_spf(record: str) -> tuple[Term, ...]:
    """The terms of a record; raises ValueError that names the first wrong one."""
    terms = tuple(_term(word) for word in record.split(" ")[1:] if word)
    for name in ("redirect", "exp"):
        if sum(term.name == name for term in terms) > 1:
            raise ValueError(f"{name}= stands in it more than once")
    return terms


def walk(domain: str, known: Mapping[str, Answer]) -> Walk:
    """Read the record of a domain, and those it leads to as far as they are `known` by name."""
    terms: list[tuple[str, Term]] = []
    faults: list[tuple[str, str]] = []
    lost: list[str] = []
    needs: set[str] = set()
    read = 0
    ahead = [domain.lower()]
    # what leads in a circle, or on and on, is cut off soon after a receiver would have given up
    while ahead and read <= 2 * MOST_LOOKUPS:
        name, read = ahead.pop(0), read + 1
        if name not in known:
            needs.add(name)
            continue
        records = records_of(known[name].values)
        if len(records) != 1:
            lost += [name] if name != domain.lower() and known[name].trouble is not Trouble.SILENT else []
            continue
        try:
            found = parse_spf(records[0])
        except ValueError as error:
            faults.append((name, str(error)))
            continue
        terms += [(name, term) for term in found]
        ahead += _leads_to(found)
    return Walk(tuple(terms), tuple(dict.fromkeys(faults)), tuple(dict.fromkeys(lost)), frozenset(needs))


def judge_spf(domain: str, known: Mapping[str, Answer]) -> Iterator[Finding]:
    """All that is wrong with the record of a sender's domain, which was asked to its end."""
    records = records_of(known[domain].values)
    if not records:
        yield Finding(
            Found.SPF_MISSING,
            Level.ERROR,
            f"{domain} has no SPF record: anybody may send in its name, and large providers refuse its mail",
            f'publish a TXT record at {domain} such as "v=spf1 mx include:PROVIDER -all"',
        )
        return
    if len(records) > 1:
        yield Finding(
            Found.SPF_SEVERAL,
            Level.ERROR,
            f"{domain} has {len(records)} SPF records, and receivers then heed none (RFC 7208 section 4.5)",
            "put what they say into one record",
        )
        return
    yield from _of_walk(domain, walk(domain, known))


def _of_walk(domain: str, walked: Walk) -> Iterator[Finding]:
    for name, fault in walked.faults:
        yield Finding(
            Found.SPF_SYNTAX,
            Level.ERROR,
            f"the SPF record of {name} cannot be read: {fault}",
            "correct that word" if name == domain else f"ask who runs {name}, or take it out of {domain}",
        )
    for name in walked.lost:
        yield Finding(
            Found.SPF_INCLUDE,
            Level.ERROR,
            f"the SPF record of {domain} leads to {name}, which has none (or several): the check then fails",
            f"take {name} out of the record, or correct the name",
        )
    if walked.lookups > MOST_LOOKUPS:
        yield Finding(
            Found.SPF_LOOKUPS,
            Level.ERROR,
            f"the SPF record of {domain} makes receivers ask {walked.lookups} times, and they give up after "
            f"{MOST_LOOKUPS}",
            "take out what does not send any more, or name its networks by ip4: and ip6:",
        )
    yield from _of_end(domain, [term for name, term in walked.terms if name == domain])


def _of_end(domain: str, own: list[Term]) -> Iterator[Finding]:
    """Whether the record says what becomes of all others."""
    last = next((term for term in own if term.name == "all"), None)
    leads_on = any(term.name == "redirect" for term in own)
    if own and last is None and not leads_on:
        said = "does not say what becomes of all other senders"
    elif last is not None and last.qualifier in {"+", "?"}:
        said = f"ends with {last.qualifier}all: everybody may send in its name"
    else:
        return
    yield Finding(
        Found.SPF_OPEN,
        Level.WARNING,
        f"the SPF record of {domain} {said}",
        "let it end with -all, or with ~all while you try it",
    )


def _leads_to(terms: tuple[Term, ...]) -> Iterator[str]:
    """The names whose records belong to these; those with macros are known only to a receiver."""
    has_all = any(term.name == "all" for term in terms)
    for term in terms:
        if "%" not in term.value and (term.name == "include" or (term.name == "redirect" and not has_all)):
            yield term.value.lower().rstrip(".")


def _term(word: str) -> Term:
    modifier = _MODIFIER.fullmatch(word)
    if modifier:
        name, value = modifier[1].lower(), modifier[2]
        if name in {"redirect", "exp"} and not _NAME.fullmatch(value):
            raise ValueError(f"{word!r} names no domain")
        return Term(name, value=value)
    found = _MECHANISM.fullmatch(word)
    if not found:
        raise ValueError(f"{word!r} is no term")
    sign, name, mark, value = found[1] or "+", found[2].lower(), found[3] or "", found[4] or ""
    _check(word, name, mark, value)
    # a length may stand right behind the name: a/24
    return Term(name, sign, value if mark == ":" else mark + value)


def _check(word: str, name: str, mark: str, value: str) -> None:
    """Refuse a mechanism with something behind it that may not be there."""
    if name == "all":
        is_right = not mark
    elif name in {"ip4", "ip6"}:
        is_right = mark == ":" and _is_network(name, value)
    elif name in {"include", "exists"}:
        is_right = mark == ":" and _NAME.fullmatch(value) is not None
    else:
        domain, slash, rest = value.partition("/") if mark == ":" else ("", mark, value)
        is_named = mark != ":" or _NAME.fullmatch(domain) is not None
        is_right = is_named and _LENGTHS.fullmatch(slash + rest) is not None
    if not is_right:
        raise ValueError(f"{word!r} is not made as {name} is")


def _is_network(name: str, value: str) -> bool:
    try:
        # hosts may be set behind the prefix, as receivers allow it
        IPv4Network(value, strict=False) if name == "ip4" else IPv6Network(value, strict=False)
    except ValueError:
        return False
    return True
