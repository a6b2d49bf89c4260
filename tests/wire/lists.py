"""What is wrong with what a list says of itself: the way out, its name, its returns and its feedback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from tests.wire.transmission import Field, Transmission, fields_of, head_of, value_of
from tests.wire.words import read_mailbox

LONGEST_LINK: Final = 200
LONGEST_LIST_ID: Final = 255
_WAYS_OUT: Final = re.compile(r"<(https://[^<>\s,]+)>, <(mailto:[^<>\s,]+)>")
_LINK: Final = re.compile(r"<((?:https?|mailto):[^<>\s]+)>")
#: RFC 3986: what may stand in a URI at all, a percent sign before two hexadecimal digits alone.
_URI: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
#: RFC 6068 section 2: an address in a mailto has no delimiter that is not percent-encoded.
_MAILTO: Final = re.compile(r"mailto:((?:[A-Za-z0-9\-._~!$'()*+,:@]|%[0-9A-Fa-f]{2})+)(?:\?([^#]*))?")
_LIST_ID: Final = re.compile(
    r'(?:((?:[A-Za-z0-9!#$%&\'*+/=?^_`{|}~-]+ ?)+|"(?:[^"\\]|\\.)*") )?<([A-Za-z0-9_.-]+\.[A-Za-z0-9_.-]+)>'
)
_SENDER_ID: Final = re.compile(r"[A-Za-z0-9]{5,15}")
_VERP: Final = re.compile(r"bounces\+([0-9]+)\.")


def violations_of_list(sent: Transmission) -> Iterator[str]:
    """RFC 2369, 8058, 2919 and 3834, the return path and the Feedback-ID."""
    fields = fields_of(head_of(sent.content))
    domain = read_mailbox(value_of(fields, "From"))[0].address.rpartition("@")[2]
    yield from _violations_of_ways_out(sent, fields)
    for name in ("List-Help", "List-Owner", "List-Archive", "List-Subscribe"):
        found = _LINK.fullmatch(value_of(fields, name))
        if found is None:
            yield f"RFC 2369: {name} is not a link in angle brackets"
        else:
            yield from _violations_of_link(name, found[1])
    owner = re.match(r"<mailto:([^?>]*)", value_of(fields, "List-Owner"))
    if owner and unquote(owner[1]) != read_mailbox(value_of(fields, "From"))[0].address:
        yield "RFC 2369: List-Owner is not who the mail is from"
    if value_of(fields, "List-Post") != "NO":
        yield "RFC 2369: List-Post is not NO"
    if value_of(fields, "Auto-Submitted") != "auto-generated":
        yield "RFC 3834: Auto-Submitted is not auto-generated"
    yield from _violations_of_list_id(value_of(fields, "List-Id"), domain)
    yield from _violations_of_feedback(sent, value_of(fields, "Feedback-ID"))


def _violations_of_ways_out(sent: Transmission, fields: tuple[Field, ...]) -> Iterator[str]:
    if value_of(fields, "List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield "RFC 8058: List-Unsubscribe-Post is not List-Unsubscribe=One-Click"
    found = _WAYS_OUT.fullmatch(value_of(fields, "List-Unsubscribe"))
    if found is None:
        yield "RFC 8058: List-Unsubscribe is not an https link and a mailto"
        return
    for link in found.groups():
        yield from _violations_of_link("List-Unsubscribe", link)
    if unquote(found[2].removeprefix("mailto:").partition("?")[0]) != sent.sender:
        yield "VERP: the mailto of List-Unsubscribe is not the return path"
    told = re.match(r"<[0-9]+\.([0-9]+)\.", value_of(fields, "Message-ID"))
    back = _VERP.match(sent.sender)
    if told and back and told[1] != back[1]:
        yield "VERP: the return path tells of another delivery than the Message-ID"


def _violations_of_link(name: str, link: str) -> Iterator[str]:
    if len(link) > LONGEST_LINK:
        yield f"RFC 2369: a link of {name} has {len(link)} octets"
    if not _URI.fullmatch(link):
        yield f"RFC 3986: {name} holds what is not a URI: {link[:60]!r}"
    if link.startswith("mailto:") and not _MAILTO.fullmatch(link):
        yield f"RFC 6068: {name} holds a mailto with a delimiter in its address: {link[:60]!r}"


def _violations_of_list_id(value: str, domain: str) -> Iterator[str]:
    found = _LIST_ID.fullmatch(value)
    if found is None:
        yield f"RFC 2919: List-Id is not a phrase and <list.domain>: {value[:60]!r}"
    elif not found[2].endswith(f".{domain}") or ".." in found[2]:
        yield "RFC 2919: List-Id is not of the domain of From"
    elif len(found[2]) > LONGEST_LIST_ID:
        yield "RFC 2919: List-Id has more than 255 octets"


def _violations_of_feedback(sent: Transmission, value: str) -> Iterator[str]:
    parts = value.split(":")
    if len(parts) > 4 or not all(parts):
        yield "Feedback-ID: not one to four fields"
    if not _SENDER_ID.fullmatch(parts[-1]):
        yield "Feedback-ID: the sender's field has not 5 to 15 letters and digits"
    back = _VERP.match(sent.sender)
    reader = sent.recipient.lower()
    if reader and (reader in value.lower() or (back and back[1] in parts[1:])):
        yield "Feedback-ID: tells who the reader is"
