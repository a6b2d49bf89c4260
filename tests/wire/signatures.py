"""What is wrong with the DKIM signatures of a message that is said to carry some."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tests.mail.dkim_reader import PASS, BrokenError, tags, verdicts
from tests.wire.transmission import Transmission, fields_of, head_of, value_of
from tests.wire.words import read_mailbox

_MUST_BE_SIGNED: Final = re.compile(
    r"from|reply-to|subject|to|date|message-id|mime-version|content-type|list-.*|feedback-id"
)
_ALGORITHMS: Final = frozenset({"rsa-sha256", "ed25519-sha256"})


def violations_of_signatures(sent: Transmission, records: Mapping[str, str]) -> Iterator[str]:
    """RFC 6376, 8301 and 8463; `records` are the TXT records of the keys by name."""
    fields = fields_of(head_of(sent.content))
    domain = read_mailbox(value_of(fields, "From"))[0].address.rpartition("@")[2]
    names = [field.name.lower() for field in fields if field.name.lower() != "dkim-signature"]
    signatures = [field for field in fields if field.name.lower() == "dkim-signature"]
    if not signatures:
        yield "RFC 6376: no signature"
    for verdict in verdicts(sent.content, records):
        if verdict != PASS:
            yield f"RFC 6376: {verdict}"
    for signature in signatures:
        try:
            tag = tags(signature.value)
        except BrokenError as why:
            yield f"RFC 6376: {why}"
        else:
            yield from _violations_of_tags(tag, set(names), domain)


def _violations_of_tags(tag: Mapping[str, str], names: set[str], domain: str) -> Iterator[str]:
    signed = [name.strip().lower() for name in tag.get("h", "").split(":")]
    for name in sorted({name for name in names if _MUST_BE_SIGNED.fullmatch(name)} - set(signed)):
        yield f"RFC 6376: {name} is not signed"
    if signed.count("from") < 2:
        yield "RFC 6376: From is not oversigned"
    if tag.get("a") not in _ALGORITHMS:
        yield "RFC 8301: an algorithm that nobody should use"
    if tag.get("c") != "relaxed/relaxed" or "l" in tag:
        yield "RFC 6376: not relaxed/relaxed, or with a length"
    if tag.get("d") != domain:
        yield "RFC 6376: d= is not the domain of From"
