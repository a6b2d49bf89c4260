"""DKIM and DMARC records (RFC 6376, 8463, 7489), MX and PTR as receivers judge them."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from digest.core.doctor_answers import Answer
from digest.core.doctor_findings import Finding, Found, Level

_DMARC_VERSION = re.compile(r"v\s*=\s*DMARC1\s*(?:;|$)", re.IGNORECASE)
_TAG = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", re.DOTALL)
_POLICIES = ("none", "quarantine", "reject")


class KeyWanted(Struct, frozen=True):
    """A key that signs our mails."""

    selector: str
    #: what the record has to say, such as `v=DKIM1; k=rsa; p=…`
    record: str

    def name(self, domain: str) -> str:
        """Where its public half is looked for."""
        return f"{self.selector}._domainkey.{domain}".lower()


def parse_tags(record: str) -> dict[str, str]:
    """The tags of a record, in their order (RFC 6376 section 3.2); raises ValueError for what is none."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        if not part.strip():
            continue
        found = _TAG.fullmatch(part)
        if not found:
            raise ValueError(f"{part.strip()[:60]!r} is no tag")
        if found[1].lower() in tags:
            raise ValueError(f"{found[1]}= stands in it more than once")
        tags[found[1].lower()] = found[2]
    return tags


def judge_dkim(domain: str, key: KeyWanted, answer: Answer) -> Iterator[Finding]:
    """Whether the public half of a key is where receivers look for it, and is that of our key."""
    name = key.name(domain)
    publish = f'publish a TXT record at {name}: "{key.record}"'
    if not answer.values:
        yield Finding(
            Found.DKIM_MISSING,
            Level.ERROR,
            f"there is no key at {name}: signatures cannot be checked",
            publish,
        )
        return
    judged = [_of_key(name, key, text, publish) for text in answer.values]
    # several texts under one name: receivers try one after the other
    yield from min(judged, key=len)


def _of_key(name: str, key: KeyWanted, text: str, publish: str) -> list[Finding]:
    try:
        tags = parse_tags(text)
        if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
            raise ValueError("it is no DKIM1 record with a key, p=")
        public = b64decode(re.sub(r"\s", "", tags["p"]), validate=True)
    except (ValueError, binascii.Error) as error:
        return [
            Finding(Found.DKIM_SYNTAX, Level.ERROR, f"the record at {name} cannot be read: {error}", publish)
        ]
    wanted = parse_tags(key.record)
    if not public:
        line = f"the key at {name} was revoked: its p= is empty"
        return [
            Finding(
                Found.DKIM_REVOKED, Level.ERROR, line, f"make a new key under a new selector, or {publish}"
            )
        ]
    same_kind = tags.get("k", "rsa").lower() == wanted["k"]
    if not same_kind or public != b64decode(wanted["p"]):
        line = f"the key at {name} is not the one that signs: every signature fails"
        return [Finding(Found.DKIM_DIFFERS, Level.ERROR, line, publish)]
    if "y" in tags.get("t", "").replace(" ", "").split(":"):
        line = (
            f"the record at {name} says that DKIM is only tried (t=y): receivers then treat mail as unsigned"
        )
        return [Finding(Found.DKIM_TESTING, Level.ADVICE, line, "take t=y out of the record")]
    return []


def dmarc_names(domain: str) -> list[str]:
    """Where a DMARC record for mails from a domain may stand, the nearest first.

    Without the list of public suffixes it is not known where a domain of one's own begins; all above are
    looked at down to two labels, and the nearest counts.
    """
    labels = domain.lower().rstrip(".").split(".")
    return [f"_dmarc.{'.'.join(labels[place:])}" for place in range(max(1, len(labels) - 1))]


