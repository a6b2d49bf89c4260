"""What is wrong with a header block: its fields, folds, dates, identifiers, addresses and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.wire.transmission import Field, Transmission, fields_of, head_of, value_of
from tests.wire.words import read_mailbox, read_words

ONCE: Final = (
    *("Date", "From", "Subject", "Message-ID", "To", "MIME-Version", "Content-Type", "Auto-Submitted"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "List-Help", "List-Owner", "List-Archive"),
    *("List-Subscribe", "List-Post", "Feedback-ID"),
)
#: Fields whose words are for people; in all others an encoded-word is a mistake.
FOR_PEOPLE: Final = frozenset({"subject", "from", "to"})
#: RFC 2047 section 2: lines of a field that holds encoded-words.
LONGEST_ENCODED_LINE: Final = 76
_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?:0?[1-9]|[12][0-9]|3[01]) "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] [+-](?:[01][0-9]|2[0-3])[0-5][0-9]"
)
_MESSAGE_ID: Final = re.compile(
    r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9.-]+)>"
)


def violations_of_head(sent: Transmission) -> Iterator[str]:
    """RFC 5322 sections 2.2 and 3.6, RFC 2047 and RFC 6532."""
    fields = fields_of(head_of(sent.content))
    for field in fields:
        yield from _violations_of_field(field)
    times = Counter(field.name.lower() for field in fields)
    for name in ONCE:
        if times[name.lower()] != 1:
            yield f"RFC 5322: {times[name.lower()]} fields {name}"
    if times["reply-to"] > 1:
        yield "RFC 5322: several fields Reply-To"
    if {"bcc", "cc", "resent-to"} & times.keys():
        yield "RFC 5322: a field that names others than the reader"
    if not _DATE.fullmatch(value_of(fields, "Date")):
        yield "RFC 5322: Date is not a date with a zone"
    yield from _violations_of_names(sent, fields)


def _violations_of_field(field: Field) -> Iterator[str]:
    if not re.fullmatch(r"[!-9;-~]+", field.name):
        yield f"RFC 5322: a line that is no field: {field.lines[0][:60]!r}"
    if not field.lines[0].startswith(f"{field.name}: ".encode()):
        yield f"RFC 5322: {field.name} without a space behind its colon"
    for line in field.lines:
        if not line.strip(b" \t"):
            yield f"RFC 5322: {field.name} holds a line of white space only"
        elif line[-1:] in (b" ", b"\t") and field.value.strip(" \t"):
            yield f"RFC 5322: a line of {field.name} ends with white space, which servers trim"
    if any(line[1:2] in (b" ", b"\t") for line in field.lines[1:]):
        yield f"RFC 5322: a fold of {field.name} stands within white space, which servers trim"
    if "=?" not in field.value:
        return
    if field.name.lower() not in FOR_PEOPLE:
        yield f"RFC 2047: an encoded-word stands in {field.name}"
    # an address may be longer than a line and cannot be broken, so it may have one for itself
    if (
        max(len(line.decode(errors="replace")) for line in field.lines if b"=?" in line)
        > LONGEST_ENCODED_LINE
    ):
        yield f"RFC 2047: a line of {field.name} with encoded-words has more than 76 characters"


def _violations_of_names(sent: Transmission, fields: tuple[Field, ...]) -> Iterator[str]:
    yield from read_words(value_of(fields, "Subject"), phrase=False)[1]
    sender, faults = read_mailbox(value_of(fields, "From"))
    yield from faults
    reader, faults = read_mailbox(value_of(fields, "To"))
    yield from faults
    if not sender.address.isascii():
        yield "RFC 6531: From needs SMTPUTF8"
    if reader.address != sent.recipient:
        yield f"RFC 5322: To names {reader.address[:60]!r}, who is not the recipient"
    if not all(field.value.isascii() for field in fields if field.name.lower() != "to"):
        yield "RFC 6532: a field beyond ASCII that no address needs"
    domain = sender.address.rpartition("@")[2]
    found = _MESSAGE_ID.fullmatch(value_of(fields, "Message-ID"))
    if found is None:
        yield "RFC 5322: Message-ID is none"
    elif found[1] != domain:
        yield "RFC 5322: Message-ID is not of the domain of From"
    if sent.sender.rpartition("@")[2] != domain:
        yield "VERP: the return path is not of the domain of From"