def judge_dmarc(domain: str, known: Mapping[str, Answer], *, is_signed: bool) -> Iterator[Finding]:
    """What receivers are asked to do with mails that only pretend to be from the domain."""
    for place, name in enumerate(dmarc_names(domain)):
        records = [text for text in known[name].values if _DMARC_VERSION.match(text.lstrip())]
        if not known[name].is_known:
            return
        if records:
            yield from _of_dmarc(name, records, is_inherited=place > 0, is_signed=is_signed)
            return
    yield Finding(
        Found.DMARC_MISSING,
        Level.ERROR,
        f"{domain} has no DMARC record, which large providers want of who sends to many",
        f'publish a TXT record at _dmarc.{domain}, to begin with "v=DMARC1; p=none; rua=mailto:ADDRESS"',
    )


def _of_dmarc(name: str, records: Sequence[str], *, is_inherited: bool, is_signed: bool) -> Iterator[Finding]:
    if len(records) > 1:
        line = f"there are {len(records)} DMARC records at {name}, and receivers then heed none"
        yield Finding(Found.DMARC_SEVERAL, Level.ERROR, line, "leave one of them")
        return
    try:
        policy = _policy(parse_tags(records[0]), is_inherited)
    except ValueError as error:
        line = f"the record at {name} cannot be read: {error}"
        yield Finding(Found.DMARC_SYNTAX, Level.ERROR, line, 'correct it, such as "v=DMARC1; p=quarantine"')
        return
    if policy == "none":
        line = f"the DMARC record at {name} asks receivers for nothing (p=none)"
        yield Finding(
            Found.DMARC_NONE,
            Level.ADVICE,
            line,
            "when its reports are quiet, go on to p=quarantine or p=reject",
        )
    if not is_signed:
        line = f"DMARC at {name} rests on SPF alone, which fails when a mail is passed on: we sign nothing"
        yield Finding(Found.DMARC_ALIGNMENT, Level.WARNING, line, "set DIGEST_DKIM_KEYS")


def _policy(tags: Mapping[str, str], is_inherited: bool) -> str:
    """What is asked for, in lower case; a domain below may be told otherwise by sp=."""
    for tag, words in (("p", _POLICIES), ("sp", _POLICIES), ("adkim", ("r", "s")), ("aspf", ("r", "s"))):
        if tag in tags and tags[tag].lower() not in words:
            raise ValueError(f"{tag}={tags[tag]} is none of {', '.join(words)}")
    if "p" not in tags:
        raise ValueError("it has no policy, p=")
    part = tags.get("pct", "100")
    if not re.fullmatch(r"\d{1,3}", part) or int(part) > 100:
        raise ValueError(f"pct={part} is not from 0 to 100")
    asked = tags.get("sp", tags["p"]) if is_inherited else tags["p"]
    return asked.lower()


def judge_mx(domain: str, mx: Answer, addresses: Answer) -> Iterator[Finding]:
    """Whether what comes back finds its way: mails leave with a return path below the sender's domain."""
    if "." in mx.values:
        yield Finding(
            Found.MX_NOWHERE,
            Level.ERROR,
            f"{domain} says that it takes no mail (a null MX, RFC 7505), and receivers refuse mail from it",
            f"let an MX record of {domain} name who takes its mail",
        )
    elif not mx.values and mx.is_known and addresses.is_known:
        level = Level.WARNING if addresses.values else Level.ERROR
        yield Finding(
            Found.MX_MISSING,
            level,
            f"{domain} has no MX record"
            + (
                ": returned mail goes to its own address, if anything listens there"
                if addresses.values
                else " and no address: returned mail and answers are lost"
            ),
            f"let an MX record of {domain} name who takes its mail",
        )


def judge_ptr(address: str, names: Answer, back: Mapping[str, Answer]) -> Iterator[Finding]:
    """Whether an address from which mail comes has a name that leads back to it."""
    if not names.is_known:
        return
    if not names.values:
        yield Finding(
            Found.PTR_MISSING,
            Level.ERROR,
            f"{address} has no name (PTR record), and large providers refuse mail from such addresses",
            "ask who gave you the address to set one",
        )
    elif not any(address in back[name].values for name in names.values if name in back):
        yield Finding(
            Found.PTR_DIFFERS,
            Level.WARNING,
            f"{address} is called {names.values[0]}, and that name does not lead back to it",
            f"let an address record of {names.values[0]} hold {address}",
        )
